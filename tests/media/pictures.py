"""Small photos made on the spot."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

EXIF_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF")


def gradient(width: int = 48, height: int = 32, mode: str = "RGB") -> Image.Image:
    """A picture whose four corners all differ: red grows to the right, green downwards, blue is constant."""
    red = Image.linear_gradient("L").rotate(90).resize((width, height))
    green = Image.linear_gradient("L").resize((width, height))
    return Image.merge("RGB", (red, green, Image.new("L", (width, height), 90))).convert(mode)


def encode(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def exif_block(*, orientation: int | None = None, **tags: str) -> bytes:
    """An EXIF block as `save(exif=...)` takes it; `tags` are names of the EXIF directory."""
    from PIL import ExifTags

    exif = Image.Exif()
    if orientation is not None:
        exif[ExifTags.Base.Orientation] = orientation
    inner = {ExifTags.Base[name].value: value for name, value in tags.items()}
    if inner:
        exif[ExifTags.IFD.Exif] = inner
    return exif.tobytes()


def jpeg_segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
