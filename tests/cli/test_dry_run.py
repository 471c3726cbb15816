"""`index --dry-run`: what would be done, what would be left out and why, and how long it would take."""

import json
import shutil
from pathlib import Path

import pytest

from tests.conftest import Run


@pytest.fixture(autouse=True)
def _database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHOTOTAG_DB", str(tmp_path / "index.db"))
    monkeypatch.setenv("PHOTOTAG_WORKERS", "1")  # starting more takes longer than the work


def test_a_dry_run_says_what_and_how_long(phototag: Run, gallery: Path, tmp_path: Path) -> None:
    for name in (".hidden.jpg", "no.jpg", "never.jpg", "raw.CR2", "film.mp4", "@eaDir/x.jpg", "private/x.jpg"):
        (gallery / name).parent.mkdir(exist_ok=True)
        (gallery / name).write_bytes(b"x")
    (gallery / "private" / ".nomedia").touch()
    (gallery / ".phototagignore").write_text("no.jpg\n")
    (gallery / "link.jpg").symlink_to(gallery / "walk.png")
    (gallery / "broken.jpg").write_bytes(b"no photo")
    report = json.loads(phototag("index", gallery, "--dry-run", "--json", "--exclude", "never*").stdout)
    assert not (tmp_path / "index.db").exists()
    left_out = {one["reason"].split()[-1]: (one["files"], one["folders"]) for one in report["left_out"]}
    assert left_out == {
        "hidden": (1, 0),
        "program": (0, 1),
        "phototag's": (1, 0),
        ".phototagignore": (1, 0),
        "exclude": (1, 0),
        "link": (1, 0),
    }
    assert (report["seen"], report["to_analyse"], report["raw"], report["video"]) == (5, 5, 1, 1)
    assert report["estimated_seconds"] > 0
    told = phototag("index", gallery, "--dry-run").stderr.decode()
    assert "left out: 1 file, by .phototagignore\n" in told
    assert "left out: 1 RAW file and 1 video, which can't be read yet\n" in told
    assert "6 files to analyse: about 1 second (" in told
    assert "measured on 6 of them" in told
    done = json.loads(phototag("index", gallery, "--json", "--exclude", "never*").stdout)
    assert (done["to_analyse"], done["estimated_seconds"], done["left_out"]) == (None, None, report["left_out"])
    again = json.loads(phototag("index", "--dry-run", "--json", "--exclude", "never*").stdout)
    assert (again["to_analyse"], again["known_failed"], again["estimated_seconds"]) == (0, 1, None)


def test_the_speed_of_earlier_runs_counts(phototag: Run, gallery: Path, tmp_path: Path) -> None:
    from tests.onnx_models import paint

    for number in range(100):
        picture = paint({})
        picture.putpixel((number % 50, number // 50), (number, 0, 0))
        picture.save(gallery / f"{number}.png")
    phototag("index", gallery, "-q")
    shutil.copy(gallery / "walk.png", gallery / "another.png")
    assert b"as in the run of 20" in phototag("index", "--dry-run").stderr
