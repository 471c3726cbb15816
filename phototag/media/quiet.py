"""Silence for decoders: C libraries write to file descriptor 2, Pillow warns, exifread logs."""

import contextlib
import logging
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

for _name in ("PIL", "exifread", "pillow_heif"):
    logging.getLogger(_name).addHandler(logging.NullHandler())  # without a handler, Python prints to stderr
logging.getLogger("exifread").setLevel(logging.CRITICAL)  # it warns of every broken field, thousands in a hostile file

_lock = threading.Lock()
_depth = 0
_saved: contextlib.ExitStack = contextlib.ExitStack()


@contextlib.contextmanager
def quiet_stderr(log: Path | None = None) -> Iterator[None]:
    """Send whatever is written to file descriptor 2 to the end of `log` (nowhere by default) until the block ends.

    It holds for the whole process: enter it once in each worker process, not once per photo.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    target = os.open(log, flags, 0o600) if log else os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    _flush()
    saved = os.dup(2)
    try:
        os.dup2(target, 2)
        os.close(target)
        yield
    finally:
        _flush()
        os.dup2(saved, 2)
        os.close(saved)


def _flush() -> None:
    if sys.stderr is not None:
        with contextlib.suppress(ValueError, OSError):
            sys.stderr.flush()


@contextlib.contextmanager
def quiet_warnings() -> Iterator[None]:
    """Ignore Python warnings until the block ends. Blocks of several threads may overlap: the last one restores."""
    global _depth, _saved
    with _lock:
        _depth += 1
        if _depth == 1:
            with contextlib.ExitStack() as stack:
                stack.enter_context(warnings.catch_warnings())
                warnings.simplefilter("ignore")
                _saved = stack.pop_all()
    try:
        yield
    finally:
        with _lock:
            _depth -= 1
            if _depth == 0:
                _saved.close()
