"""What became of files and places since a moment: from `file_history`, `offline_since` and the runs' numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from phototag.store.paths import absolute
from phototag.store.presence import IGNORED, MISSING, PRESENT


class Became(StrEnum):
    """What became of a file."""

    NEW = "new"
    CHANGED = "changed"
    MOVED = "moved"
    RETURNED = "returned"
    MISSING = "missing"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file. `before` is where a moved one lay; the photos are the store's ids, then and now."""

    became: Became
    path: bytes
    before: bytes | None
    photo_then: int | None
    photo_now: int | None


@dataclass(frozen=True, slots=True)
class OfflineNow:
    """A root or folder that went offline, why, and when."""

    path: bytes
    reason: str
    at: str


def file_changes(conn: Connection, since: str) -> Iterator[FileChange]:
    """Every file that is not what it was at `since` (a time as the index writes it), in the order of paths.

    A file that can't be used any more is none of them but a problem.
    """
    last_run = conn.exec_driver_sql(
        "SELECT coalesce(max(id), 0) FROM runs WHERE started_at < ?", (since,)
    ).scalar_one()  # what this run or one before it met was there
    rows = [_Row(row, last_run) for row in conn.exec_driver_sql(_DIFFERENT, (_whole(since), last_run))]
    sources: dict[int | None, list[bytes]] = {}
    for row in rows:
        if row.was_there and not row.is_there:
            sources.setdefault(row.photo_then, []).append(row.path)
    arrived = [row for row in rows if row.is_there and not row.was_there]
    moved = {row.path: sources[row.photo_now].pop() for row in arrived if sources.get(row.photo_now)}
    left = set(moved.values())
    for row in rows:
        became = Became.MOVED if row.path in moved else row.became()
        if became is not None and row.path not in left:
            yield FileChange(became, row.path, moved.get(row.path), row.photo_then, row.photo_now)


# Of each file the first row of its history after the moment, or none where only its number says that it is new.
_DIFFERENT = f"""
    SELECT r.path AS root, d.path AS folder, f.name, f.state, f.photo_id,
           coalesce(h.run_id, f.run_id) AS run_then, h.state AS state_then, h.photo_id AS photo_then
    FROM files f JOIN folders d ON d.id = f.folder_id JOIN roots r ON r.id = d.root_id
    LEFT JOIN (SELECT file_id, min(id) AS id FROM file_history WHERE at >= ? GROUP BY file_id) b ON b.file_id = f.id
    LEFT JOIN file_history h ON h.id = b.id
    WHERE (h.id IS NOT NULL OR (f.run_id > ? AND f.state = {PRESENT}))
    AND NOT (f.state = {MISSING} AND EXISTS (SELECT 1 FROM problems e WHERE e.folder_id = d.id AND e.name = f.name))
    ORDER BY r.path, d.path, f.name"""


class _Row:
    """A row of `_DIFFERENT`: a file then and now."""

    __slots__ = ("is_there", "known", "path", "photo_now", "photo_then", "state", "was_there")

    def __init__(self, row: Any, last_run: int) -> None:
        self.path = absolute(row.root, row.folder, row.name)
        self.known = row.run_then <= last_run and row.state_then is not None
        self.was_there = self.known and row.state_then == PRESENT
        self.state = row.state
        self.is_there = row.state == PRESENT
        self.photo_then: int | None = row.photo_then if self.was_there else None
        self.photo_now: int | None = row.photo_id if self.is_there else None

    def became(self) -> Became | None:
        """What became of it, moves apart; None: it is as it was."""
        if not self.was_there:
            if not self.is_there:
                return None
            return Became.RETURNED if self.known else Became.NEW
        if self.is_there:
            return None if self.photo_then == self.photo_now else Became.CHANGED
        return Became.IGNORED if self.state == IGNORED else Became.MISSING


def newly_offline(conn: Connection, since: str) -> tuple[OfflineNow, ...]:
    """The roots and folders that went offline since then, and are; in the order of paths."""
    rows = conn.exec_driver_sql(
        """
        SELECT r.path AS root, x'' AS folder, coalesce(r.offline_reason, '') AS reason, o.at
        FROM offline_since o JOIN roots r ON r.id = o.root_id WHERE o.at >= ?
        UNION ALL
        SELECT r.path, d.path, coalesce(d.offline_reason, ''), o.at
        FROM offline_since o JOIN folders d ON d.id = o.folder_id JOIN roots r ON r.id = d.root_id
        WHERE o.at >= ? AND NOT r.offline ORDER BY 1, 2""",
        (_whole(since), _whole(since)),
    )
    return tuple(OfflineNow(absolute(row.root, row.folder), row.reason, row.at) for row in rows)


def _whole(since: str) -> str:
    """The time in milliseconds, which is what triggers write."""
    return f"{since[:23]}000Z"
