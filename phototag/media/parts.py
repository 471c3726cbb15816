"""Files taken apart: the bytes that are the picture, and the metadata beside them."""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

_MARKER = re.compile(rb"\xff[^\x00\xff]")
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # in coded data FF 00 is a byte and FF D0..D7 a restart
_SOI, _EOI, _SOS, _APP1, _APP13, _COM = 0xD8, 0xD9, 0xDA, 0xE1, 0xED, 0xFE
_BARE = frozenset((0x01, _SOI, *range(0xD0, 0xD8)))  # markers without a length
_APPLICATION = range(0xE0, 0xF0)
_EXIF = b"Exif\0"
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
_EXTENSION_NAME = re.compile(rb"HasExtendedXMP\s*(?:=\s*[\"']|>)\s*([0-9A-Fa-f]{32})")
_PHOTOSHOP = b"Photoshop 3.0\0"
_RESOURCE, _IPTC = b"8BIM", 0x0404

_PNG_PICTURE = frozenset((b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"acTL", b"fcTL", b"fdAT"))
_PNG_XMP = b"XML:com.adobe.xmp\0"
_WEBP_PICTURE = frozenset((b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF"))

_MAX_PARTS = 1_000_000
_MAX_GAP = 1 << 16
_MAX_XMP = 1 << 22


class MalformedError(ValueError):
    """The structure of the file is broken; what is left is the file as a whole."""


@dataclass(frozen=True, slots=True)
class Parts:
    """`coded`: the pieces of the file that make the picture, in order; `exif`: a TIFF block; `xmp`: an XMP packet;
    `iptc`: IPTC-IIM datasets; `extended`: the second XMP packet that a JPEG has when one segment is too short.

    `turn` is the orientation (1..8) where the container itself states it (HEIF, AVIF); None: EXIF says.
    """

    coded: tuple[bytes | memoryview, ...]
    exif: bytes = b""
    xmp: bytes = b""
    turn: int | None = None
    iptc: bytes = b""
    extended: bytes = b""


def split_jpeg(data: bytes) -> Parts:
    """Every segment but APPn and COM, up to the end of the (first) image. Raises MalformedError."""
    view = memoryview(data)
    coded: list[memoryview] = []
    exif = xmp = photoshop = b""
    extensions: list[memoryview] = []
    scans = 0
    for marker, start, end in _segments(data):
        if marker == _APP1:
            body = data[start + 4 : end]
            if body.startswith(_EXIF) and not exif:
                exif = body[6:]
            elif body.startswith(_XMP) and not xmp:
                xmp = body[len(_XMP) :]
            elif body.startswith(_XMP_EXTENSION):
                extensions.append(view[start + 4 + len(_XMP_EXTENSION) : end])
        elif marker == _APP13 and data.startswith(_PHOTOSHOP, start + 4):
            photoshop += data[start + 4 + len(_PHOTOSHOP) : end]  # a long block goes on in the next segment
        elif marker not in _APPLICATION and marker != _COM:
            coded.append(view[start:end])
            scans += marker == _SOS
    if not scans:
        raise MalformedError("no picture in this JPEG")
    return Parts(tuple(coded), exif, xmp, iptc=photoshop_iptc(photoshop), extended=_extended_xmp(xmp, extensions))


def _extended_xmp(main: bytes, extensions: list[memoryview]) -> bytes:
    """What the main packet names of XMP part 3, 1.1.3.1: each piece has a name of 32 letters, the length of the whole,
    an offset in it, and text. They may stand in any order; the text ends where a piece is missing.
    """
    named = _EXTENSION_NAME.search(main) if extensions else None
    if named is None:
        return b""
    pieces = [piece for piece in extensions if bytes(piece[:32]).upper() == named[1].upper() and len(piece) > 40]
    whole = bytearray()
    for piece in sorted(pieces, key=lambda piece: bytes(piece[36:40])):
        size, offset = int.from_bytes(piece[32:36], "big"), int.from_bytes(piece[36:40], "big")
        if offset > len(whole):
            break
        room = max(min(size, _MAX_XMP) - len(whole), 0)
        whole += piece[40 + len(whole) - offset :][:room]
    return bytes(whole)


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, start, end) of each segment; that of a scan reaches to the next marker."""
    at = 2
    for _ in range(_MAX_PARTS):
        found = _MARKER.search(data, at)
        if found is None or data[found.end() - 1] == _EOI:
            return
        start, marker = found.start(), data[found.end() - 1]
        if start - at > _MAX_GAP:
            raise MalformedError("no picture in this JPEG")
        at = start + 2
        if marker in _BARE:
            continue
        at += max(int.from_bytes(data[at : at + 2], "big"), 2)
        if marker == _SOS:
            found = _AFTER_SCAN.search(data, at)
            at = found.start() if found else len(data)
        yield marker, start, min(at, len(data))
    raise MalformedError("too many segments")


def photoshop_iptc(block: bytes) -> bytes:
    """The IPTC datasets in a block of Photoshop's image resources; empty if there are none."""
    at = 0
    while block[at : at + 4] == _RESOURCE and at + 12 <= len(block):
        kind = int.from_bytes(block[at + 4 : at + 6], "big")
        name = 1 + block[at + 6]
        at += 6 + name + name % 2
        size = int.from_bytes(block[at : at + 4], "big")
        if kind == _IPTC:
            return block[at + 4 : at + 4 + size]
        at += 4 + size + size % 2
    return b""


def split_png(data: bytes) -> Parts:
    """The chunks that make the picture, animation included. Raises MalformedError."""
    view = memoryview(data)
    coded: list[memoryview] = []
    exif = xmp = b""
    at = 8
    pixels = False
    for _ in range(_MAX_PARTS):
        kind = data[at + 4 : at + 8]
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        if len(kind) < 4 or kind == b"IEND":
            break
        if kind in _PNG_PICTURE:
            coded.append(view[at + 4 : end])
            pixels = pixels or kind == b"IDAT"
        elif kind == b"eXIf":
            exif = data[at + 8 : end].removeprefix(b"Exif\0\0")
        elif kind == b"iTXt" and data.startswith(_PNG_XMP, at + 8):
            xmp = _png_text(data[at + 8 + len(_PNG_XMP) : end])
        at = end + 4
    else:
        raise MalformedError("too many chunks")
    if not pixels:
        raise MalformedError("no picture in this PNG")
    return Parts(tuple(coded), exif, xmp)


def _png_text(body: bytes) -> bytes:
    """The text of an iTXt chunk after its keyword: two flags, language, translated keyword, text."""
    fields = body[2:].split(b"\0", 2)
    if len(fields) < 3:
        return b""
    if body[:1] != b"\x01":
        return fields[2]
    try:
        return zlib.decompressobj().decompress(fields[2], _MAX_XMP)
    except zlib.error:
        return b""


def split_webp(data: bytes) -> Parts:
    """The chunks that make the picture, animation included. Raises MalformedError."""
    view = memoryview(data)
    coded: list[memoryview] = []
    exif = xmp = b""
    at = 12
    for _ in range(_MAX_PARTS):
        kind = data[at : at + 4]
        end = at + 8 + int.from_bytes(data[at + 4 : at + 8], "little")
        if len(kind) < 4:
            break
        if kind in _WEBP_PICTURE:
            coded.append(view[at:end])
        elif kind == b"EXIF":
            exif = data[at + 8 : end].removeprefix(b"Exif\0\0")
        elif kind == b"XMP ":
            xmp = data[at + 8 : end]
        at = end + (end & 1)
    else:
        raise MalformedError("too many chunks")
    if not coded:
        raise MalformedError("no picture in this WebP")
    return Parts(tuple(coded), exif, xmp)


def webp_size(data: bytes) -> tuple[int, int]:
    """Width and height from the header of a WebP file; (0, 0) if it has none."""
    kind = data[12:16]
    if kind == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
    return 0, 0


def webp_still(data: bytes) -> bytes:
    """The first frame of an animated WebP file as a file of its own; the data as they are where there is none, or where
    it does not fill the canvas."""
    at = 12
    for _ in range(_MAX_PARTS):
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if kind == b"ANMF" or len(kind) < 4:
            break
        at += 8 + size + (size & 1)
    header, frame = data[at + 8 : at + 24], data[at + 24 : at + 8 + size]
    whole = bytes(6) + b"".join((side - 1).to_bytes(3, "little") for side in webp_size(data) if side)
    if kind != b"ANMF" or header[:12] != whole:
        return data
    if frame[:4] == b"ALPH":  # transparency beside the picture has to be announced
        frame = b"VP8X" + (10).to_bytes(4, "little") + b"\x10\0\0\0" + whole[6:] + frame
    return b"RIFF" + (4 + len(frame)).to_bytes(4, "little") + b"WEBP" + frame
