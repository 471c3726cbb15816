"""What a photo is: a hash of its coded picture and its orientation, whatever metadata stands beside them."""

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass

from phototag.media import tiff
from phototag.media.formats import Format, sniff
from phototag.media.isobmff import split_heif
from phototag.media.parts import Parts, split_jpeg, split_png, split_webp

CONTENT_BYTES = 20

_SPLITTERS: dict[Format, Callable[[bytes], Parts]] = {
    Format.JPEG: split_jpeg,
    Format.PNG: split_png,
    Format.WEBP: split_webp,
    Format.TIFF: tiff.split_tiff,
    Format.AVIF: split_heif,
    Format.HEIF: split_heif,
}


@dataclass(frozen=True, slots=True)
class Identity:
    """What `identify` found.

    `content`: 20 bytes; equal for two files if and only if they hold the same coded picture, turned the same way.
    `orientation`: 1..8 as EXIF counts. `exif` (a TIFF block), `xmp` (a packet), `iptc` (datasets) and `extended` (a
    JPEG's second XMP packet) are empty where there is none.
    """

    content: bytes
    format: Format
    orientation: int
    exif: bytes
    xmp: bytes
    iptc: bytes = b""
    extended: bytes = b""


def identify(data: bytes) -> Identity:
    """The identity of the picture in `data`, the bytes of a whole file; takes time linear in its length.

    JPEG: every segment but APPn and COM, up to the end of the first image. PNG and WebP: the chunks of the picture and
    its animation. TIFF: strips or tiles of every page and the tags that give them meaning. HEIF and AVIF: image items
    with their properties, ICC profile aside. GIF, BMP and files whose structure is broken: the whole file.

    The hash is the first 160 bits of SHA-256: with the SHA instructions that processors have had since about 2017
    it is twice as fast as BLAKE2b (1.8 against 0.9 GB/s), and a file takes less than a tenth of its decoding.

    Raises PhotoError (stage decode) when `data` is no picture.
    """
    kind = sniff(data)
    parts = _split(data, kind)
    orientation = tiff.orientation(parts.exif) if parts.turn is None else parts.turn
    digest = hashlib.sha256(kind.value.encode(), usedforsecurity=False)
    for piece in parts.coded:
        digest.update(piece)
    digest.update(bytes((orientation,)))
    content = digest.digest()[:CONTENT_BYTES]
    return Identity(content, kind, orientation, parts.exif, parts.xmp, parts.iptc, parts.extended)


def _split(data: bytes, kind: Format) -> Parts:
    splitter = _SPLITTERS.get(kind)
    if splitter is not None:
        try:
            return splitter(data)
        except (ValueError, IndexError, OverflowError, struct.error):  # MalformedError is a ValueError
            pass
    return Parts((data,))
