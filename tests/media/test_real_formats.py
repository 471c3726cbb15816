"""Every file of the collection of odd, foreign and broken files: decoded, or refused with a reason."""

import os
from collections import Counter
from pathlib import Path

import pytest

from phototag.media.examine import open_photo
from phototag.media.fault import PhotoError
from phototag.media.quiet import quiet_stderr


def test_each_file_is_decoded_or_has_a_reason(shared: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    outcome: Counter[str] = Counter()
    log = tmp_path / "log"
    with quiet_stderr(log):
        for path in sorted((shared / "data/formats").rglob("*")):
            if path.is_dir():
                continue
            try:
                decoded = open_photo(os.fsencode(path)).decode(minimum=256)
            except PhotoError as error:
                outcome["refused" if error.reason.isprintable() and error.reason else "refused badly"] += 1
            else:
                assert decoded.image.mode == "RGB"
                outcome["decoded"] += 1
    assert outcome["decoded"] >= 180
    assert outcome["refused"] >= 40
    assert not outcome["refused badly"]
    assert capfd.readouterr() == ("", "")
    assert b"TIFF" in log.read_bytes()  # libtiff did complain: into the log
