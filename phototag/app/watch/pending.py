"""What has changed on the disk and waits until it is quiet there: folders, and files that are still being written."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock

SETTLE_SECONDS = 1.0
"""How long a folder must be quiet."""
PATIENCE_SECONDS = 5.0
"""How long a file that was not closed may be silent before it counts as written: a copy over a slow network stalls."""
LONGEST_SECONDS = 15.0
"""After so long a folder is looked at though it is not quiet; files that are being written are left out."""
MANY_EVENTS = 4_000
"""Of so many at once the system may have lost some (Linux keeps 16,384 that nobody has read yet)."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What to look at now: `trees` with all below them, `folders` with their own files only, without the files that
    are being written. `many`: so much happened that some of it may be lost."""

    trees: tuple[bytes, ...]
    folders: tuple[bytes, ...]
    writing: frozenset[bytes]
    many: bool = False


@dataclass(slots=True)
class _Changed:
    """A folder; `done` says that something in it is as it shall be, and not only being written."""

    since: float
    quiet_at: float
    tree: bool = False
    done: bool = False


class Pending:
    """Filled by the threads that hear of changes, emptied by the one that indexes. Times are `time.monotonic()`."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._folders: dict[bytes, _Changed] = {}
        self._writing: dict[bytes, float] = {}  # until when a file counts as being written
        self._events = 0

    def changed(self, folder: bytes, now: float, *, tree: bool = False) -> None:
        """Something changed in a folder; with `tree`, perhaps in everything below it."""
        with self._lock:
            self._events += 1
            self._note(folder, now, tree=tree)

    def written(self, path: bytes, now: float, patience: float = PATIENCE_SECONDS) -> None:
        """A file came to be or grew, and may go on growing."""
        with self._lock:
            self._events += 1
            self._writing[path] = now + patience
            self._note(os.path.dirname(path), now, done=False)

    def closed(self, path: bytes, now: float) -> None:
        """A file is as it shall be, or gone."""
        with self._lock:
            self._events += 1
            self._writing.pop(path, None)
            self._note(os.path.dirname(path), now)

    def lost(self, now: float) -> None:
        """Something changed, and nobody knows where."""
        with self._lock:
            self._events += MANY_EVENTS
            self._note(b"", now)

    def due(self, now: float) -> Batch | None:
        """What to look at now, which is pending no longer; None when nothing is quiet yet."""
        with self._lock:
            self._writing = {path: until for path, until in self._writing.items() if until > now}
            busy = {os.path.dirname(path) for path in self._writing}
            ready = [folder for folder, changed in self._folders.items() if _is_due(changed, now, folder in busy)]
            if not ready:
                return None
            taken = {folder: self._folders.pop(folder) for folder in ready}
            for folder in busy:  # once more, when its last file is written
                self._folders.setdefault(folder, _Changed(now, now))
            trees = _tops(folder for folder, changed in taken.items() if changed.tree)
            folders = sorted(folder for folder in taken if not _is_in(folder, trees))
            many, self._events = self._events >= MANY_EVENTS, 0
            return Batch(tuple(trees), tuple(folders), frozenset(self._writing), many)

    def again(self, batch: Batch, now: float) -> None:
        """A batch could not be looked at: it is due a little later."""
        with self._lock:
            for folder in (*batch.trees, *batch.folders):
                self._note(folder, now + PATIENCE_SECONDS / 2, tree=folder in batch.trees)
            self._events += MANY_EVENTS if batch.many else 0

    def _note(self, folder: bytes, now: float, *, tree: bool = False, done: bool = True) -> None:
        known = self._folders.setdefault(folder, _Changed(now, now))
        known.quiet_at = max(known.quiet_at, now + SETTLE_SECONDS)
        known.tree = known.tree or tree
        known.done = known.done or done


def _is_due(changed: _Changed, now: float, busy: bool) -> bool:
    if not changed.done:
        return not busy
    return now >= min(changed.quiet_at, changed.since + LONGEST_SECONDS)


def _is_in(folder: bytes, trees: Iterable[bytes]) -> bool:
    return any(folder == tree or folder.startswith(tree + b"/") for tree in trees)


def _tops(folders: Iterable[bytes]) -> list[bytes]:
    """The folders that lie in no other of them."""
    tops: list[bytes] = []
    for folder in sorted(folders, key=lambda folder: (len(folder), folder)):
        if not _is_in(folder, tops):
            tops.append(folder)
    return tops
