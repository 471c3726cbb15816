"""Sets of photos as bits, and the SQL functions that work on them.

Photo n is bit `n % CHUNK` of chunk `n // CHUNK`. A set in a statement is a blob of whole chunks; a stored chunk is
compressed where that makes it smaller.
"""

import re
import zlib
from collections.abc import Iterable
from typing import Any

CHUNK = 65_536
CHUNK_BYTES = CHUNK // 8
_WORD = 8  # bytes that are looked at together


def gathered(members: Iterable[int]) -> int:
    """A chunk with these members, counted from the start of the chunk, as one number."""
    bits = bytearray(CHUNK_BYTES)
    for member in members:
        bits[member >> 3] |= 1 << (member & 7)
    return int.from_bytes(bits, "little")


def packed(chunk: int) -> bytes:
    """A chunk as it is stored."""
    bits = chunk.to_bytes(CHUNK_BYTES, "little")
    small = zlib.compress(bits, 1)
    return small if len(small) < CHUNK_BYTES else bits


def unpacked(stored: bytes) -> int:
    """A stored chunk as one number."""
    return int.from_bytes(stored if len(stored) == CHUNK_BYTES else zlib.decompress(stored), "little")


class Union:
    """The aggregate `bits_union(chunk, bits)`: one set of all these stored chunks."""

    def __init__(self) -> None:
        self.chunks: dict[int, int] = {}

    def step(self, chunk: int, stored: bytes) -> None:
        """Add a stored chunk."""
        self.chunks[chunk] = self.chunks.get(chunk, 0) | unpacked(stored)

    def finalize(self) -> bytes:
        """The set."""
        last = max(self.chunks, default=-1)
        return b"".join(self.chunks.get(chunk, 0).to_bytes(CHUNK_BYTES, "little") for chunk in range(last + 1))


class Members:
    """The aggregate `bits_of(photo)`: the set of these photos."""

    def __init__(self) -> None:
        self.chunks: dict[int, bytearray] = {}

    def step(self, photo: int) -> None:
        """Add a photo."""
        chunk, member = divmod(photo, CHUNK)
        bits = self.chunks.get(chunk)
        if bits is None:
            bits = self.chunks[chunk] = bytearray(CHUNK_BYTES)
        bits[member >> 3] |= 1 << (member & 7)

    def finalize(self) -> bytes:
        """The set."""
        nothing = bytes(CHUNK_BYTES)
        return b"".join(self.chunks.get(chunk, nothing) for chunk in range(max(self.chunks, default=-1) + 1))


class Overlap:
    """The aggregate `bits_overlap(bits, part)`: how many members stored chunks have in common with parts of a set."""

    def __init__(self) -> None:
        self.number = 0

    def step(self, stored: bytes, part: bytes) -> None:
        """Count one stored chunk against the same chunk of a set."""
        self.number += (unpacked(stored) & int.from_bytes(part, "little")).bit_count()

    def finalize(self) -> int:
        """The number."""
        return self.number


def both(a: bytes, b: bytes) -> bytes:
    """What is in both sets."""
    return _bytes(int.from_bytes(a, "little") & int.from_bytes(b, "little"), min(len(a), len(b)))


def either(a: bytes, b: bytes) -> bytes:
    """What is in either set."""
    return _bytes(int.from_bytes(a, "little") | int.from_bytes(b, "little"), max(len(a), len(b)))


def without(a: bytes, b: bytes) -> bytes:
    """What is in `a` and not in `b`."""
    return _bytes(int.from_bytes(a, "little") & ~int.from_bytes(b, "little"), len(a))


def size(a: bytes) -> int:
    """How many are in the set."""
    return int.from_bytes(a, "little").bit_count()


def members(a: bytes) -> list[int]:
    """Who is in the set, in order."""
    digits = f"{int.from_bytes(a, 'little'):b}"[::-1]
    return [found.start() for found in re.finditer("1", digits)]


def has(a: bytes, photo: int) -> bool:
    """Whether a photo is in the set."""
    return photo >> 3 < len(a) and bool(a[photo >> 3] >> (photo & 7) & 1)


def spread(a: bytes, most: int) -> list[int]:
    """Members of the set, spread evenly over it; `most` of them, or all if it has fewer."""
    step = max(1.0, size(a) / most)
    found: list[int] = []
    passed, wanted = 0, 0.0
    for place in range(0, len(a), _WORD):
        word = int.from_bytes(a[place : place + _WORD], "little")
        number = word.bit_count()
        if passed + number > wanted:
            members = [bit for bit in range(8 * _WORD) if word >> bit & 1]
            while wanted < passed + number:
                found.append(8 * place + members[int(wanted) - passed])
                wanted += step
        passed += number
    return found[:most]


def register(driver: Any) -> None:
    """Give an sqlite3 connection these functions."""
    driver.create_aggregate("bits_union", 2, Union)
    driver.create_aggregate("bits_of", 1, Members)
    driver.create_aggregate("bits_overlap", 2, Overlap)
    driver.create_function("bits_both", 2, both, deterministic=True)
    driver.create_function("bits_either", 2, either, deterministic=True)
    driver.create_function("bits_without", 2, without, deterministic=True)
    driver.create_function("bits_size", 1, size, deterministic=True)


def _bytes(number: int, length: int) -> bytes:
    return number.to_bytes(length, "little")
