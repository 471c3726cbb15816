"""Paths and foreign strings as text that can be shown: nothing in them reaches the terminal as a command."""

import re
from collections.abc import Sequence


def path_text(path: bytes) -> str:
    r"""The path as text; bytes that are not UTF-8 appear as `\xe9`."""
    return path.decode("utf-8", "backslashreplace")


def readable(text: str) -> str:
    r"""The text of a path as Python has it, with bytes that are not UTF-8 as `\xe9` instead of `\udce9`."""
    return re.sub("[\udc80-\udcff]", lambda found: f"\\x{ord(found[0]) - 0xDC00:02x}", text)


def printable(text: str) -> str:
    r"""The text with control characters escaped (`\n`, `\x1b`), so that a file name stays on its line."""
    text = readable(text)
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 photo`, `2 photos`, `12,000 copies`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
