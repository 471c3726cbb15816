"""WebP and AVIF reduced by their own decoders look like the same pictures reduced afterwards."""

from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from phototag.media import shrunk
from phototag.media.content import identify
from phototag.media.decode import decode
from phototag.media.fault import PhotoError
from phototag.media.parts import webp_still
from phototag.media.shrunk import shrunk_avif, shrunk_webp, webp_features
from tests.media.pictures import encode, exif_block, gradient

SHRINK = {"WEBP": shrunk_webp, "AVIF": shrunk_avif}


def picture(mode: str) -> Image.Image:
    image = gradient(331, 217)
    if mode == "RGBA":
        image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


def difference(one: Image.Image, two: Image.Image) -> float:
    assert (one.size, one.mode) == (two.size, two.mode)
    return max(ImageStat.Stat(ImageChops.difference(one, two)).mean)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize(("kind", "options"), [("WEBP", {}), ("WEBP", {"lossless": True}), ("AVIF", {})])
def test_it_looks_like_the_picture_reduced_afterwards(kind: str, options: dict[str, bool], mode: str) -> None:
    data = encode(picture(mode), kind, quality=95, **options)
    found = decode(data, identify(data), minimum=50)
    assert found.image.size == (83, 55)
    whole = decode(data, identify(data)).image
    assert found.photo.width == whole.width == 331
    assert difference(found.image, whole.resize((83, 55), Image.Resampling.BOX)) < 5


@pytest.mark.parametrize("kind", ["WEBP", "AVIF"])
def test_the_libraries_are_found_here(kind: str) -> None:
    """Pillow's wheels have them; if this fails, large pictures take four times the memory."""
    image = SHRINK[kind](encode(picture("RGB"), kind), (100, 50), alpha=False)
    assert image is not None
    assert (image.size, image.mode) == ((100, 50), "RGB")


@pytest.mark.parametrize("kind", ["WEBP", "AVIF"])
def test_without_the_libraries_pillow_does_it(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shrunk, f"_{kind.lower()}", lambda: None)
    data = encode(picture("RGB"), kind, quality=95)
    assert webp_features(data) is None
    assert decode(data, identify(data), minimum=50).image.size == (83, 55)


@pytest.mark.parametrize("kind", ["WEBP", "AVIF"])
def test_damaged_ones_are_problems_as_before(kind: str) -> None:
    data = encode(picture("RGB"), kind, quality=95)
    for broken in (data[: len(data) // 2], data[:40], data[:60] + bytes(40) + data[100:]):
        assert SHRINK[kind](broken, (83, 55), alpha=False) is None or len(broken) == len(data)
    with pytest.raises(PhotoError):
        decode(data[: len(data) // 2], identify(data[: len(data) // 2]), minimum=50)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("lossless", [False, True])
def test_of_an_animation_the_first_frame_is_reduced(tmp_path: Path, mode: str, *, lossless: bool) -> None:
    frames = [picture(mode), picture(mode).transpose(Image.Transpose.ROTATE_180)]
    path = tmp_path / "moving.webp"
    frames[0].save(path, save_all=True, append_images=frames[1:], lossless=lossless, quality=95)
    data = path.read_bytes()
    assert webp_features(data) is None
    assert webp_features(webp_still(data)) == (lossless, mode == "RGBA")
    found = decode(data, identify(data), minimum=50)
    assert found.image.size == (83, 55)
    whole = decode(data, identify(data)).image
    assert difference(found.image, whole.resize((83, 55), Image.Resampling.BOX)) < 5


def test_a_first_frame_that_does_not_fill_the_canvas_is_left_to_pillow(tmp_path: Path) -> None:
    path = tmp_path / "moving.webp"
    frames = [picture("RGB"), picture("RGB").transpose(Image.Transpose.ROTATE_180)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    data = bytearray(path.read_bytes())
    at = data.index(b"ANMF") + 8
    data[at : at + 3] = (1).to_bytes(3, "little")  # moved two pixels to the right, beyond the canvas
    assert webp_still(bytes(data)) == data
    still = encode(picture("RGB"), "WEBP")
    assert webp_still(still) == still


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_heif_is_reduced_as_it_lies_upright(orientation: int, mode: str) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener()
    image = picture("RGB").convert(mode)
    data = encode(image, "HEIF", quality=95, exif=exif_block(orientation=orientation))
    whole = decode(data, identify(data))
    found = decode(data, identify(data), minimum=50)
    assert found.photo == whole.photo
    size = tuple(-(-side // 4) for side in whole.image.size)
    assert found.image.size == size
    assert difference(found.image, whole.image.resize(size, Image.Resampling.BOX)) < 5
