"""What changed: one run's comparison of walked folders with the index.

`Sync.folder` takes each listing of a walk and says what has to be read; `phototag.store.sweep` comes when all are done.
An unchanged folder costs two SELECTs and no write.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from phototag.store import liveness, sweep
from phototag.store.folders import fetch, folder_id
from phototag.store.links import adopt, done_columns
from phototag.store.listing import Listing
from phototag.store.models import Wanted
from phototag.store.paths import signed
from phototag.store.presence import IGNORED, PRESENT
from phototag.store.problems import KnownProblem, known_problems, settle_problems
from phototag.types import FileStamp, ModelId


class Change(StrEnum):
    """Why a file has to be read."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"  # but a wanted model has not seen it


@dataclass(frozen=True, slots=True)
class Todo:
    """A file to read. `lacks` are the models that have to see it, as far as that can be known before its content is: a
    new file may turn out to be a known photo (`phototag.store.save.known`)."""

    stamp: FileStamp
    change: Change
    lacks: tuple[ModelId, ...]


@dataclass(slots=True)
class Changes:
    """What one folder brought. The numbers count its files, those in `todo` included; `failed` are known problems that
    did not change, `ignored` known photos that the rules leave out since this run."""

    todo: list[Todo] = field(default_factory=list)
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0
    ignored: int = 0


@dataclass(slots=True)
class _Here:
    """The folder under comparison: its row, what the index knows of its files, and what the comparison noticed."""

    id: int
    device: int | None
    offline: bool
    files: dict[bytes, tuple[Any, ...]] = field(default_factory=dict)
    problems: dict[bytes, KnownProblem] = field(default_factory=dict)
    fresh: list[FileStamp] = field(default_factory=list)
    back: list[tuple[FileStamp, tuple[Any, ...]]] = field(default_factory=list)  # unchanged, but the row needs a touch
    solved: set[bytes] = field(default_factory=set)
    met: int = 0


# Columns of a file's row, before the flags of the wanted models.
_ID, _SIZE, _MTIME, _DEVICE, _INODE, _STATE, _PHOTO, _SIDECAR, _DONE = range(1, 10)


class Sync:
    """One run's comparison; lives as long as the run, on one connection.

    `force` has every file read again, `retry_failed` those that are known problems.
    """

    def __init__(
        self,
        conn: Connection,
        run_id: int,
        wanted: Iterable[Wanted],
        *,
        force: bool = False,
        retry_failed: bool = False,
    ) -> None:
        self.run_id = run_id
        self.wanted = tuple(wanted)
        self._models = tuple(want.model for want in self.wanted)
        self._force = force
        self._retry = retry_failed or force
        self._select = (
            "SELECT f.name, f.id, f.size, f.mtime_ns, f.device, f.inode, f.state, f.photo_id, f.sidecar"
            f"{done_columns(len(self.wanted))} FROM files f WHERE f.folder_id = ?"
        )
        self._parameters = tuple(value for want in self.wanted for value in (want.id, want.floor))
        self._walked = sweep.Walked(conn)

    def folder(self, conn: Connection, root_id: int, root_path: bytes, listing: Listing) -> Changes:
        """Compare one folder of a root with the index; call `sweep` when all folders of the run are compared."""
        self._walked.add(conn, root_id, listing)
        here = self._find(conn, root_id, listing)
        changes = Changes()
        if here is None:
            return changes
        for stamp in listing.stamps:
            self._compare(here, stamp, changes)
        self._take_fresh(conn, here, changes)
        if here.back:
            _put_right(conn, self.run_id, here)
        absent = self._leave_ignored(conn, here, listing, changes)
        emptied = bool(absent) and not listing.stamps
        if here.problems or listing.problems:
            settle_problems(conn, here.id, root_path, listing, (here.problems, here.solved), keep=emptied)
        evidence = any(row[_STATE] == PRESENT and row[_DEVICE] != signed(stamp.device) for stamp, row in here.back)
        self._walked.judge(conn, sweep.Folder(here.id, here.device, here.offline, evidence), listing, absent)
        return changes

    def unreachable(self, root_id: int, reason: str) -> None:
        """Say why a root (or the part of it that was to be walked) could not be walked, before `sweep`."""
        self._walked.reasons[root_id] = reason

    def sweep(self, conn: Connection, scopes: Iterable[tuple[int, bytes]]) -> "sweep.Swept":
        """After the last folder: what is missing, moved and offline below the (root id, folder) that were walked."""
        return sweep.sweep(conn, self.run_id, self._walked, tuple(scopes))

    def _find(self, conn: Connection, root_id: int, listing: Listing) -> _Here | None:
        found = fetch(conn, _SELECT_FOLDER, (root_id, listing.folder))
        if not found:
            if not listing.stamps and not listing.problems:
                return None
            here = _Here(folder_id(conn, root_id, listing.folder), None, offline=False)
        else:
            here = _Here(found[0][0], found[0][1], offline=bool(found[0][2]))
            if found[0][3]:
                here.problems = known_problems(conn, here.id)
        here.files = {row[0]: row for row in fetch(conn, self._select, (*self._parameters, here.id))}
        return here

    def _compare(self, here: _Here, stamp: FileStamp, changes: Changes) -> None:
        row = here.files.get(stamp.name)
        if row is not None:
            here.met += 1
        if row is None or _is_changed(row, stamp):
            here.fresh.append(stamp)
            return
        if row[_STATE] != PRESENT or _is_renumbered(row, stamp):
            here.back.append((stamp, row))
        if all(row[_DONE:]) and not self._force:
            changes.unchanged += 1
            if here.problems:
                here.solved.add(stamp.name)
        elif self._is_known_problem(here, stamp):
            changes.failed += 1
        else:
            changes.unchanged += 1
            changes.todo.append(Todo(stamp, Change.UNCHANGED, self._lacking(row[_DONE:])))

    def _lacking(self, done: Sequence[int]) -> tuple[ModelId, ...]:
        if self._force:
            return self._models
        return tuple(model for model, seen in zip(self._models, done, strict=True) if not seen)

    def _is_known_problem(self, here: _Here, stamp: FileStamp) -> bool:
        problem = here.problems.get(stamp.name) if here.problems else None
        return problem is not None and not self._retry and problem.is_about(stamp)

    def _take_fresh(self, conn: Connection, here: _Here, changes: Changes) -> None:
        """New and changed files: known problems, known photos under a new name, and those that have to be read."""
        if not here.fresh:
            return
        fresh = [stamp for stamp in here.fresh if not self._is_known_problem(here, stamp)]
        changes.failed += len(here.fresh) - len(fresh)
        adopted = adopt(conn, self.run_id, here.id, fresh, self.wanted)
        for stamp in fresh:
            change = Change.CHANGED if stamp.name in here.files else Change.NEW
            changes.new += change is Change.NEW
            changes.changed += change is Change.CHANGED
            lacks = self._models if self._force else adopted.get(stamp.name, self._models)
            if lacks or stamp.name not in adopted:
                changes.todo.append(Todo(stamp, change, lacks))
            else:
                here.solved.add(stamp.name)
        if adopted:
            liveness.settle(conn)

    def _leave_ignored(
        self, conn: Connection, here: _Here, listing: Listing, changes: Changes
    ) -> list[tuple[int, int | None]]:
        """Mark known files that the rules now leave out; gives (file id, photo id) of those that are not there."""
        if here.met == len(here.files):
            return []
        seen = {stamp.name for stamp in listing.stamps}
        seen.update(problem.path.rpartition(b"/")[2] for problem in listing.problems)
        ignored = set(listing.ignored_names)
        lost = [row for name, row in here.files.items() if row[_STATE] == PRESENT and name not in seen]
        left = [(row[_ID],) for row in lost if row[0] in ignored]
        if left:
            conn.exec_driver_sql(f"UPDATE files SET state = {IGNORED} WHERE id = ?", left)
            liveness.touch(conn, {row[_PHOTO] for row in lost if row[0] in ignored and row[_PHOTO] is not None})
            liveness.settle(conn)
            changes.ignored += len(left)
        return [(row[_ID], row[_PHOTO]) for row in lost if row[0] not in ignored]


_SELECT_FOLDER = """
    SELECT id, device, offline, EXISTS (SELECT 1 FROM problems WHERE folder_id = folders.id)
    FROM folders WHERE root_id = ? AND path = ?"""


def _is_changed(row: tuple[Any, ...], stamp: FileStamp) -> bool:
    """Whether the file or a sidecar of it has to be read again."""
    here = (stamp.size, stamp.mtime_ns, stamp.sidecar)
    return row[_PHOTO] is None or (row[_SIZE], row[_MTIME], row[_SIDECAR]) != here


def _is_renumbered(row: tuple[Any, ...], stamp: FileStamp) -> bool:
    """Whether the inode or the device has another number than before; nearly always the first glance says no."""
    if row[_INODE] == stamp.inode and row[_DEVICE] == stamp.device:
        return False
    return bool(row[_INODE] != signed(stamp.inode) or row[_DEVICE] != signed(stamp.device))


def _put_right(conn: Connection, run_id: int, here: _Here) -> None:
    """Files that are back, and files whose device or inode number changed with a new mount."""
    conn.exec_driver_sql(
        f"UPDATE files SET run_id = iif(state = {PRESENT}, run_id, ?), state = {PRESENT}, device = ?, inode = ? "
        "WHERE id = ?",
        [(run_id, signed(stamp.device), signed(stamp.inode), row[_ID]) for stamp, row in here.back],
    )
    returned = {row[_PHOTO] for _, row in here.back if row[_STATE] != PRESENT}
    if returned:
        liveness.touch(conn, returned)
        liveness.settle(conn)
