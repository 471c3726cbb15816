import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational

from phototag.media.content import identify
from phototag.media.metadata import read_metadata
from phototag.types import Metadata
from tests.media.pictures import encode, gradient


def metadata(
    base: dict[int, object] | None = None,
    exif: dict[int, object] | None = None,
    gps: dict[int, object] | None = None,
    *,
    kind: str = "JPEG",
    xmp: bytes = b"",
    name: bytes = b"photo.jpg",
) -> Metadata:
    """What is read back from a picture saved with these tags."""
    block = Image.Exif()
    block.update(base or {})
    if exif:
        block[ExifTags.IFD.Exif] = exif
    if gps:
        block[ExifTags.IFD.GPSInfo] = gps
    identity = identify(encode(gradient(), kind, exif=block.tobytes()))
    return read_metadata(identity.exif, xmp or identity.xmp, name)


ORIGINAL, DIGITIZED = ExifTags.Base.DateTimeOriginal, ExifTags.Base.DateTimeDigitized
OFFSET = ExifTags.Base.OffsetTimeOriginal


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_time_camera_and_lens(kind: str) -> None:
    found = metadata(
        {ExifTags.Base.Make: "Canon", ExifTags.Base.Model: "Canon EOS 40D\0junk"},
        {ORIGINAL: "2024:06:01 12:30:00", OFFSET: "+02:00", ExifTags.Base.LensModel: "EF 50mm "},
        kind=kind,
    )
    assert (found.taken_at, found.taken_offset, found.taken_source) == ("2024-06-01T12:30:00", 120, "original")
    assert (found.camera, found.lens) == ("Canon EOS 40D", "EF 50mm")


def test_sources_of_the_time_in_order() -> None:
    xmp = b'<rdf:Description exif:DateTimeOriginal="2003-03-03T03:03:03-05:30"/>'
    name = b"IMG_20040404_040404.jpg"
    both: dict[int, object] = {ORIGINAL: "2001:01:01 01:01:01", DIGITIZED: "2002:02:02 02:02:02"}
    assert metadata(exif=both, xmp=xmp, name=name).taken_source == "original"
    both[ORIGINAL] = "0000:00:00 00:00:00"
    assert metadata(exif=both, xmp=xmp, name=name).taken_at == "2002-02-02T02:02:02"
    both[DIGITIZED] = "    :  :     :  :  "
    third = metadata(exif=both, xmp=xmp, name=name)
    assert (third.taken_at, third.taken_offset, third.taken_source) == ("2003-03-03T03:03:03", -330, "xmp")
    last = metadata(exif=both, name=name)
    assert (last.taken_at, last.taken_offset, last.taken_source) == ("2004-04-04T04:04:04", None, "name")
    assert metadata(exif=both) == Metadata()


@pytest.mark.parametrize(
    ("packet", "moment"),
    [
        (b"<xmp:CreateDate>2018-10-27T13:27:23.53</xmp:CreateDate>", "2018-10-27T13:27:23"),
        (b"photoshop:DateCreated = '2018-10-27'", "2018-10-27T00:00:00"),
        (b'xmp:CreateDate="2018-10"', None),
        (b'xmp:CreateDate="2018-13-45T00:00:00"', None),
        (b'xmp:ModifyDate="2018-10-27T13:27:23"', None),
    ],
)
def test_time_from_xmp(packet: bytes, moment: str | None) -> None:
    assert read_metadata(b"", packet, b"x.jpg").taken_at == moment


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        (b"IMG_20240601_123000.jpg", "2024-06-01T12:30:00"),
        (b"PXL_20240601_123000123.jpg", "2024-06-01T12:30:00"),
        (b"Screenshot_20240601-123000.png", "2024-06-01T12:30:00"),
        (b"2024-06-01 12.30.00.jpg", "2024-06-01T12:30:00"),
        (b"WhatsApp Image 2024-06-01 at 12.30.00.jpeg", "2024-06-01T12:30:00"),
        (b"IMG-20240601-WA0001.jpg", "2024-06-01T00:00:00"),
        (b"1956_07_04 wedding.jpg", "1956-07-04T00:00:00"),
        (b"2024-0601.jpg", None),
        (b"20240231.jpg", None),
        (b"DSC_120240601.jpg", None),
        (b"IMG_1234.jpg", None),
        (b"\xff20240601.jpg", "2024-06-01T00:00:00"),
    ],
)
def test_time_from_the_name(name: bytes, moment: str | None) -> None:
    assert read_metadata(b"", b"", name).taken_at == moment


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("NIKON CORPORATION", "NIKON D300", "NIKON D300"),
        ("SONY", "ILCE-7M3", "SONY ILCE-7M3"),
        ("", "Lonely", "Lonely"),
        ("Apple", "", "Apple"),
        ("", "", None),
        ("A\x01\x1b[31m", "B\nC", "A [31m B C"),
    ],
)
def test_camera(make: str, model: str, camera: str | None) -> None:
    assert metadata({ExifTags.Base.Make: make, ExifTags.Base.Model: model}).camera == camera


def position(
    latitude: object, longitude: object, ref: str = "N", other: str = "E"
) -> tuple[float | None, float | None]:
    found = metadata(gps={1: ref, 2: latitude, 3: other, 4: longitude})
    return found.latitude, found.longitude


def test_position_in_signed_degrees() -> None:
    dms = (IFDRational(48), IFDRational(51), IFDRational(303, 10))
    assert position(dms, dms, "S", "W") == pytest.approx((-(48 + 51 / 60 + 30.3 / 3600),) * 2)
    assert position(dms, dms) == pytest.approx((48 + 51 / 60 + 30.3 / 3600,) * 2)


def test_positions_that_are_none() -> None:
    good = (IFDRational(48), IFDRational(51), IFDRational(30))
    for bad in ((IFDRational(91),) * 3, (IFDRational(0, 0),) * 3, (IFDRational(200), IFDRational(0), IFDRational(0))):
        assert position(bad, good) == (None, None)
    assert position(good, good, "X") == (None, None)
    zero = (IFDRational(0),) * 3
    assert position(zero, zero) == (None, None)
    assert metadata(gps={2: good, 4: good}) == Metadata()


@settings(deadline=None)
@given(st.binary(max_size=400), st.binary(max_size=200), st.binary(max_size=40))
def test_nothing_is_raised_by_any_bytes(exif: bytes, xmp: bytes, name: bytes) -> None:
    for head in (b"", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"):
        found = read_metadata(head + exif, xmp, name)
        assert found.latitude is None or -90 <= found.latitude <= 90


def test_a_maze_of_directories_ends() -> None:
    """65,535 entries that each hold 999 numbers would keep an honest reader busy for minutes."""
    entry = b"\x00\x90\x03\x00\xe7\x03\x00\x00\x08\x00\x00\x00"
    assert read_metadata(b"II*\0\x08\0\0\0\xff\xff" + entry * 65535, b"", b"x.jpg") == Metadata()


def test_exifread_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    read_metadata(b"no TIFF at all", b"", b"x.jpg")
    read_metadata(b"II*\0\x08\0\0\0\x01\0\x0f\x01\x02\0\xff\xff\xff\xff\xff\xff\xff\xff", b"", b"x.jpg")
    assert capfd.readouterr() == ("", "")


def test_agrees_with_pillow_on_real_camera_files(shared: Path) -> None:
    compared = 0
    for path in sorted((shared / "data/formats/exif/jpg").rglob("*.jpg")):
        data = path.read_bytes()
        identity = identify(data)
        found = read_metadata(identity.exif, b"", b"")
        with Image.open(io.BytesIO(data)) as image:
            theirs = image.getexif()
            moment = theirs.get_ifd(ExifTags.IFD.Exif).get(ORIGINAL)
        assert identity.orientation == theirs.get(ExifTags.Base.Orientation, 1)
        if moment:
            assert found.taken_at == moment[:10].replace(":", "-") + "T" + moment[11:19]
            compared += 1
    assert compared >= 20
