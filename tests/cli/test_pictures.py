"""The commands that make pictures, as a user runs them: boxes on a copy, contact sheets, crops, the viewer."""

import base64
import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import Inside, Run
from tests.indexed import Indexed


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


@pytest.fixture
def photos(indexed: Indexed, tiny_models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The photos of the index that commands use; nobody changes them."""
    monkeypatch.setenv("PHOTOTAG_CATALOG", str(tiny_models))
    monkeypatch.setenv("PHOTOTAG_DB", indexed.settings.db)
    return indexed.photos


def test_boxes_are_drawn_on_a_copy(inside: Inside, photos: Path) -> None:
    photo = photos / "walk.png"
    before = photo.read_bytes()
    inside("show", photo, "--boxes")
    inside("show", photo, "--boxes")
    assert sorted(os.listdir()) == ["walk-boxes-2.jpg", "walk-boxes.jpg"]
    inside("show", photo, "-o", "drawn.png")
    with Image.open("drawn.png") as drawn, Image.open(photo) as original:
        assert drawn.size == original.size
        assert drawn.tobytes() != original.convert("RGB").tobytes()
    assert photo.read_bytes() == before


def test_the_photo_itself_is_never_written_to(inside: Inside, photos: Path) -> None:
    photo = photos / "walk.png"
    before = photo.read_bytes()
    os.link(photo, "other.png")
    Path("link.png").symlink_to(photo)
    for target in (photo, "other.png", "link.png"):
        assert "is a photo of the index" in inside("show", photo, "-o", target, code=2).err
        assert "is a photo of the index" in inside("show", photos / "nothing.jpg", "-o", target, code=2).err
        assert "is a photo of the index" in inside("search", "car", "--sheet", target, code=2).err
    assert "which format" in inside("show", photo, "-o", "drawn.txt", code=2).err
    assert photo.read_bytes() == before


def test_a_photo_that_is_gone_says_so(phototag: Run, gallery: Path) -> None:
    phototag("index", gallery)
    (gallery / "walk.png").unlink()
    failed = phototag("show", gallery / "walk.png", "--boxes", code=1).stderr
    assert b"not there any more" in failed
    assert b"phototag index" in failed
    assert os.listdir() == []
    sheet = phototag("search", "person", "--sheet", "sheet.png")  # with a cell that says why it is empty
    assert b"1 photo could not be read" in sheet.stderr
    assert b"not there any more" in phototag("crop", "person", "--out", "crops").stderr
    assert os.listdir("crops")


def test_a_sheet_shows_every_hit(inside: Inside, photos: Path) -> None:
    assert "2 of 2 photos" in inside("search", "person", "--sheet", "sheet.jpg").err
    assert "1 of 2 photos" in inside("search", "person", "-n1", "--sheet", "one.webp").err
    with Image.open("sheet.jpg") as two, Image.open("one.webp") as one:
        assert two.width > one.width
    assert "nothing matches" in inside("search", "zebra", "--sheet", "none.jpg").err
    assert not Path("none.jpg").exists()


def test_crops_are_the_objects(inside: Inside, photos: Path) -> None:
    inside("crop", "object:dog", "--out", "crops", "--pad", "0")
    assert sorted(os.listdir("crops")) == ["script_alert_2-dog-1.jpg", "walk-dog-1.jpg"]
    with Image.open("crops/walk-dog-1.jpg") as dog:
        assert dog.size == pytest.approx((64, 64), abs=3)
    inside("crop", "person", "--out", "crops", "--pad", "50%", "--name", "{label}/{photo}.png")
    assert sorted(os.listdir("crops/person")) == ["two_people-2.png", "two_people.png", "walk.png"]
    with Image.open("crops/person/walk.png") as person:
        assert person.size == pytest.approx((96, 96), abs=5)  # it stands in the corner


def test_crops_that_are_there_are_not_written_again(inside: Inside, photos: Path) -> None:
    assert "wrote 3 pictures" in inside("crop", "person", "--out", "crops", "--name", "{label}/{photo}.jpg").err
    before = sorted(os.listdir("crops/person"))
    again = inside("crop", "person", "--out", "crops", "--name", "{label}/{photo}.jpg")
    assert (again.out, "wrote 0 pictures; 3 were there already" in again.err) == ("", True)
    assert sorted(os.listdir("crops/person")) == before
    inside("crop", "person", "--out", "crops", "--name", "{label}/{photo}.jpg", "--pad", "50%")  # other pictures
    assert len(os.listdir("crops/person")) == 6
    assert set(before) < set(os.listdir("crops/person"))


@pytest.mark.parametrize("name", ["../{label}.jpg", "/{label}.jpg", "{color}.jpg", "{label}", "{label.__class__}.jpg"])
def test_crop_names_that_can_not_be_used(inside: Inside, photos: Path, name: str) -> None:
    inside("crop", "person", "--out", "crops", "--name", name, code=2)
    assert os.listdir() == []


def test_crop_wants_objects(inside: Inside, photos: Path) -> None:
    assert "asks for no object" in inside("crop", "tag:cat", "--out", "crops", code=2).err
    inside("crop", "person", "--out", "crops", "--pad", "much", code=2)


def test_open_hands_the_hits_to_a_viewer(phototag: Run, photos: Path) -> None:
    script = "import sys; open('seen', 'w').write('\\n'.join(sys.argv[1:]))"
    Path("viewer.py").write_text(script, "utf-8")
    phototag("open", "person", "--with", f"{sys.executable} viewer.py")
    expected = phototag("search", "person", "--paths").stdout.decode().splitlines()
    deadline = time.monotonic() + 20
    while not (Path("seen").exists() and Path("seen").read_text("utf-8")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert Path("seen").read_text("utf-8").splitlines() == expected
    assert b"can't be started" in phototag("open", "person", "--with", "no-such-viewer", code=2).stderr


XTERM = {b"\x1b[c": b"\x1b[?64;4;22c"}  # sixel
KITTY = {b"\x1b[c": b"\x1b[?62;c", b"\x1b[>q": b"\x1bP>|kitty(0.32.1)\x1b\\"}
EARLY = {**KITTY, b"\x1b[>q": b"\x1bP>|kitty(0.26.5)\x1b\\"}
BLOCK = "▀".encode()
PLACE = "\U0010eeee".encode()  # where kitty puts a part of a picture


def test_a_preview_needs_a_terminal(inside: Inside, photos: Path) -> None:
    pytest.importorskip("textual_image", reason="the extra `preview` is not installed")
    assert "--sheet" in inside("search", "person", "--preview", code=2).err


def test_a_terminal_without_pictures_gets_half_blocks(photos: Path) -> None:
    shown = preview({})
    assert BLOCK in shown
    assert b"2 photos" in shown


def test_a_sixel_terminal_gets_sixels(photos: Path) -> None:
    shown = preview(XTERM)
    pictures = re.findall(rb"\x1bP[0-9;]*q([^\x1b]*)\x1b\\", shown)
    assert len(pictures) == 2
    assert all(re.search(rb"#\d+;2;\d+;\d+;\d+", picture) for picture in pictures)  # colours, in percent
    assert BLOCK not in shown


def test_kitty_gets_its_own_protocol(photos: Path) -> None:
    shown = preview(KITTY)
    sent: dict[str, bytes] = {}
    for control, data in re.findall(rb"\x1b_G([^;\x1b]*);([^\x1b]*)\x1b\\", shown):
        keys = dict(pair.split("=") for pair in control.decode().split(","))
        if keys.get("a") != "q":
            number = keys.get("i", next(reversed(sent), ""))
            sent[number] = sent.get(number, b"") + data
    pictures = [Image.open(io.BytesIO(base64.b64decode(data))) for data in sent.values() if data]
    assert len(pictures) == 2
    assert all(picture.width > 50 for picture in pictures)
    assert PLACE in shown


def test_an_early_kitty_that_can_not_place_pictures_in_text_gets_half_blocks(photos: Path) -> None:
    shown = preview(EARLY)
    assert BLOCK in shown
    assert PLACE not in shown


def test_a_terminal_that_is_silent_about_everything_gets_half_blocks_alone(photos: Path) -> None:
    shown = preview({}, pixels=(0, 0))
    assert BLOCK in shown
    assert b"Error" not in shown


def test_a_preview_needs_no_terminal_to_read_from(photos: Path) -> None:
    assert BLOCK in preview({}, given=subprocess.DEVNULL)


def preview(answers: dict[bytes, bytes], pixels: tuple[int, int] = (1000, 800), given: int | None = None) -> bytes:
    """What `search person --preview` writes to a terminal that answers so, and as kitty where that names itself."""
    pytest.importorskip("textual_image", reason="the extra `preview` is not installed")
    main, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, *pixels))
    command = [sys.executable, "-m", "phototag", "search", "person", "--preview"]
    given = terminal if given is None else given
    answers = dict(answers)
    shown = b""
    with subprocess.Popen(command, stdin=given, stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        try:
            while chunk := os.read(main, 65536):
                shown += chunk
                for asked in [one for one in answers if one in shown]:
                    os.write(main, answers.pop(asked))
                query = re.search(rb"\x1b_Gi=(\d+)[^\x1b]*a=q[^\x1b]*\x1b\\", shown)
                if query and b"\x1b[>q" in answers and b"graphics" not in answers:
                    answers[b"graphics"] = b""
                    os.write(main, b"\x1b_Gi=" + query[1] + b";OK\x1b\\")
        except OSError:  # how Linux says that the other side is closed
            pass
        os.close(main)
    assert process.returncode == 0, shown
    return shown


def test_what_the_index_knows_is_not_said_of_another_picture(phototag: Run, gallery: Path, tmp_path: Path) -> None:
    phototag("index", gallery)
    photo = gallery / "walk.png"
    before = photo.read_bytes()
    photo.write_bytes((gallery / "trip" / "nothing.jpg").read_bytes())
    assert b"another picture" in phototag("show", photo, "--boxes", code=1).stderr
    assert b"another picture" in phototag("crop", "object:dog", "--out", tmp_path / "crops", code=1).stderr
    assert not (tmp_path / "crops").exists()
    assert b"another picture" in phototag("gallery", "object:dog", "--out", tmp_path / "site", code=1).stderr
    out = ("export", "object:dog", "--format", "coco", "--copy", "--out", tmp_path / "out")
    assert b"another picture" in phototag(*out, code=1).stderr
    assert list((tmp_path / "out").iterdir()) == []
    assert b"another picture" in phototag("write", "object:dog", "--xmp-sidecar", "--yes", code=1).stderr
    assert not (gallery / "walk.png.xmp").exists()
    photo.write_bytes(before)
    phototag(*out)  # into the same folder: what failed left nothing there


def test_comments_in_a_photo_are_not_passed_on(phototag: Run, gallery: Path, tmp_path: Path) -> None:
    pytest.importorskip("jinja2", reason="the extra `serve` is not installed")
    photo = gallery / "two people.jpg"
    with Image.open(photo) as image:
        image.save(photo, quality=95, comment=b"not for others")
    assert b"not for others" in photo.read_bytes()
    phototag("index", gallery)
    phototag("crop", "person>=2", "--out", tmp_path / "out" / "crops")
    phototag("show", photo, "-o", tmp_path / "out" / "boxes.jpg")
    phototag("gallery", "person>=2", "--out", tmp_path / "out" / "site")
    pictures = list((tmp_path / "out").rglob("*.jpg"))
    assert len(pictures) == 5
    assert not any(b"not for others" in picture.read_bytes() for picture in pictures)


def test_a_copy_in_an_indexed_folder_is_told(inside: Inside, gallery: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside("index", gallery)
    assert "becomes a photo itself" not in inside("show", gallery / "walk.png", "--boxes").err
    monkeypatch.chdir(gallery / "trip")
    assert "becomes a photo itself" in inside("show", gallery / "walk.png", "--boxes").err
