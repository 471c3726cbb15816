import io
import struct
import sys
import warnings
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from phototag.media.content import identify
from phototag.media.decode import Decoded, decode
from phototag.media.fault import PhotoError
from phototag.media.pixels import BACKGROUND
from tests.media.pictures import encode, exif_block, gradient, jpeg_segment, png_chunk


def opened(
    data: bytes, *, minimum: int | tuple[int, int] | None = None, max_megapixels: float | None = None
) -> Decoded:
    return decode(data, identify(data), minimum=minimum, max_megapixels=max_megapixels)


def reason(data: bytes, **options: float) -> str:
    with pytest.raises(PhotoError) as caught:
        opened(data, **options)  # type: ignore[arg-type]
    return caught.value.reason


def difference(one: Image.Image, two: Image.Image) -> float:
    assert one.size == two.size
    assert one.mode == two.mode == "RGB"
    return max(ImageStat.Stat(ImageChops.difference(one, two)).mean)


UNTURN = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(kind: str, orientation: int) -> None:
    upright = gradient()
    turn = UNTURN[orientation]
    lying = upright.transpose(turn) if turn is not None else upright
    found = opened(encode(lying, kind, quality=95, exif=exif_block(orientation=orientation)))
    assert (found.photo.width, found.photo.height, found.photo.orientation) == (*upright.size, orientation)
    assert difference(found.image, upright) < 6


@pytest.mark.parametrize("orientation", range(1, 9))
def test_heif_is_upright_too(orientation: int) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    upright = gradient(64, 48)
    turn = UNTURN[orientation]
    lying = upright.transpose(turn) if turn is not None else upright
    buffer = io.BytesIO()
    pillow_heif.from_pillow(lying).save(buffer, quality=95, exif=exif_block(orientation=orientation))
    found = opened(buffer.getvalue())
    assert found.photo.format == "HEIF"
    assert (found.photo.width, found.photo.height, found.photo.orientation) == (64, 48, orientation)
    assert difference(found.image, upright) < 6


@pytest.mark.parametrize(
    ("minimum", "scale"),
    [(None, 1), (400, 1), (200, 2), (150, 2), (100, 4), (50, 8), (1, 8), ((1, 101), 4), ((1, 100), 8), ((51, 1), 4)],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_reduced_to_no_less_than_the_minimum(kind: str, minimum: int | tuple[int, int] | None, scale: int) -> None:
    found = opened(encode(gradient(800, 400), kind), minimum=minimum)
    assert found.image.size == (800 // scale, 400 // scale)
    assert (found.photo.width, found.photo.height) == (800, 400)
    assert difference(found.image, gradient(800, 400).resize(found.image.size, Image.Resampling.BOX)) < 4


def test_a_reduced_picture_is_turned_as_well() -> None:
    found = opened(encode(gradient(800, 400), exif=exif_block(orientation=6)), minimum=100)
    assert found.image.size == (100, 200)
    assert (found.photo.width, found.photo.height) == (400, 800)


@pytest.mark.parametrize(
    ("mode", "kind"), [("CMYK", "JPEG"), ("L", "JPEG"), ("CMYK", "TIFF"), ("P", "GIF"), ("1", "PNG")]
)
def test_colours_of_other_modes(mode: str, kind: str) -> None:
    image = gradient(mode=mode)
    found = opened(encode(image, kind))
    assert difference(found.image, image.convert("RGB")) < 8


def test_lab() -> None:
    from PIL import ImageCms

    lab = ImageCms.profileToProfile(
        gradient(), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    assert lab is not None
    assert difference(opened(encode(lab, "TIFF")).image, gradient()) < 6


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_keep_their_range(kind: str) -> None:
    ramp = Image.frombytes("I;16", (256, 4), struct.pack("<256H", *range(0, 65536, 256)) * 4)
    found = opened(encode(ramp, kind)).image
    values = [found.getpixel((x, 0)) for x in (0, 64, 128, 255)]
    assert values == [(value, value, value) for value in (0, 63, 127, 254)]


@pytest.mark.parametrize(
    ("mode", "values"), [("F", (0.0, 0.5, 1.0)), ("F", (-100.0, 0.0, 100.0)), ("I", (0, 50000, 100000))]
)
def test_numbers_as_pixels_are_scaled_by_what_occurs(mode: str, values: tuple[float, ...]) -> None:
    image = Image.new(mode, (3, 1))
    for x, value in enumerate(values):
        image.putpixel((x, 0), value)
    found = opened(encode(image, "TIFF")).image
    assert [found.getpixel((x, 0)) for x in range(3)] == [(0, 0, 0), (127, 127, 127), (255, 255, 255)]


def test_pixels_that_are_no_numbers() -> None:
    assert "no numbers" in reason(encode(Image.new("F", (2, 2), float("nan")), "TIFF"))


@pytest.mark.parametrize(("mode", "kind"), [("RGBA", "PNG"), ("LA", "PNG"), ("RGBA", "WEBP"), ("RGBA", "TIFF")])
def test_transparency_lies_on_grey(mode: str, kind: str) -> None:
    image = gradient(mode=mode)
    image.putalpha(Image.new("L", image.size, 0))
    found = opened(encode(image, kind)).image
    assert difference(found, Image.new("RGB", found.size, BACKGROUND)) == 0


def test_a_transparent_palette_colour_lies_on_grey() -> None:
    image = Image.new("P", (4, 2))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((0, 0), 1)
    for kind in ("PNG", "GIF"):
        found = opened(encode(image, kind, transparency=0)).image
        assert (found.getpixel((1, 1)), found.getpixel((0, 0))) == (BACKGROUND, (0, 0, 255))


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF", "MPO", "AVIF"])
def test_the_first_of_several_pictures(kind: str) -> None:
    first, second = Image.new("RGB", (32, 32), "red"), Image.new("RGB", (32, 32), "blue")
    found = opened(encode(first, kind, save_all=True, append_images=[second]))
    assert difference(found.image, first) < 8


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (20000, 3)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_odd_sizes(size: tuple[int, int], kind: str) -> None:
    found = opened(encode(Image.new("RGB", size, (10, 200, 30)), kind), minimum=224)
    assert (found.photo.width, found.photo.height) == found.image.size == size


def png_header(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(bytes(1000))) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def test_bombs_are_refused_by_their_header() -> None:
    assert "too large: 50000 x 50000 is 2,500 megapixels, the limit is 120" in reason(png_header(50000, 50000))
    data = bytearray(encode(gradient(), "WEBP", lossless=True, exif=exif_block(orientation=3)))
    data[24:30] = (16382).to_bytes(3, "little") * 2
    assert "268 megapixels" in reason(bytes(data))


def test_the_limit_is_an_option_and_higher_for_baseline_jpeg() -> None:
    image = Image.new("L", (15000, 10000))
    found = opened(encode(image), minimum=256)
    assert (found.photo.width, found.photo.height) == (15000, 10000)
    assert "the limit is 120" in reason(encode(image, progressive=True))
    assert "the limit is 0.001" in reason(encode(gradient()), max_megapixels=0.001)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "AVIF"])
def test_a_picture_cut_in_half_is_a_problem(kind: str) -> None:
    data = encode(gradient(300, 200), kind)
    text = reason(data[: len(data) // 2])
    assert kind in ("WEBP", "AVIF") or text.startswith("cut off"), text


def test_text_and_broken_pictures_have_reasons() -> None:
    assert reason(encode(gradient())[:2] + b"\xff" + b"nonsense" * 30)
    assert reason(png_header(0, 10)) == "damaged: the picture has no pixels"


def test_a_header_of_millions_of_chunks_ends() -> None:
    png, jpeg = png_header(8, 8), encode(gradient())
    nonsense = "damaged: its structure makes no sense"
    assert reason(png[:33] + png_chunk(b"tIME", b"") * 300_000 + png[33:]) == nonsense
    assert reason(jpeg[:2] + jpeg_segment(0xFE, b"") * 300_000 + jpeg[2:]) == nonsense


def test_heic_without_its_extra_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    assert reason(data) == "HEIC and HEIF photos need an extra: pip install 'phototag[heic]'"


def test_pillow_neither_warns_nor_raises_for_corrupt_exif() -> None:
    data = encode(gradient())
    broken = data[:2] + jpeg_segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\xff\0" + b"\x12" * 40) + data[2:]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert opened(broken).image.size == (48, 32)
    assert caught == []


def test_orientation_samples_all_look_like_the_first(shared: Path) -> None:
    folder = shared / "data/formats/orientation"
    for kind in ("Landscape", "Portrait"):
        first = opened((folder / f"{kind}_1.jpg").read_bytes(), minimum=300).image
        for number in range(9):
            found = opened((folder / f"{kind}_{number}.jpg").read_bytes(), minimum=300)
            assert difference(found.image, first) < 8, (kind, number)
