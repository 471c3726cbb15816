"""Paths as bytes in the index: joining, comparing, and the text that people see."""

import os
from collections.abc import Iterable

_SEPARATOR = os.fsencode(os.sep)


def shown(raw: bytes) -> str:
    """The path as valid text; bytes that are not UTF-8 appear as `\\xe9`."""
    return raw.decode("utf-8", "backslashreplace")


def text_column(raw: bytes) -> str | None:
    """What goes into a `*_text` column: the escaped text where the bytes are not UTF-8, else None."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return shown(raw)
    return None


def absolute(root: bytes, folder: bytes, name: bytes = b"") -> bytes:
    """The absolute path of a folder, or of a file in it, below a root."""
    return _SEPARATOR.join([root.rstrip(_SEPARATOR) or b"", *(part for part in (folder, name) if part)]) or _SEPARATOR


def below(path: bytes, top: bytes) -> bytes | None:
    """The path relative to `top`, b"" when they are equal, None when it lies elsewhere."""
    if path == top:
        return b""
    prefix = top.rstrip(_SEPARATOR) + _SEPARATOR
    return path[len(prefix) :] if path.startswith(prefix) else None


def join(parent: bytes, child: bytes) -> bytes:
    """A folder relative to a root, from two parts of which either may be empty."""
    return b"/".join(part for part in (parent, child) if part)


def is_within(folder: bytes, top: bytes) -> bool:
    """Whether a folder relative to a root is `top` or lies below it."""
    return not top or folder == top or folder.startswith(top + b"/")


def ancestors(folder: bytes) -> Iterable[tuple[bytes, bytes]]:
    """Every folder above one, nearest first, each with the name that leads down from there."""
    while folder:
        folder, _, name = folder.rpartition(b"/")
        yield folder, name


def signed(number: int) -> int:
    """A device or inode number as SQLite's signed 64 bits hold it."""
    return (number + (1 << 63)) % (1 << 64) - (1 << 63)
