"""Coded pictures to pixels: RGB, upright, and no larger than needed."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from phototag.media.bounded import TOO_MANY_READS, BoundedFile
from phototag.media.content import Identity
from phototag.media.fault import PhotoError
from phototag.media.formats import Format
from phototag.media.parts import webp_size, webp_still
from phototag.media.pixels import reduced_size, scale_for, to_rgb, turn
from phototag.media.quiet import quiet_warnings
from phototag.media.shrunk import shrunk_avif, shrunk_heif, shrunk_webp, webp_features
from phototag.types import Photo, Stage

if TYPE_CHECKING:
    from PIL import Image, ImageFile

BASELINE_MEGAPIXELS = 250.0  # baseline JPEG is decoded row by row, at a reduced scale
OTHER_MEGAPIXELS = 120.0  # everything else needs memory for all its pixels at once

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
_REDUCED_BYTES_PER_PIXEL = {Format.PNG: 5, Format.TIFF: 6, Format.BMP: 5}  # where only strips are copied
_WEBP_BYTES, _WEBP_LOSSLESS_BYTES, _AVIF_BYTES, _HEIF_BYTES = 2, 5, 8, 9  # where the decoder itself reduces
_COEFFICIENT_BYTES = 6  # per pixel: a progressive JPEG is kept whole, as coefficients of 16 bits

_READS = 500_000  # a PNG of 768 MiB in chunks of 8 KiB takes about 400,000
_TURNED_BY_DECODER = frozenset((Format.TIFF, Format.HEIF))
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
            return _decode(data, identity, _Order(least, max_megapixels, reserve))
        except PhotoError:
            raise
        except MemoryError as error:
            raise PhotoError(Stage.DECODE, "not enough memory to decode it") from error
        except Exception as error:  # decoders raise whatever they like on broken data; here it becomes one kind
            raise PhotoError(Stage.DECODE, _reason(error)) from error


@dataclass(frozen=True, slots=True)
class _Order:
    """What the caller of `decode` asked for."""

    minimum: tuple[int, int] | None
    max_megapixels: float | None
    reserve: Callable[[int], None] | None

    def check(self, size: tuple[int, int], *, baseline: bool = False) -> None:
        """Raises PhotoError for a picture that is too large."""
        _check_size(size, self.max_megapixels or (BASELINE_MEGAPIXELS if baseline else OTHER_MEGAPIXELS))

    def hold(self, size: int) -> None:
        """Say that so many bytes are needed now."""
        if self.reserve is not None:
            self.reserve(size)


def _decode(data: bytes, identity: Identity, order: _Order) -> Decoded:
    kind = identity.format
    if kind is Format.WEBP:
        size = webp_size(data)
        order.check(size)  # opening one allocates its canvas
        image = _webp(data, size, order)
        if image is not None:
            return _decoded(identity, to_rgb(image, None), size)
    with _opener(kind)(BoundedFile(data, reads=_READS)) as source:
        size = source.size
        baseline = kind is Format.JPEG and "progression" not in source.info
        order.check(size, baseline=baseline)
        if kind is Format.HEIF and (found := _heif(data, size, order)) is not None:
            image, size = found
            return _decoded(identity, to_rgb(image, None), size)
        image = _avif(data, source, order) if kind is Format.AVIF else None
        image = _whole(source, kind, order, baseline=baseline) if image is None else to_rgb(image, None)
        return _decoded(identity, image, source.size if kind in _TURNED_BY_DECODER else size)


def _whole(source: "ImageFile.ImageFile", kind: Format, order: _Order, *, baseline: bool) -> "Image.Image":
    """The picture as Pillow decodes it, reduced by JPEG's decoder or afterwards."""
    size, minimum = source.size, order.minimum
    if kind is Format.JPEG:
        if (scale := scale_for(size, minimum)) > 1:
            source.draft(None, (size[0] // scale, size[1] // scale))
        minimum = None  # a decoder that rounds up leaves nothing to reduce
    order.hold(_peak(kind, size, source.size, reduced=scale_for(size, minimum) > 1, baseline=baseline))
    source.load()
    return to_rgb(source, minimum)


def _decoded(identity: Identity, image: "Image.Image", size: tuple[int, int]) -> Decoded:
    """The picture turned upright; `size` is its full one."""
    if identity.format not in _TURNED_BY_DECODER:
        image = turn(image, identity.orientation)
        size = size if identity.orientation < 5 else (size[1], size[0])
    return Decoded(Photo(identity.content, *size, identity.orientation, identity.format.value), image)


def _webp(data: bytes, size: tuple[int, int], order: _Order) -> "Image.Image | None":
    """The picture reduced by its decoder; None where it is not to be reduced, or that can't be done."""
    scale = scale_for(size, order.minimum)
    if scale == 1:
        return None
    data = webp_still(data)
    features = webp_features(data)
    if features is None:
        return None
    lossless, alpha = features
    order.hold(size[0] * size[1] * (_WEBP_LOSSLESS_BYTES if lossless else _WEBP_BYTES))
    return shrunk_webp(data, reduced_size(size, scale), alpha=alpha)


def _avif(data: bytes, source: "ImageFile.ImageFile", order: _Order) -> "Image.Image | None":
    """As `_webp`, for an AVIF file that Pillow has opened."""
    scale = scale_for(source.size, order.minimum)
    if scale == 1 or getattr(source, "n_frames", 1) > 1 or source.mode not in ("RGB", "RGBA"):
        return None
    order.hold(source.width * source.height * _AVIF_BYTES)
    return shrunk_avif(data, reduced_size(source.size, scale), alpha=source.mode == "RGBA")


def _heif(data: bytes, size: tuple[int, int], order: _Order) -> "tuple[Image.Image, tuple[int, int]] | None":
    """As `_webp`, for a HEIF file; with its full size, which turning it may change."""
    if scale_for(size, order.minimum) == 1:
        return None
    order.hold(size[0] * size[1] * _HEIF_BYTES)
    return shrunk_heif(data, order.minimum)


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


def _peak(kind: Format, full: tuple[int, int], scaled: tuple[int, int], *, reduced: bool, baseline: bool) -> int:
    """About how many bytes decoding takes: of a picture of `full` pixels, reduced by the decoder to `scaled`, or
    afterwards."""
    pixels, kept = full[0] * full[1], scaled[0] * scaled[1]
    if kind is Format.JPEG:
        return kept * 8 + (0 if baseline else pixels * _COEFFICIENT_BYTES)
    whole = _BYTES_PER_PIXEL[kind]
    return pixels * (_REDUCED_BYTES_PER_PIXEL.get(kind, whole) if reduced else whole)


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
