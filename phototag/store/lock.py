"""One writer at a time: an advisory lock on a file beside the index.

The operating system holds the lock for the process, so a process that died has let go of it.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from phototag.errors import IndexFileError, LockedError
from phototag.store.clock import now

_POLL_SECONDS = 0.1

if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    # Windows locks bytes, also against reading: one far behind the text stays readable.
    _OFFSET = 1 << 20

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, _OFFSET, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


_held: set[int] = set()


def _close_in_child() -> None:
    """A forked worker must not keep the lock when its parent dies."""
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_in_child)


def lock_path(index: Path) -> Path:
    """The lock file of an index."""
    return index.with_name(index.name + ".lock")


@contextmanager
def writer_lock(index: Path, wait: float = 0.0) -> Iterator[None]:
    """Hold the writer's lock of an index; waits up to `wait` seconds for it.

    Raises LockedError, naming the holder and since when, and IndexFileError where no lock file can be made.
    """
    path = lock_path(index)
    descriptor = _open(path)
    try:
        _acquire(descriptor, path, time.monotonic() + wait)
        _held.add(descriptor)
        _sign(descriptor)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        _held.discard(descriptor)
        os.close(descriptor)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise IndexFileError(
            f"can't make the lock file {path}: {error.strerror}",
            hint="Writing to the index needs a folder that you may write to; `--db PATH` names another one.",
        ) from error


def _acquire(descriptor: int, path: Path, deadline: float) -> None:
    try:
        while not _try_lock(descriptor):
            if time.monotonic() >= deadline:
                raise _locked(path)
            time.sleep(_POLL_SECONDS)
    except OSError as error:
        raise IndexFileError(f"can't lock {path}: {error.strerror}") from error


def _sign(descriptor: int) -> None:
    """Say who holds the lock. A full disk only costs the others the name of the holder."""
    text = json.dumps({"pid": os.getpid(), "since": now()[:19] + "Z"}).encode()
    try:
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, text)
    except OSError:
        return


def _locked(path: Path) -> LockedError:
    try:
        holder = json.loads(path.read_text("utf-8"))
        who = f"process {int(holder['pid'])} has been writing to it since {holder['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        who = "another process is writing to it"
    return LockedError(
        f"the index is locked: {who}",
        hint="Wait for it to finish, or let this run wait: `--wait SECONDS`.",
    )
