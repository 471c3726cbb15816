"""As much of the ISO base media format as it takes to find the pictures inside a HEIF or AVIF file.

Source: ISO/IEC 14496-12 (boxes, item location) and ISO/IEC 23008-12 (image items and their properties).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from phototag.media.parts import MalformedError, Parts

_NO_PICTURE = frozenset((b"Exif", b"mime", b"uri "))
_LINKS = frozenset((b"dimg", b"auxl", b"prem"))
_MAX_ITEMS = 100_000
_XMP_TYPE = b"application/rdf+xml"
# (quarter turns anticlockwise, mirror axis or None) → EXIF orientation; the mirror comes after the turn
_ORIENTATIONS = {
    (0, None): 1, (0, 1): 2, (0, 0): 4,
    (1, None): 8, (1, 1): 7, (1, 0): 5,
    (2, None): 3, (2, 1): 4, (2, 0): 2,
    (3, None): 6, (3, 1): 5, (3, 0): 7,
}  # fmt: skip


@dataclass(slots=True)
class _Meta:
    """What the `meta` box says: items by id."""

    primary: int = 0
    kinds: dict[int, bytes] = field(default_factory=dict)
    content_types: dict[int, bytes] = field(default_factory=dict)
    places: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)  # method, offset, length (0: the rest)
    properties: list[tuple[bytes, memoryview]] = field(default_factory=list)
    owned: dict[int, list[int]] = field(default_factory=dict)
    links: list[memoryview] = field(default_factory=list)
    idat: memoryview = field(default_factory=lambda: memoryview(b""))


def split_heif(data: bytes) -> Parts:
    """The image items with their properties, in the order of their ids. Raises MalformedError."""
    view = memoryview(data)
    for kind, body in _boxes(view):
        if kind == b"meta":
            meta = _read_meta(body[4:])
            break
    else:
        raise MalformedError("no items in this file")
    coded: list[bytes | memoryview] = [struct.pack(">I", meta.primary)]
    exif = xmp = b""
    budget = len(data)
    for item, kind in sorted(meta.kinds.items()):
        if kind == b"Exif" and not exif:
            block = _text(view, meta, item)
            exif = block[4 + int.from_bytes(block[:4], "big") :]
        elif kind == b"mime" and not xmp and meta.content_types.get(item) == _XMP_TYPE:
            xmp = _text(view, meta, item)
        if kind in _NO_PICTURE:
            continue
        pieces = _pieces(view, meta, item)
        budget -= sum(map(len, pieces))
        if budget < 0:
            raise MalformedError("items overlap")
        coded += (struct.pack(">I4s", item, kind), *_meaning(meta, item), *pieces)
    if not any(kind not in _NO_PICTURE for kind in meta.kinds.values()):
        raise MalformedError("no picture in this file")
    return Parts((*coded, *meta.links), exif, xmp, _orientation(meta))


def _boxes(view: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """(type, body) of each box, as far as they are whole."""
    at = 0
    for _ in range(_MAX_ITEMS):
        if at + 8 > len(view):
            return
        size, kind = struct.unpack_from(">I4s", view, at)
        head = 8
        if size == 1:
            size, head = struct.unpack_from(">Q", view, at + 8)[0], 16
        end = at + size if size else len(view)
        if size and size < head:
            raise MalformedError("a box shorter than its header")
        yield kind, view[at + head : end]
        at = end


def _read_meta(body: memoryview) -> _Meta:
    meta = _Meta()
    for kind, inner in _boxes(body):
        if kind == b"pitm":
            meta.primary = int.from_bytes(inner[4 : 8 if inner[0] else 6], "big")
        elif kind == b"iinf":
            _read_items(inner, meta)
        elif kind == b"iloc":
            _read_places(inner, meta)
        elif kind == b"iprp":
            _read_properties(inner, meta)
        elif kind == b"iref":
            meta.links = [link for link_kind, link in _boxes(inner[4:]) if link_kind in _LINKS]
        elif kind == b"idat":
            meta.idat = inner
    return meta


def _read_items(body: memoryview, meta: _Meta) -> None:
    for kind, entry in _boxes(body[8 if body[0] else 6 :]):
        if kind != b"infe" or entry[0] < 2:
            continue
        wide = entry[0] > 2
        item = int.from_bytes(entry[4 : 8 if wide else 6], "big")
        start = 10 if wide else 8
        meta.kinds[item] = bytes(entry[start : start + 4])
        if meta.kinds[item] == b"mime":
            strings = bytes(entry[start + 4 :]).split(b"\0")
            meta.content_types[item] = strings[1] if len(strings) > 1 else b""


def _read_places(body: memoryview, meta: _Meta) -> None:
    cursor = _Cursor(body)
    version = cursor.take(1)
    cursor.take(3)
    sizes = cursor.take(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    for _ in range(cursor.take(2 if version < 2 else 4)):
        item = cursor.take(2 if version < 2 else 4)
        method = cursor.take(2) & 15 if version else 0
        cursor.take(2)
        base = cursor.take(base_size)
        places = meta.places.setdefault(item, [])
        for _ in range(cursor.take(2)):
            cursor.take(index_size)
            offset = cursor.take(offset_size)
            places.append((method, base + offset, cursor.take(length_size)))


def _read_properties(body: memoryview, meta: _Meta) -> None:
    for kind, inner in _boxes(body):
        if kind == b"ipco":
            meta.properties = [*_boxes(inner)]
        elif kind == b"ipma":
            cursor = _Cursor(inner)
            version, flags = cursor.take(1), cursor.take(3)
            for _ in range(cursor.take(4)):
                item = cursor.take(4 if version else 2)
                owned = meta.owned.setdefault(item, [])
                for _ in range(cursor.take(1)):
                    index = cursor.take(2) & 0x7FFF if flags & 1 else cursor.take(1) & 0x7F
                    owned.append(index - 1)


class _Cursor:
    """Big-endian numbers one after the other. Raises MalformedError at the end."""

    def __init__(self, view: memoryview) -> None:
        self._view = view
        self._at = 0

    def take(self, size: int) -> int:
        start, self._at = self._at, self._at + size
        if self._at > len(self._view):
            raise MalformedError("a table that ends early")
        return int.from_bytes(self._view[start : self._at], "big")


def _pieces(view: memoryview, meta: _Meta, item: int) -> list[memoryview]:
    pieces: list[memoryview] = []
    for method, offset, length in meta.places.get(item, ()):
        if method > 1:
            raise MalformedError("an item built from items")
        source = meta.idat if method else view
        end = offset + length if length else len(source)
        if end > len(source):
            raise MalformedError("an item beyond the end of the file")
        pieces.append(source[offset:end])
    return pieces


def _text(view: memoryview, meta: _Meta, item: int) -> bytes:
    """The bytes of a metadata item. Length 0 is no text here: that is how exiftool leaves an item it has emptied."""
    places = meta.places.get(item, ())
    return b"".join(view[offset : offset + length] for method, offset, length in places if not method)


def _owned(meta: _Meta, item: int) -> Iterator[tuple[bytes, memoryview]]:
    for index in meta.owned.get(item, ()):
        if 0 <= index < len(meta.properties):
            yield meta.properties[index]


def _meaning(meta: _Meta, item: int) -> Iterator[bytes | memoryview]:
    """The properties of an item but its ICC profile, which metadata tools write as they do in a JPEG."""
    for kind, body in _owned(meta, item):
        if kind != b"colr" or bytes(body[:4]) == b"nclx":
            yield kind
            yield body


def _orientation(meta: _Meta) -> int:
    turns, mirror = 0, None
    for kind, body in _owned(meta, meta.primary):
        if kind == b"irot" and body:
            turns = body[0] & 3
        elif kind == b"imir" and body:
            mirror = body[0] & 1
    return _ORIENTATIONS[turns, mirror]
