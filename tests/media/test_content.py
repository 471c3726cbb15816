import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from phototag.media.content import identify
from phototag.media.fault import PhotoError
from tests.media.pictures import encode, exif_block, gradient, jpeg_segment, png_chunk

XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + b" " * 64 + b"</x:xmpmeta>"
KINDS = ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"]


def options(kind: str) -> dict[str, object]:
    return {"lossless": True} if kind == "WEBP" else {}


@pytest.mark.parametrize("kind", KINDS)
def test_metadata_does_not_make_a_photo_new(kind: str) -> None:
    bare = identify(encode(gradient(), kind, **options(kind)))
    told = identify(encode(gradient(), kind, exif=exif_block(DateTimeOriginal="2024:06:01 12:30:00"), **options(kind)))
    assert told.content == bare.content
    assert told.exif != bare.exif
    assert bare.orientation == told.orientation == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("orientation", range(2, 9))
def test_turning_makes_a_photo_new(kind: str, orientation: int) -> None:
    bare = identify(encode(gradient(), kind, **options(kind)))
    turned = identify(encode(gradient(), kind, exif=exif_block(orientation=orientation), **options(kind)))
    assert turned.orientation == orientation
    assert turned.content != bare.content


@pytest.mark.parametrize("kind", [*KINDS, "GIF", "BMP"])
def test_a_changed_pixel_makes_a_photo_new(kind: str) -> None:
    image = gradient().convert("L")
    before = identify(encode(image, kind, **options(kind)))
    image.paste(255 - image.getpixel((20, 20)), (16, 16, 24, 24))  # type: ignore[operator]
    assert identify(encode(image, kind, **options(kind))).content != before.content


def test_xmp_and_icc_do_not_make_a_photo_new() -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for kind in ("JPEG", "PNG", "WEBP"):
        bare = identify(encode(gradient(), kind, **options(kind)))
        told = identify(encode(gradient(), kind, icc_profile=profile, **options(kind)))
        assert told.content == bare.content
    told = identify(encode(gradient(), "WEBP", xmp=XMP, lossless=True))
    assert (told.content, told.xmp) == (identify(encode(gradient(), "WEBP", lossless=True)).content, XMP)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([0xE0, 0xE1, 0xE2, 0xED, 0xEF, 0xFE]), st.binary(max_size=300)),
        min_size=1,
        max_size=5,
    )
)
def test_any_application_segment_or_comment_leaves_a_jpeg_the_same(segments: list[tuple[int, bytes]]) -> None:
    data = encode(gradient())
    extra = b"".join(jpeg_segment(marker, body) for marker, body in segments)
    told = identify(data[:2] + extra + data[2:])
    if told.orientation == 1:  # a random segment may happen to be EXIF
        assert told.content == identify(data).content


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from([b"tEXt", b"iTXt", b"zTXt", b"tIME", b"pHYs"]), st.binary(max_size=99))))
def test_any_ancillary_chunk_leaves_a_png_the_same(chunks: list[tuple[bytes, bytes]]) -> None:
    data = encode(gradient(), "PNG")
    extra = b"".join(png_chunk(kind, body) for kind, body in chunks)
    assert identify(data[:33] + extra + data[33:]).content == identify(data).content


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(KINDS), st.data())
def test_mutations_never_raise_anything_else(kind: str, draw: st.DataObject) -> None:
    data = bytearray(encode(gradient(), kind, exif=exif_block(orientation=6)))
    for _ in range(draw.draw(st.integers(1, 8))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    cut = draw.draw(st.integers(0, len(data)))
    try:
        identity = identify(bytes(data[:cut]))
    except PhotoError:
        return
    assert 1 <= identity.orientation <= 8


def test_what_follows_the_first_image_of_a_jpeg_does_not_count() -> None:
    data = encode(gradient())
    assert identify(data + b"a video").content == identify(data).content


def test_progressive_jpegs_are_read_to_the_end() -> None:
    data = encode(gradient(200, 200), progressive=True)
    changed = bytearray(data)
    changed[-40] ^= 1  # in the last scan
    assert identify(bytes(changed)).content != identify(data).content


def test_every_page_of_a_tiff_counts() -> None:
    one = encode(gradient(), "TIFF")
    two = encode(gradient(), "TIFF", save_all=True, append_images=[Image.new("RGB", (8, 8))])
    three = encode(gradient(), "TIFF", save_all=True, append_images=[Image.new("RGB", (8, 8), "red")])
    assert len({identify(data).content for data in (one, two, three)}) == 3


def test_equal_pixels_in_another_format_are_another_photo() -> None:
    assert identify(encode(gradient(), "PNG")).content != identify(encode(gradient(), "BMP")).content


def test_a_tiff_whose_strips_overlap_is_hashed_as_a_whole() -> None:
    """Else 200,000 strips of a megabyte each would be hashed: a day's work for a small file."""
    strips = 200_000
    fields = ((256, 8), (257, 8), (258, 8), (259, 1), (262, 1), (277, 1), (278, 1))
    tables = 8 + 2 + 12 * (len(fields) + 2) + 4
    entries = [struct.pack("<HHII", tag, 4, 1, value) for tag, value in fields]
    entries.append(struct.pack("<HHII", 273, 4, strips, tables))
    entries.append(struct.pack("<HHII", 279, 4, strips, tables + 4 * strips))
    head = struct.pack("<2sHIH", b"II", 42, 8, len(entries)) + b"".join(entries) + bytes(4)
    data = head + struct.pack("<I", 0) * strips + struct.pack("<I", 1_000_000) * strips
    assert identify(data).content == identify(data).content
    assert identify(data + b"x").content != identify(data).content


def test_an_emptied_metadata_item_leaves_a_heif_the_same() -> None:
    """As `exiftool -all=` writes it: the item stays, with length 0."""
    data = encode(gradient(), "AVIF", exif=exif_block(DateTimeOriginal="2024:06:01 12:30:00"))
    identity = identify(data)
    item = 4 + len(b"Exif\0\0") + len(identity.exif)
    at = data.index(struct.pack(">I", item), data.index(b"iloc"))
    emptied = identify(data[:at] + bytes(4) + data[at + 4 :])
    assert (emptied.content, emptied.exif) == (identity.content, b"")
