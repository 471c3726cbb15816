"""WebP, AVIF and HEIF decoded at a reduced size, without the copies that Pillow makes.

As Pillow calls the libraries it brings along, WebP and AVIF hold four copies of the whole picture: a gigabyte for 50
megapixels. Their own interfaces scale while they decode. Both are called by their public C functions (libwebp's
`decode.h`, libavif's `avif.h`), found through Pillow's modules, whatever the files behind these are called. Where that
does not work, or the picture is nothing ordinary (damaged, say), the answer is None, and Pillow does it. Of an animated
WebP file the first frame is given, as `phototag.media.parts.webp_still` takes it out.
"""

import ctypes
from collections.abc import Callable
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

from phototag.media.pixels import reduced_in_strips, scale_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL import Image

_RGB, _RGBA = 0, 1  # in libwebp's WEBP_CSP_MODE and in libavif's avifRGBFormat
_WEBP_ABI = 0x0209  # only its upper byte has to agree
_WEBP_MIXED = 0  # the format of an animation of both kinds
WEBP_LOSSLESS = 2


class _Features(ctypes.Structure):
    _fields_ = (
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("has_alpha", ctypes.c_int),
        ("has_animation", ctypes.c_int),
        ("format", ctypes.c_int),
        ("pad", ctypes.c_uint32 * 5),
    )


class _Planes(ctypes.Structure):
    """The larger member of the union in WebPDecBuffer, WebPYUVABuffer; WebPRGBABuffer lies at its beginning."""

    _fields_ = (
        ("pixels", ctypes.c_void_p),
        ("stride", ctypes.c_int),
        ("size", ctypes.c_size_t),
        ("rest", ctypes.c_byte * 56),
    )


class _Output(ctypes.Structure):
    _fields_ = (
        ("colorspace", ctypes.c_int),
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("is_external_memory", ctypes.c_int),
        ("planes", _Planes),
        ("pad", ctypes.c_uint32 * 4),
        ("private_memory", ctypes.c_void_p),
    )


class _Options(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int) for name in ("bypass_filtering", "no_fancy_upsampling", "use_cropping")),
        ("crop", ctypes.c_int * 4),
        *((name, ctypes.c_int) for name in ("use_scaling", "scaled_width", "scaled_height")),
        ("rest", ctypes.c_uint32 * 9),
    )


class _WebPConfig(ctypes.Structure):
    _fields_ = (("input", _Features), ("output", _Output), ("options", _Options), ("spare", ctypes.c_byte * 256))


class _AvifRGB(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_uint32) for name in ("width", "height", "depth")),
        ("format", ctypes.c_int),
        ("choices", ctypes.c_int * 7),  # of upsampling, downsampling, alpha, threads
        ("pixels", ctypes.c_void_p),
        ("row_bytes", ctypes.c_uint32),
        ("spare", ctypes.c_byte * 256),
    )


def webp_features(data: bytes) -> tuple[bool, bool] | None:
    """Whether a WebP picture is lossless, and whether it is transparent; None where that can't be told."""
    library = _webp()
    found = _Features()
    if library is None or library.WebPGetFeaturesInternal(data, len(data), ctypes.byref(found), _WEBP_ABI):
        return None
    if found.has_animation or found.format == _WEBP_MIXED:
        return None
    return found.format == WEBP_LOSSLESS, bool(found.has_alpha)


def shrunk_webp(data: bytes, size: tuple[int, int], *, alpha: bool) -> "Image.Image | None":
    """The picture scaled to `size` (width, height) as RGB or RGBA, or None."""
    library = _webp()
    config = _WebPConfig()
    if library is None or not library.WebPInitDecoderConfigInternal(ctypes.byref(config), _WEBP_ABI):
        return None
    pixels, stride = _room(size, alpha=alpha)
    config.options.use_scaling, config.options.scaled_width, config.options.scaled_height = 1, *size
    config.output.colorspace = _RGBA if alpha else _RGB
    config.output.is_external_memory = 1
    config.output.planes.pixels = ctypes.addressof(pixels)
    config.output.planes.stride, config.output.planes.size = stride, len(pixels)
    if library.WebPDecode(data, len(data), ctypes.byref(config)):
        return None
    return _image(pixels, size, alpha=alpha)


def shrunk_avif(data: bytes, size: tuple[int, int], *, alpha: bool) -> "Image.Image | None":
    """The (first) picture scaled to `size` (width, height) as RGB or RGBA, or None."""
    library = _avif()
    if library is None:
        return None
    with _made(library.avifImageCreateEmpty, library.avifImageDestroy) as image:
        with _made(library.avifDecoderCreate, library.avifDecoderDestroy) as decoder:
            if not image or not decoder or library.avifDecoderReadMemory(decoder, image, data, len(data)):
                return None
        if library.avifImageScale(image, *size, ctypes.create_string_buffer(1024)):
            return None
        pixels, stride = _room(size, alpha=alpha)
        target = _AvifRGB()
        library.avifRGBImageSetDefaults(ctypes.byref(target), image)
        if (target.width, target.height) != size:
            return None
        target.depth, target.format = 8, _RGBA if alpha else _RGB
        target.pixels, target.row_bytes = ctypes.addressof(pixels), stride
        if library.avifImageYUVToRGB(image, ctypes.byref(target)):
            return None
    return _image(pixels, size, alpha=alpha)


def shrunk_heif(data: bytes, minimum: tuple[int, int] | None) -> "tuple[Image.Image, tuple[int, int]] | None":
    """The primary picture of a HEIF file, turned as its container says and reduced as `minimum` allows (see
    `decode`), and its full size; or None. Pillow's plugin would copy it in full once more."""
    from PIL import Image
    from pillow_heif import open_heif

    try:
        found = open_heif(data)
        whole = found[found.primary_index]
        pixels: bytes = whole.data
    except (OSError, ValueError, SyntaxError, RuntimeError, EOFError):
        return None  # Pillow says why
    (width, height), mode, stride = whole.size, whole.mode, whole.stride
    if mode not in ("RGB", "RGBA", "L"):
        return None

    def strip(top: int, bottom: int) -> "Image.Image":
        return Image.frombytes(
            mode, (width, bottom - top), pixels[top * stride : bottom * stride], "raw", mode, stride, 1
        )

    return reduced_in_strips(strip, height, scale_for(whole.size, minimum)), whole.size


def _room(size: tuple[int, int], *, alpha: bool) -> "tuple[ctypes.Array[ctypes.c_char], int]":
    stride = size[0] * (4 if alpha else 3)
    return ctypes.create_string_buffer(stride * size[1]), stride


def _image(pixels: "ctypes.Array[ctypes.c_char]", size: tuple[int, int], *, alpha: bool) -> "Image.Image":
    from PIL import Image

    return Image.frombytes("RGBA" if alpha else "RGB", size, pixels.raw)


@contextmanager
def _made(create: Callable[[], int | None], destroy: Callable[[int], None]) -> "Iterator[int | None]":
    thing = create()
    try:
        yield thing
    finally:
        if thing:
            destroy(thing)


@lru_cache(maxsize=1)
def _webp() -> ctypes.CDLL | None:
    library = _library("_webp", ("WebPGetFeaturesInternal", "WebPInitDecoderConfigInternal", "WebPDecode"))
    if library is None:
        return None
    pointer, number = ctypes.c_void_p, ctypes.c_int
    library.WebPGetFeaturesInternal.argtypes = (ctypes.c_char_p, ctypes.c_size_t, pointer, number)
    library.WebPInitDecoderConfigInternal.argtypes = (pointer, number)
    library.WebPDecode.argtypes = (ctypes.c_char_p, ctypes.c_size_t, pointer)
    return library


@lru_cache(maxsize=1)
def _avif() -> ctypes.CDLL | None:
    library = _library(
        "_avif",
        (
            *("avifVersion", "avifImageCreateEmpty", "avifImageDestroy", "avifDecoderCreate", "avifDecoderDestroy"),
            *("avifDecoderReadMemory", "avifImageScale", "avifRGBImageSetDefaults", "avifImageYUVToRGB"),
        ),
    )
    if library is None:
        return None
    library.avifVersion.restype = ctypes.c_char_p
    if not library.avifVersion().startswith(b"1."):
        return None
    pointer, number = ctypes.c_void_p, ctypes.c_uint32
    library.avifImageCreateEmpty.restype = library.avifDecoderCreate.restype = pointer
    library.avifImageDestroy.argtypes = library.avifDecoderDestroy.argtypes = (pointer,)
    library.avifImageDestroy.restype = library.avifDecoderDestroy.restype = None
    library.avifDecoderReadMemory.argtypes = (pointer, pointer, ctypes.c_char_p, ctypes.c_size_t)
    library.avifImageScale.argtypes = (pointer, number, number, pointer)
    library.avifRGBImageSetDefaults.argtypes = (pointer, pointer)
    library.avifRGBImageSetDefaults.restype = None
    library.avifImageYUVToRGB.argtypes = (pointer, pointer)
    return library


def _library(module: str, functions: tuple[str, ...]) -> ctypes.CDLL | None:
    """The library behind one of Pillow's modules; None where it is not to be reached from outside."""
    import importlib

    try:
        path = importlib.import_module(f"PIL.{module}").__file__
        library = ctypes.CDLL(str(path))
        return library if all(hasattr(library, name) for name in functions) else None
    except (ImportError, OSError):
        return None
