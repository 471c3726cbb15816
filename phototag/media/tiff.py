"""As much of TIFF as it takes to find the pixels of a TIFF file and the orientation in an EXIF block.

Source: TIFF 6.0 (Adobe, 1992) and the BigTIFF design (Aware Systems).
"""

import struct
from dataclasses import dataclass

from phototag.media.parts import MalformedError, Parts, photoshop_iptc

_TYPE_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_INTEGERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_ORIENTATION, _XMP, _IPTC, _PHOTOSHOP = 274, 700, 33723, 34377
_PIXELS = ((273, 279), (324, 325), (513, 514))  # offsets and lengths: of strips, of tiles, of an old-style JPEG
_MEANING = (  # what the pixels mean: size, depth, compression, colours, layout
    *(256, 257, 258, 259, 262, 266, 277, 278, 284, 292, 293, 301, 317, 318, 319, 320, 322, 323, 332, 333, 334, 338),
    *(339, 340, 341, 347, 512, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532),
)
_MAX_ENTRIES = 4096
_MAX_PAGES = 4096


@dataclass(frozen=True, slots=True)
class _Field:
    kind: int
    raw: memoryview


def orientation(block: bytes) -> int:
    """The EXIF orientation (1..8) in the first directory of a TIFF block; 1 if there is none or it is nonsense."""
    try:
        reader = _Reader(block)
        fields, _ = reader.directory(reader.first)
        values = reader.integers(fields.get(_ORIENTATION))
    except (ValueError, struct.error):
        return 1
    return values[0] if values and 1 <= values[0] <= 8 else 1


def split_tiff(data: bytes) -> Parts:
    """Strips or tiles of every page with the tags that give them meaning. Raises MalformedError."""
    reader = _Reader(data)
    coded: list[bytes | memoryview] = []
    xmp = iptc = b""
    seen: set[int] = set()
    at = reader.first
    budget = len(data)
    while at and at not in seen and len(seen) < _MAX_PAGES:
        seen.add(at)
        fields, at = reader.directory(at)
        for tag in _MEANING:
            if tag in fields:
                coded += (struct.pack(">HH", tag, fields[tag].kind), fields[tag].raw)
        pixels = reader.pixels(fields)
        budget -= sum(map(len, pixels))
        if budget < 0:
            raise MalformedError("strips overlap")
        coded += pixels
        if _XMP in fields and not xmp:
            xmp = bytes(fields[_XMP].raw)
        if _IPTC in fields and not iptc:
            iptc = bytes(fields[_IPTC].raw)
        elif _PHOTOSHOP in fields and not iptc:
            iptc = photoshop_iptc(bytes(fields[_PHOTOSHOP].raw))
    return Parts(tuple(coded), data, xmp, iptc=iptc)


class _Reader:
    """Directories of one TIFF block; `first` is the offset of the first."""

    def __init__(self, data: bytes) -> None:
        self._view = memoryview(data)
        self._order = {b"II": "<", b"MM": ">"}.get(data[:2], "")
        if not self._order or len(data) < 8:
            raise MalformedError("no TIFF header")
        self._big = self._unpack("H", 2) == 43
        self.first = self._unpack("Q", 8) if self._big else self._unpack("I", 4)

    def directory(self, at: int) -> tuple[dict[int, _Field], int]:
        """The fields of the directory at `at` by tag, and the offset of the next directory."""
        head, entry, word = ("Q", 20, "Q") if self._big else ("H", 12, "I")
        count = self._unpack(head, at)
        if count > _MAX_ENTRIES:
            raise MalformedError("a directory of absurd length")
        at += struct.calcsize("<" + head)
        fields: dict[int, _Field] = {}
        inline = struct.calcsize("<" + word)
        for start in range(at, at + count * entry, entry):
            tag, kind = struct.unpack_from(self._order + "HH", self._view, start)
            size = self._unpack(word, start + 4) * _TYPE_SIZES.get(kind, 1)
            place = start + 4 + inline if size <= inline else self._unpack(word, start + 4 + inline)
            if place + size <= len(self._view):
                fields[tag] = _Field(kind, self._view[place : place + size])
        return fields, self._next(at + count * entry, word)

    def pixels(self, fields: dict[int, _Field]) -> list[memoryview]:
        """The coded pixels of a page, in order."""
        found: list[memoryview] = []
        for where, length in _PIXELS:
            offsets, lengths = self.integers(fields.get(where)), self.integers(fields.get(length))
            if len(offsets) != len(lengths):
                raise MalformedError("strips without lengths")
            for start, size in zip(offsets, lengths, strict=True):
                if start + size > len(self._view):
                    raise MalformedError("strips beyond the end of the file")
                found.append(self._view[start : start + size])
        if not found:
            raise MalformedError("a page without pixels")
        return found

    def integers(self, field: _Field | None) -> tuple[int, ...]:
        """The values of an integer field; empty for no field and for other types."""
        if field is None or field.kind not in _INTEGERS:
            return ()
        code = _INTEGERS[field.kind]
        return struct.unpack(f"{self._order}{len(field.raw) // struct.calcsize('<' + code)}{code}", field.raw)

    def _next(self, at: int, word: str) -> int:
        try:
            return self._unpack(word, at)
        except struct.error:  # an EXIF block that ends with its last entry
            return 0

    def _unpack(self, code: str, at: int) -> int:
        value: int = struct.unpack_from(self._order + code, self._view, at)[0]
        return value
