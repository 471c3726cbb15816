"""Memory that was freed but kept by the C library, given back to the system before a large photo needs it."""

import ctypes
from collections.abc import Callable
from functools import lru_cache


def trim() -> None:
    """Give back what is free; does nothing where the C library has no such call (only glibc has)."""
    found = _malloc_trim()
    if found is not None:
        found(0)


@lru_cache(maxsize=1)
def _malloc_trim() -> Callable[[int], int] | None:
    try:
        found: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # musl and macOS lack the call, Windows the way to it
        return None
    return found
