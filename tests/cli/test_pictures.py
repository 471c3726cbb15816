"""The commands that make pictures, as a user runs them: boxes on a copy, contact sheets, crops, the viewer."""

import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import Run


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def test_boxes_are_drawn_on_a_copy(phototag: Run, gallery: Path) -> None:
    phototag("index", gallery)
    photo = gallery / "walk.png"
    before = photo.read_bytes()
    phototag("show", photo, "--boxes")
    phototag("show", photo, "--boxes")
    assert sorted(os.listdir()) == ["walk-boxes-2.jpg", "walk-boxes.jpg"]
    phototag("show", photo, "-o", "drawn.png")
    with Image.open("drawn.png") as drawn, Image.open(photo) as original:
        assert drawn.size == original.size
        assert drawn.tobytes() != original.convert("RGB").tobytes()
    assert photo.read_bytes() == before


def test_the_photo_itself_is_never_written_to(phototag: Run, gallery: Path) -> None:
    phototag("index", gallery)
    photo = gallery / "walk.png"
    before = photo.read_bytes()
    os.link(photo, "other.png")
    Path("link.png").symlink_to(photo)
    for target in (photo, "other.png", "link.png"):
        assert b"the photo itself" in phototag("show", photo, "-o", target, code=2).stderr
    assert b"the photo itself" in phototag("search", "person", "--sheet", photo, code=2).stderr
    assert b"which format" in phototag("show", photo, "-o", "drawn.txt", code=2).stderr
    assert photo.read_bytes() == before


def test_a_photo_that_is_gone_says_so(phototag: Run, gallery: Path) -> None:
    phototag("index", gallery)
    (gallery / "walk.png").unlink()
    failed = phototag("show", gallery / "walk.png", "--boxes", code=1).stderr
    assert b"not there any more" in failed
    assert b"phototag index" in failed
    assert os.listdir() == []
    phototag("search", "person", "--sheet", "sheet.png")  # with a cell that says why it is empty
    assert b"not there any more" in phototag("crop", "person", "--out", "crops").stderr
    assert os.listdir("crops")


def test_a_sheet_shows_every_hit(phototag: Run, gallery: Path) -> None:
    phototag("index", gallery)
    assert b"2 of 2 photos" in phototag("search", "person", "--sheet", "sheet.jpg").stderr
    assert b"1 of 2 photos" in phototag("search", "person", "-n1", "--sheet", "one.webp").stderr
    with Image.open("sheet.jpg") as two, Image.open("one.webp") as one:
        assert two.width > one.width
    assert b"nothing matches" in phototag("search", "zebra", "--sheet", "none.jpg").stderr
    assert not Path("none.jpg").exists()


def test_crops_are_the_objects(phototag: Run, gallery: Path) -> None:
    phototag("index", gallery)
    [path] = phototag("crop", "object:dog", "--out", "crops", "--pad", "0").stdout.decode().splitlines()
    assert path == "crops/walk-dog-1.jpg"
    with Image.open(path) as dog:
        assert dog.size == pytest.approx((64, 64), abs=3)
    phototag("crop", "person", "--out", "crops", "--pad", "50%", "--name", "{label}/{photo}.png")
    assert sorted(os.listdir("crops/person")) == ["two_people-2.png", "two_people.png", "walk.png"]
    with Image.open("crops/person/walk.png") as person:
        assert person.size == pytest.approx((96, 96), abs=5)  # it stands in the corner


@pytest.mark.parametrize("name", ["../{label}.jpg", "/{label}.jpg", "{color}.jpg", "{label}", "{label.__class__}.jpg"])
def test_crop_names_that_can_not_be_used(phototag: Run, gallery: Path, name: str) -> None:
    phototag("index", gallery)
    phototag("crop", "person", "--out", "crops", "--name", name, code=2)
    assert os.listdir() == []


def test_crop_wants_objects(phototag: Run, gallery: Path) -> None:
    phototag("index", gallery)
    assert b"asks for no object" in phototag("crop", "tag:cat", "--out", "crops", code=2).stderr
    phototag("crop", "person", "--out", "crops", "--pad", "much", code=2)


def test_open_hands_the_hits_to_a_viewer(phototag: Run, gallery: Path) -> None:
    phototag("index", gallery)
    script = "import sys; open('seen', 'w').write('\\n'.join(sys.argv[1:]))"
    Path("viewer.py").write_text(script, "utf-8")
    phototag("open", "person", "--with", f"{sys.executable} viewer.py")
    expected = phototag("search", "person", "--paths").stdout.decode().splitlines()
    deadline = time.monotonic() + 20
    while not (Path("seen").exists() and Path("seen").read_text("utf-8")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert Path("seen").read_text("utf-8").splitlines() == expected
    assert b"can't be started" in phototag("open", "person", "--with", "no-such-viewer", code=2).stderr


def test_preview_in_a_terminal_and_without(phototag: Run, gallery: Path) -> None:
    pytest.importorskip("textual_image", reason="the extra `preview` is not installed")
    phototag("index", gallery)
    assert b"--sheet" in phototag("search", "person", "--preview", code=2).stderr
    main, terminal = pty.openpty()
    import fcntl
    import struct
    import termios

    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 1000, 800))
    command = [sys.executable, "-m", "phototag", "search", "person", "--preview"]
    with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        shown = b""
        try:
            while chunk := os.read(main, 65536):
                shown += chunk
        except OSError:  # how Linux says that the other side is closed
            pass
        os.close(main)
    assert process.returncode == 0, shown
    assert "▀".encode() in shown
    assert b"2 photos" in shown
