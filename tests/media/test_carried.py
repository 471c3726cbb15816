"""What EXIF a derived picture inherits."""

import io
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from phototag.media.carried import carried_exif
from phototag.media.content import identify
from phototag.media.examine import open_photo
from phototag.media.fault import PhotoError
from phototag.media.metadata import read_metadata
from phototag.types import Metadata
from tests.media.pictures import encode, gradient


def block() -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Maker"
    exif[ExifTags.Base.Model] = "Camera"
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.XMLPacket] = b"<exif:GPSLatitude>48</exif:GPSLatitude>"
    exif[ExifTags.IFD.Exif] = {
        ExifTags.Base.DateTimeOriginal: "2024:06:01 12:30:00",
        ExifTags.Base.MakerNote: b"at home, 48.85 2.35",
        ExifTags.Base.ExifImageWidth: 4000,
    }
    exif[ExifTags.IFD.GPSInfo] = {1: "N", 2: (48.0, 51.0, 0.0), 3: "E", 4: (2.0, 21.0, 0.0)}
    return exif.tobytes()[6:]


def read_back(exif: bytes) -> tuple[Metadata, int, bytes]:
    found = identify(encode(gradient(), exif=exif))
    return read_metadata(found.exif, found.xmp, b"x.jpg"), found.orientation, found.exif


def test_everything_but_the_place_is_carried() -> None:
    metadata, orientation, raw = read_back(carried_exif(block(), (10, 20), keep_gps=False))
    assert (metadata.camera, metadata.taken_at) == ("Maker Camera", "2024-06-01T12:30:00")
    assert (metadata.latitude, metadata.longitude) == (None, None)
    assert orientation == 1
    assert b"home" not in raw
    assert b"GPS" not in raw
    assert (
        Image.open(io.BytesIO(encode(gradient(), exif=carried_exif(block(), (10, 20), keep_gps=False))))
        .getexif()
        .get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ExifImageWidth]
        == 10
    )


def test_the_place_is_kept_on_request() -> None:
    metadata, _, raw = read_back(carried_exif(block(), (10, 20), keep_gps=True))
    assert metadata.latitude == pytest.approx(48.85)
    assert metadata.longitude == pytest.approx(2.35)
    assert b"home" not in raw


@pytest.mark.parametrize("exif", [b"", b"nonsense", block()[:40], b"II*\0\xff\xff\xff\xff"])
def test_broken_blocks_never_stop_a_picture(exif: bytes) -> None:
    read_back(carried_exif(exif, (1, 1), keep_gps=True))


def test_real_cameras_keep_camera_lens_and_time(shared: Path) -> None:
    checked = 0
    for path in sorted((shared / "data/formats/exif").rglob("*.jp*g")):
        try:
            photo = open_photo(str(path).encode())
        except PhotoError:
            continue
        carried = carried_exif(photo.identity.exif, (10, 20), keep_gps=False)
        if carried and photo.metadata.taken_source != "xmp":
            metadata, _, _ = read_back(carried)
            expected = (photo.metadata.camera, photo.metadata.taken_at, photo.metadata.lens)
            assert (metadata.camera, metadata.taken_at, metadata.lens) == expected, path
            assert metadata.latitude is None
            checked += 1
    assert checked > 20
