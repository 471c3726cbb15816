import os
import threading
import warnings
from pathlib import Path

import pytest

from phototag.media.quiet import quiet_stderr, quiet_warnings


def test_file_descriptor_2_goes_to_the_log_and_comes_back(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "decoders.log"
    for _ in range(2):
        with quiet_stderr(log):
            os.write(2, b"noise\n")
    with quiet_stderr():
        os.write(2, b"nowhere\n")
    os.write(2, b"back\n")
    assert log.read_text() == "noise\nnoise\n"
    assert log.stat().st_mode & 0o777 == 0o600
    assert capfd.readouterr().err == "back\n"


def test_the_descriptor_comes_back_after_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError), quiet_stderr():
        raise KeyError
    os.write(2, b"back\n")
    assert capfd.readouterr().err == "back\n"


def test_warnings_are_silent_inside_and_alive_outside() -> None:
    with quiet_warnings(), quiet_warnings():
        warnings.warn("inside", stacklevel=1)
    with pytest.raises(UserWarning, match="outside"):
        warnings.warn("outside", stacklevel=1)


def test_overlapping_threads_restore_the_filters() -> None:
    filters = list(warnings.filters)
    first_in, second_in = threading.Event(), threading.Event()

    def first() -> None:
        with quiet_warnings():
            first_in.set()
            second_in.wait(10)

    def second() -> None:
        first_in.wait(10)
        with quiet_warnings():
            second_in.set()
            one.join(10)

    one, two = threading.Thread(target=first), threading.Thread(target=second)
    one.start()
    two.start()
    two.join(10)
    assert warnings.filters == filters
