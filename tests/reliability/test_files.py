"""Files as bad as they come: they change, vanish, turn into folders, lead in circles, or break their decoder."""

import json
import os
import threading
import time
from pathlib import Path

import pytest

from tests.reliability.indexing import Run, analysed, content, fill, rows


def test_files_that_change_while_they_are_read(phototag: Run, crowd: Path, database: Path, tmp_path: Path) -> None:
    """A restless writer rewrites, deletes, replaces and brings back files during the run; the next run is right."""
    from tests.onnx_models import paint

    over = threading.Event()

    def disturb() -> None:
        number = 0
        while not over.is_set():
            number += 1
            at = crowd / f"set {number % 3}" / f"{number % 120:05}.png"
            if number % 4 == 0 and at.is_file():
                at.unlink()
            elif number % 4 == 1 and at.is_file():
                at.unlink()
                at.mkdir()
            elif number % 4 == 2 and at.is_dir():
                at.rmdir()
            elif not at.is_dir():
                paint({(0, 0): "dog"}, side=64 + number % 90).save(at)
            time.sleep(0.002)

    disturber = threading.Thread(target=disturb)
    disturber.start()
    try:
        report = json.loads(phototag("index", crowd, "--json").stdout)
    finally:
        over.set()
        disturber.join()
    assert {problem["stage"] for problem in report["failed"]} <= {"walk", "read", "decode"}
    phototag("index", crowd)
    phototag("index", crowd, "--db", tmp_path / "fresh.db")
    for name in ("words", "objects"):
        living = {row for row in content(database)[name] if row[-1]}
        assert living == set(content(tmp_path / "fresh.db")[name])
    known = {row[:2] for row in content(database)["files"] if row[2] == 0}
    assert known == {row[:2] for row in content(tmp_path / "fresh.db")["files"]}


def test_links(phototag: Run, gallery: Path, database: Path) -> None:
    (gallery / "loop").symlink_to(gallery)
    (gallery / "trip" / "up").symlink_to("..")
    (gallery / "self").symlink_to("self")
    (gallery / "self.jpg").symlink_to("self.jpg")
    os.link(gallery / "walk.png", gallery / "trip" / "hard link.png")
    report = json.loads(phototag("index", gallery, "--json").stdout)
    assert report["analysed"] == 4
    assert json.loads(phototag("search", "object:dog", "--json").stdout)[0]["copies"] == 2
    again = json.loads(phototag("index", gallery, "--follow-symlinks", "--json").stdout)
    assert again["analysed"] == 0
    assert json.loads(phototag("search", "object:dog", "--json").stdout)[0]["copies"] == 2


def test_two_hundred_folders_deep(phototag: Run, gallery: Path, database: Path) -> None:
    place = os.open(gallery, os.O_RDONLY)
    for level in range(200):  # the whole path is too long for one call
        os.mkdir(f"a folder at level {level}", dir_fd=place)
        below = os.open(f"a folder at level {level}", os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = below
    with open(os.open("deep.png", os.O_WRONLY | os.O_CREAT, dir_fd=place), "wb") as file:  # noqa: PTH123
        file.write((gallery / "walk.png").read_bytes() + b"\0")
    os.close(place)
    report = json.loads(phototag("index", gallery, "--json").stdout)
    deep = [problem for problem in report["failed"] if "level 100" in problem["path"]]
    assert report["seen"] + len(deep) == 5
    assert json.loads(phototag("index", "--json").stdout)["analysed"] == 0


def test_clock_jumps(phototag: Run, gallery: Path, database: Path) -> None:
    """Times far in the future and before 1970 are stamps like any other."""
    os.utime(gallery / "walk.png", ns=(4_000_000_000_000_000_000, 9_000_000_000_000_000_000))
    os.utime(gallery / "two people.jpg", ns=(-5_000_000_000, -5_000_000_000))
    assert json.loads(phototag("index", gallery, "--json").stdout)["analysed"] == 4
    again = json.loads(phototag("index", "--json").stdout)
    assert (again["unchanged"], again["analysed"]) == (4, 0)
    os.utime(gallery / "walk.png", ns=(0, 0))
    assert json.loads(phototag("index", "--json").stdout)["changed"] == 1


def test_a_failed_file_is_not_tried_every_night(phototag: Run, gallery: Path, database: Path) -> None:
    (gallery / "broken.jpg").write_bytes((gallery / "two people.jpg").read_bytes()[:300])
    assert len(json.loads(phototag("index", gallery, "--json").stdout)["failed"]) == 1
    tries = "SELECT tries FROM problems"
    assert rows(database, tries) == [(1,)]
    phototag("index")
    assert rows(database, tries) == [(1,)]
    phototag("index", "--retry-failed")
    assert rows(database, tries) == [(2,)]
    [listed] = json.loads(phototag("errors", "--json").stdout)
    assert (listed["path"], listed["stage"], listed["tries"]) == (str(gallery / "broken.jpg"), "decode", 2)


def test_hostile_files(
    phototag: Run, shared: Path, tiny_models: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole collection of odd and hostile files: no noise, no traceback, and a reason for everything refused."""
    monkeypatch.setenv("PHOTOTAG_CATALOG", str(tiny_models))
    done = phototag("index", shared / "data" / "formats", "--quiet", "--json")
    assert done.stderr == b""
    report = json.loads(done.stdout)
    [(photos,)] = rows(database, "SELECT count(*) FROM files WHERE photo_id IS NOT NULL")
    assert report["seen"] == photos + sum(problem["stage"] != "walk" for problem in report["failed"])
    assert all(problem["reason"] for problem in report["failed"])
    assert json.loads(phototag("index", "--json").stdout)["analysed"] == 0


EVIL_DECODER = """
import os, signal, time
from PIL import PngImagePlugin
from phototag.app.messages import Link

def load(self, good=PngImagePlugin.PngImageFile.load):
    if self.fp and self.fp.getvalue().endswith(b"CRASH"):
        os.kill(os.getpid(), signal.SIGSEGV)
    if self.fp and self.fp.getvalue().endswith(b"HANG"):
        time.sleep(1000)
    return good(self)

def expect(self, seconds, good=Link.expect):  # decoding has 10 seconds; here it gets 2
    good(self, 2.0 if seconds < 20 else seconds)

PngImagePlugin.PngImageFile.load = load
Link.expect = expect
"""


@pytest.mark.parametrize(
    ("ending", "reason"), [(b"CRASH", "its decoder crashed"), (b"HANG", "its decoder took too long")]
)
def test_an_evil_decoder_costs_one_problem(
    phototag: Run,
    gallery: Path,
    database: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ending: bytes,
    reason: str,
) -> None:
    """Python runs `sitecustomize` when it starts: here it puts a PNG decoder in place that fails on marked files."""
    fill(gallery, 30)
    (gallery / "walk.png").rename(gallery / "evil.png")
    with (gallery / "evil.png").open("ab") as file:
        file.write(ending)
    (tmp_path / "sitecustomize.py").write_text(EVIL_DECODER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    report = json.loads(phototag("index", gallery, "--json").stdout)
    assert report["failed"] == [{"path": str(gallery / "evil.png"), "stage": "decode", "reason": reason}]
    assert analysed(database) == 33
    assert json.loads(phototag("index", "--json").stdout)["failed"] == []
