import os
import threading
from pathlib import Path

import pytest

from phototag.media.examine import MAX_BYTES, open_photo
from phototag.media.fault import PhotoError
from phototag.types import Problem, Stage
from tests.media.pictures import encode, exif_block, gradient


def failure(path: Path) -> tuple[Stage, str]:
    with pytest.raises(PhotoError) as caught:
        open_photo(os.fsencode(path))
    problem = caught.value.problem(os.fsencode(path))
    assert problem == Problem(os.fsencode(path), caught.value.stage, caught.value.reason)
    return problem.stage, problem.reason


def test_a_photo_is_opened_and_decoded(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(encode(gradient(), exif=exif_block(orientation=6, DateTimeOriginal="2024:06:01 12:30:00")))
    photo = open_photo(os.fsencode(path))
    status = path.stat()
    assert (photo.size, photo.mtime_ns) == (status.st_size, status.st_mtime_ns)
    assert (photo.identity.format, photo.identity.orientation) == ("JPEG", 6)
    assert photo.metadata.taken_at == "2024-06-01T12:30:00"
    decoded = photo.decode(minimum=8)
    assert (decoded.photo.content, decoded.photo.width, decoded.photo.height) == (photo.identity.content, 32, 48)


def test_the_content_not_the_extension_chooses_the_decoder(tmp_path: Path) -> None:
    path = tmp_path / "really-a-png.jpg"
    path.write_bytes(encode(gradient(), "PNG"))
    assert open_photo(os.fsencode(path)).decode().photo.format == "PNG"


def test_files_that_are_no_photos(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    for content, expected in (
        (b"", (Stage.READ, "empty file")),
        (b"hello, world\n", (Stage.DECODE, "not a photo: the content is text")),
        (bytes(5000), (Stage.DECODE, "not a photo: the file starts with zeros, as an interrupted copy leaves it")),
        (b"\0\0\0\x18ftypmp42", (Stage.DECODE, "not a photo: the content is a video")),
        (b"8BPS\0\x01", (Stage.DECODE, "not a photo: the content is a Photoshop document")),
    ):
        path.write_bytes(content)
        assert failure(path) == expected


def test_files_that_are_not_there_or_no_files(tmp_path: Path) -> None:
    assert failure(tmp_path / "gone.jpg") == (Stage.READ, "vanished before it could be read")
    assert failure(tmp_path) == (Stage.READ, "is a folder now")
    os.mkfifo(tmp_path / "pipe.jpg")
    assert failure(tmp_path / "pipe.jpg") == (Stage.READ, "not a regular file")
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    assert failure(tmp_path / "loop.jpg") == (Stage.READ, "a symbolic link that leads to itself")
    assert failure(tmp_path / ("n" * 300)) == (Stage.READ, "its path is too long to open")


def test_a_file_of_absurd_size_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "big.tif"
    path.touch()
    os.truncate(path, MAX_BYTES + 1)
    assert failure(path) == (Stage.READ, "too large: 768 MiB, the limit is 768")


def test_a_file_that_changes_while_being_read(tmp_path: Path) -> None:
    """A writer keeps touching the file; sooner or later it does so during a read, and that read is refused."""
    path = tmp_path / "a.jpg"
    path.write_bytes(encode(gradient()) + bytes(20 << 20))
    stop = threading.Event()

    def touch() -> None:
        moment = 0
        while not stop.is_set():
            moment += 1_000_000
            os.utime(path, ns=(moment, moment))

    writer = threading.Thread(target=touch)
    writer.start()
    try:
        for _ in range(200):
            try:
                open_photo(os.fsencode(path))
            except PhotoError as error:
                refusal = (error.stage, error.reason)
                break
        else:
            pytest.fail("200 reads and not one was disturbed")
    finally:
        stop.set()
        writer.join()
    assert refusal == (Stage.READ, "changed while being read")
