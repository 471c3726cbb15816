"""Hearing of changes through watchdog: the system's own notices, or by looking every so often."""

import errno
import logging
import os
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.polling import PollingObserver

from phototag.app.watch.pending import PATIENCE_SECONDS, Pending
from phototag.media.formats import PHOTO_EXTENSIONS
from phototag.media.ignore import IGNORE_FILE, MARKERS, left_out_by_name
from phototag.store.filesystem import is_network

if TYPE_CHECKING:
    from watchdog.observers.api import BaseObserver

# Opening and reading are no changes; phototag itself does that with every photo.
_HEARD: list[type[FileSystemEvent]] = [
    DirCreatedEvent, DirDeletedEvent, DirMovedEvent, FileClosedEvent, FileCreatedEvent, FileDeletedEvent,
    FileModifiedEvent, FileMovedEvent,
]  # fmt: skip
_LIMIT = Path("/proc/sys/fs/inotify/max_user_watches")
_LOGGER = logging.getLogger("watchdog")
_RULES = frozenset((IGNORE_FILE, *MARKERS))
_EXTENSIONS = PHOTO_EXTENSIONS | {b"xmp"}
_RUN_OUT = (errno.ENOSPC, errno.EMFILE)


class _Warned(logging.Handler):
    """watchdog warns where the system lost events, or where a folder can't be watched: then everything is looked at."""

    def __init__(self, pending: Pending) -> None:
        super().__init__(logging.WARNING)
        self._pending = pending

    def emit(self, _record: logging.LogRecord) -> None:
        """Hear a warning."""
        self._pending.lost(time.monotonic())


class Observing:
    """Which roots are observed, and how. Use it as a context: at the end all threads have ended."""

    def __init__(self, pending: Pending, interval: float, note: Callable[[str], None], *, polling: bool) -> None:
        self._pending = pending
        self._interval = interval
        self._note = note
        self._always_poll = polling
        self._warned = _Warned(pending)
        self._native: BaseObserver = Observer()
        self._poller: BaseObserver = PollingObserver(timeout=interval)
        self._watches: dict[bytes, tuple[BaseObserver, Any, tuple[int, int]]] = {}

    def __enter__(self) -> "Observing":
        warnings.filterwarnings("ignore", module=r"watchdog\.")  # of its own book-keeping, to the user's terminal
        _LOGGER.addHandler(self._warned)
        _LOGGER.propagate = False
        self._native.start()
        self._poller.start()
        return self

    def __exit__(self, *_: object) -> None:
        for observer in (self._native, self._poller):
            observer.stop()
        for observer in (self._native, self._poller):
            observer.join()
        _LOGGER.removeHandler(self._warned)

    def observe(self, roots: Iterable[bytes]) -> None:
        """Observe these roots and no others. One that came back, or that is another drive now, is pending as a whole;
        where the system has no more watches, what it has is looked at every so often instead."""
        wanted = {root: identity for root in roots if (identity := _identity(root))}
        for root, (_, _, identity) in list(self._watches.items()):
            if wanted.get(root) != identity:
                self._forget(root)
        for root, identity in wanted.items():
            if root not in self._watches:
                self._add(root, identity)
                self._pending.changed(root, time.monotonic(), tree=True)
        if any(observer is self._native for observer, _, _ in self._watches.values()) and not self._has_watches():
            for root in [root for root, (observer, _, _) in self._watches.items() if observer is self._native]:
                self._forget(root)
                self._poll(root, wanted[root], self._run_out())
                self._pending.changed(root, time.monotonic(), tree=True)

    def _add(self, root: bytes, identity: tuple[int, int]) -> None:
        if self._always_poll or is_network(Path(os.fsdecode(root))):
            self._poll(root, identity, "" if self._always_poll else "it lies on a network drive")
            return
        try:
            self._schedule(self._native, root, identity, closes=os.name == "posix" and _LIMIT.exists())
        except OSError as error:
            reason = self._run_out() if error.errno in _RUN_OUT else f"the system refuses: {error.strerror or error}"
            self._poll(root, identity, reason)

    def _poll(self, root: bytes, identity: tuple[int, int], reason: str) -> None:
        self._schedule(self._poller, root, identity, closes=False)
        because = f": {reason}" if reason else ""
        self._note(f"{os.fsdecode(root)} is looked at every {self._interval:g} seconds{because}")

    def _schedule(self, observer: "BaseObserver", root: bytes, identity: tuple[int, int], *, closes: bool) -> None:
        """`closes`: the system tells when a file is closed after writing."""
        real = os.path.realpath(root)  # a link itself would be watched, not what it leads to
        patience = PATIENCE_SECONDS if closes else 1.5 * self._interval if observer is self._poller else 2.0
        handler = _Handler(self._pending, real, root, patience)
        watch = observer.schedule(handler, os.fsdecode(real), recursive=True, event_filter=_HEARD)
        self._watches[root] = (observer, watch, identity)

    def _forget(self, root: bytes) -> None:
        observer, watch, _ = self._watches.pop(root)
        with suppress(KeyError, OSError):  # what it watched may be gone
            observer.unschedule(watch)

    def _has_watches(self) -> bool:
        """Whether one more folder could be watched; watchdog says nothing of a folder below a root that can't be."""
        with tempfile.TemporaryDirectory() as folder:
            try:
                self._native.unschedule(self._native.schedule(FileSystemEventHandler(), folder))
            except OSError as error:
                return error.errno not in _RUN_OUT
        return True

    def _run_out(self) -> str:
        try:
            limit = f" (this user may have {int(_LIMIT.read_text('ascii')):,})"
        except (OSError, ValueError):
            limit = ""
        return (
            f"the system's inotify watches have run out{limit}. `sudo sysctl fs.inotify.max_user_watches=1048576` "
            "allows more; then start again"
        )


def _identity(root: bytes) -> tuple[int, int] | None:
    """What tells one mounted folder from another; None when it is not there."""
    try:
        found = os.stat(root)
    except OSError:
        return None
    return found.st_dev, found.st_ino


class _Handler(FileSystemEventHandler):
    """Turns watchdog's events into what is pending; paths are told as the index has them, below `root`."""

    def __init__(self, pending: Pending, real: bytes, root: bytes, patience: float) -> None:
        self._pending = pending
        self._real = real
        self._root = root
        self._patience = patience

    def dispatch(self, event: FileSystemEvent) -> None:
        """Hear one event."""
        now = time.monotonic()
        paths = [self._known(path) for path in (event.src_path, event.dest_path) if path]
        for path in filter(None, paths):
            if event.is_directory:
                self._pending.changed(path, now, tree=True)
            elif os.path.basename(path) in _RULES:
                self._pending.changed(os.path.dirname(path), now, tree=True)
            elif path.rpartition(b".")[2].lower() in _EXTENSIONS:
                self._hear(event, path, now)

    def _hear(self, event: FileSystemEvent, path: bytes, now: float) -> None:
        grows = isinstance(event, FileModifiedEvent) or (isinstance(event, FileCreatedEvent) and self._is_young(path))
        if grows:
            self._pending.written(path, now, self._patience)
        else:
            self._pending.closed(path, now)

    def _is_young(self, path: bytes) -> bool:
        """Whether a new name may be one of a file that is being written; one that came with its folder is older."""
        with suppress(OSError):
            return time.time() - os.stat(path).st_mtime < self._patience
        return False

    def _known(self, path: bytes | str) -> bytes | None:
        """The path as the index has it; None for what a walk leaves out by name."""
        below = os.fsencode(path).removeprefix(self._real).lstrip(b"/")
        folders, _, _ = below.rpartition(b"/")
        if any(left_out_by_name(name) for name in folders.split(b"/") if name):
            return None
        return os.path.join(self._root, below) if below else self._root
