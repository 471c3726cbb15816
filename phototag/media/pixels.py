"""Decoded pixels made ready for models: RGB, upright, reduced."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from phototag.media.fault import PhotoError
from phototag.types import Stage

if TYPE_CHECKING:
    from PIL import Image

BACKGROUND = (128, 128, 128)  # behind transparent pixels: black and white lettering both stay visible
STRIP_ROWS = 128  # of a large picture are reduced at once; a multiple of every scale
_SCALES = (8, 4, 2)
_BITS_PER_SAMPLE = 258


def to_rgb(source: "Image.Image", minimum: tuple[int, int] | None) -> "Image.Image":
    """RGB, reduced as soon as its pixels can be averaged: a large picture is never held twice in full."""
    from PIL import Image

    bits = getattr(source, "tag_v2", {}).get(_BITS_PER_SAMPLE, (16,))[0]
    image = _reduce(source, minimum)
    if image.mode in ("I", "F"):
        image = _grey_from_deep(image, bits)
    if image.mode in ("RGBA", "LA"):
        opaque = Image.new("RGB", image.size, BACKGROUND)
        opaque.paste(image.convert("RGB"), mask=image.getchannel("A"))
        return opaque
    return image if image.mode == "RGB" else image.convert("RGB")


def _averageable(image: "Image.Image") -> "Image.Image":
    """The same picture in a mode whose pixels are amounts, not names: no palette, no transparent colour."""
    if image.mode in ("RGBA", "LA"):
        return image
    if image.mode.startswith("I;16"):
        return image.convert("I")
    if image.mode == "LAB":
        return _from_lab(image)
    if image.mode in ("RGBa", "La", "PA") or "transparency" in image.info:
        return image.convert("RGBA")
    return image if image.mode in ("L", "RGB", "CMYK", "I", "F") else image.convert("RGB")


def _grey_from_deep(image: "Image.Image", bits: int) -> "Image.Image":
    """8 bits from more: whole numbers by the range that `bits` have, where they fit; others by what occurs."""
    low, high = _value_range(image, bits)
    if not (math.isfinite(low) and math.isfinite(high)):
        raise PhotoError(Stage.DECODE, "damaged: pixels that are no numbers")
    scale = 255 / (high - low) if high > low else 0.0
    offset = -low * scale
    return image.point(lambda value: value * scale + offset).convert("L")


def _value_range(image: "Image.Image", bits: int) -> tuple[float, float]:
    low, high = (float(value) for value in image.getextrema())  # type: ignore[arg-type]
    if image.mode == "F":
        return (0.0, 1.0) if low >= 0 and 0 < high <= 1 else (low, high)
    full = 2.0**bits - 1 if bits <= 16 else high  # nobody fills 32 bits
    return (0.0, full) if low >= 0 and high <= full else (low, high)


def _from_lab(image: "Image.Image") -> "Image.Image":
    from PIL import ImageCms

    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    turned = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
    if turned is None:
        raise PhotoError(Stage.DECODE, "damaged: its Lab colours can't be read")
    return turned


def _reduce(image: "Image.Image", minimum: tuple[int, int] | None) -> "Image.Image":
    """The picture in a mode that can be averaged, perhaps reduced."""
    scale = scale_for(image.size, minimum)
    if scale == 1:
        return _averageable(image)
    return reduced_in_strips(
        lambda *rows: _averageable(image.crop((0, rows[0], image.width, rows[1]))), image.height, scale
    )


def reduced_in_strips(strip: "Callable[[int, int], Image.Image]", height: int, scale: int) -> "Image.Image":
    """The picture whose rows from one number up to another `strip` gives, reduced to 1/`scale`: copies stay small."""
    from PIL import Image

    strips = [strip(top, min(top + STRIP_ROWS, height)).reduce(scale) for top in range(0, height, STRIP_ROWS)]
    reduced = Image.new(strips[0].mode, (strips[0].width, sum(part.height for part in strips)))
    for number, part in enumerate(strips):
        reduced.paste(part, (0, number * (STRIP_ROWS // scale)))
    return reduced


def scale_for(size: tuple[int, int], minimum: tuple[int, int] | None) -> int:
    """By how much a picture may be reduced so that its (shorter, longer) side keeps `minimum` pixels."""
    if minimum is None:
        return 1
    shorter, longer = max(minimum[0], 1), max(minimum[1], 1)
    return next((by for by in _SCALES if min(size) >= by * shorter and max(size) >= by * longer), 1)


def turn(image: "Image.Image", orientation: int) -> "Image.Image":
    from PIL import Image

    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    return image.transpose(turns[orientation]) if orientation in turns else image


def reduced_size(size: tuple[int, int], scale: int) -> tuple[int, int]:
    """The size of a picture that is reduced to 1/`scale`."""
    return -(-size[0] // scale), -(-size[1] // scale)
