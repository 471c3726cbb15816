"""Coded pictures to pixels: RGB, upright, and no larger than needed."""

import io
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from phototag.media.bounded import TOO_MANY_READS, BoundedFile
from phototag.media.content import Identity
from phototag.media.fault import PhotoError
from phototag.media.formats import Format
from phototag.media.parts import webp_size
from phototag.media.quiet import quiet_warnings
from phototag.types import Photo, Stage

if TYPE_CHECKING:
    from PIL import Image, ImageFile

BASELINE_MEGAPIXELS = 250.0  # baseline JPEG is decoded row by row, at a reduced scale
OTHER_MEGAPIXELS = 120.0  # everything else needs memory for all its pixels at once
BACKGROUND = (128, 128, 128)  # behind transparent pixels: black and white lettering both stay visible

# Bytes that decoding takes at its peak per pixel, all copies that the libraries make included; measured.
_BYTES_PER_PIXEL = {
    Format.PNG: 9,
    Format.WEBP: 17,
    Format.TIFF: 9,
    Format.GIF: 9,
    Format.BMP: 8,
    Format.AVIF: 13,
    Format.HEIF: 13,
}
_COEFFICIENT_BYTES = 6  # per pixel: a progressive JPEG is kept whole, as coefficients of 16 bits

STRIP_ROWS = 512  # of a large picture are reduced at once; a multiple of every scale
_READS = 500_000  # a PNG of 768 MiB in chunks of 8 KiB takes about 400,000
_SCALES = (8, 4, 2)
_TURNED_BY_DECODER = frozenset((Format.TIFF, Format.HEIF))
_BITS_PER_SAMPLE = 258
_NONSENSE = re.compile(r"decoder error|broken data stream|unrecognized data stream")
_NO_HEIF = "HEIC and HEIF photos need an extra: pip install 'phototag[heic]'"
_NO_SENSE = "damaged: its structure makes no sense"
_CUT_OFF = "cut off: the file ends before the picture is complete"
_ENDS_EARLY = re.compile(
    r"truncat|unexpected end|end of file|not enough (image )?data|premature|too short|ran out", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """`image`: RGB and upright, perhaps reduced; `photo`: the facts of the photo at full size."""

    photo: Photo
    image: "Image.Image"


def decode(
    data: bytes,
    identity: Identity,
    *,
    minimum: int | tuple[int, int] | None = None,
    max_megapixels: float | None = None,
    reserve: Callable[[int], None] | None = None,
) -> Decoded:
    """The first picture in `data`, whose `identity` is given.

    With `minimum` the image is reduced to 1/2, 1/4 or 1/8 – the smallest whose (shorter, longer) side has at least as
    many pixels, or both sides for one number; JPEG is decoded at that scale, which is faster. `max_megapixels` replaces
    the limits (250 for baseline JPEG, 120 otherwise), which are checked before any pixel is decoded.

    `reserve` is called before the pixels are decoded, with about how many bytes that takes; it may wait, or raise.

    CMYK, 16-bit, Lab and palette pictures become RGB, transparency is laid on mid-grey, colour profiles are left aside.

    Raises PhotoError (stage decode) for whatever can't be decoded. A picture that ends early is such a problem too:
    models would see grey where the file says nothing, and the results would stay when the copy is repaired unseen.
    """
    with quiet_warnings():
        try:
            least = (minimum, minimum) if isinstance(minimum, int) else minimum
            return _decode(data, identity, least, max_megapixels, reserve)
        except PhotoError:
            raise
        except MemoryError as error:
            raise PhotoError(Stage.DECODE, "not enough memory to decode it") from error
        except Exception as error:  # decoders raise whatever they like on broken data; here it becomes one kind
            raise PhotoError(Stage.DECODE, _reason(error)) from error


def _decode(
    data: bytes,
    identity: Identity,
    minimum: tuple[int, int] | None,
    max_megapixels: float | None,
    reserve: Callable[[int], None] | None,
) -> Decoded:
    if identity.format is Format.WEBP:
        _check_size(webp_size(data), max_megapixels or OTHER_MEGAPIXELS)  # opening one allocates its canvas
    with _opener(identity.format)(BoundedFile(data, reads=_READS)) as source:
        baseline = identity.format is Format.JPEG and "progression" not in source.info
        _check_size(source.size, max_megapixels or (BASELINE_MEGAPIXELS if baseline else OTHER_MEGAPIXELS))
        size = source.size
        if identity.format is Format.JPEG and (scale := _scale(size, minimum)) > 1:
            source.draft(None, (size[0] // scale, size[1] // scale))
        if reserve is not None:
            reserve(_peak(identity.format, size, source.size, baseline=baseline))
        source.load()
        turned = identity.format in _TURNED_BY_DECODER
        if turned:
            size = source.size
        image = _to_rgb(source, None if identity.format is Format.JPEG else minimum)
    if not turned:
        image = _turn(image, identity.orientation)
        size = size if identity.orientation < 5 else (size[1], size[0])
    return Decoded(Photo(identity.content, *size, identity.orientation, identity.format.value), image)


def _opener(kind: Format) -> Callable[[io.BytesIO], "ImageFile.ImageFile"]:
    """The one decoder for a format. `Image.open` would try others, load every plugin and apply its own size limit."""
    from PIL import (
        AvifImagePlugin,
        BmpImagePlugin,
        GifImagePlugin,
        JpegImagePlugin,
        PngImagePlugin,
        TiffImagePlugin,
        WebPImagePlugin,
    )

    if kind is Format.HEIF:
        return _heif_opener()
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # photos are decoded side by side, one in a process
    return {
        Format.JPEG: JpegImagePlugin.JpegImageFile,
        Format.PNG: PngImagePlugin.PngImageFile,
        Format.WEBP: WebPImagePlugin.WebPImageFile,
        Format.TIFF: TiffImagePlugin.TiffImageFile,
        Format.GIF: GifImagePlugin.GifImageFile,
        Format.BMP: BmpImagePlugin.BmpImageFile,
        Format.AVIF: AvifImagePlugin.AvifImageFile,
    }[kind]


def _heif_opener() -> Callable[[io.BytesIO], "ImageFile.ImageFile"]:
    try:
        from pillow_heif import HeifImageFile, options
    except ImportError as error:
        raise PhotoError(Stage.DECODE, _NO_HEIF) from error
    options.DECODE_THREADS = 1
    opener: Callable[[io.BytesIO], ImageFile.ImageFile] = HeifImageFile
    return opener


def _check_size(size: tuple[int, int], limit: float) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise PhotoError(Stage.DECODE, "damaged: the picture has no pixels")
    megapixels = width * height / 1e6
    if megapixels > limit:
        raise PhotoError(
            Stage.DECODE,
            f"too large: {width} x {height} is {megapixels:,.0f} megapixels, the limit is {limit:g} (--max-megapixels)",
        )


def _peak(kind: Format, full: tuple[int, int], scaled: tuple[int, int], *, baseline: bool) -> int:
    """About how many bytes decoding takes: of a picture of `full` pixels, reduced by the decoder to `scaled`."""
    pixels, kept = full[0] * full[1], scaled[0] * scaled[1]
    if kind is Format.JPEG:
        return kept * 8 + (0 if baseline else pixels * _COEFFICIENT_BYTES)
    return pixels * _BYTES_PER_PIXEL[kind]


def _to_rgb(source: "Image.Image", minimum: tuple[int, int] | None) -> "Image.Image":
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
    """The picture in a mode that can be averaged, perhaps reduced: strip by strip, so that its copies are small."""
    from PIL import Image

    scale = _scale(image.size, minimum)
    if scale == 1:
        return _averageable(image)
    width, height = image.size
    strips = [
        _averageable(image.crop((0, top, width, min(top + STRIP_ROWS, height)))).reduce(scale)
        for top in range(0, height, STRIP_ROWS)
    ]
    reduced = Image.new(strips[0].mode, (strips[0].width, sum(strip.height for strip in strips)))
    for number, strip in enumerate(strips):
        reduced.paste(strip, (0, number * (STRIP_ROWS // scale)))
    return reduced


def _scale(size: tuple[int, int], minimum: tuple[int, int] | None) -> int:
    """By how much a picture may be reduced so that its (shorter, longer) side keeps `minimum` pixels."""
    if minimum is None:
        return 1
    shorter, longer = max(minimum[0], 1), max(minimum[1], 1)
    return next((by for by in _SCALES if min(size) >= by * shorter and max(size) >= by * longer), 1)


def _turn(image: "Image.Image", orientation: int) -> "Image.Image":
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


def _reason(error: Exception) -> str:
    text = str(error).strip()
    if TOO_MANY_READS in text:
        return _NO_SENSE
    if isinstance(error, EOFError) or _ENDS_EARLY.search(text):
        return _CUT_OFF
    if _NONSENSE.search(text):
        return "damaged: its coded pixels make no sense"
    if text == "not identified by this driver":  # what Pillow says of a picture without pixels or colours
        return "damaged: the picture has no pixels"
    if isinstance(error, RecursionError | OverflowError | KeyError | IndexError | TypeError | AttributeError):
        return _NO_SENSE
    return f"can't be decoded: {text}" if text else "can't be decoded"
