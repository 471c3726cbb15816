"""The folders that the user indexed. Paths of roots are absolute bytes, as typed: links in them are not resolved."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from phototag.errors import UsageError
from phototag.store import liveness, reading
from phototag.store.clock import now
from phototag.store.paths import absolute, below, join, shown, text_column
from phototag.store.presence import MISSING, PRESENT
from phototag.store.tables import files, folders, roots

_FOLDERS = "SELECT id FROM folders WHERE root_id = ?"
_COPIED = (
    f"SELECT f.photo_id FROM files f WHERE f.folder_id IN ({_FOLDERS}) "
    "AND EXISTS (SELECT 1 FROM files g WHERE g.photo_id = f.photo_id AND g.id <> f.id)"
)


@dataclass(frozen=True, slots=True)
class Root:
    """A folder that was indexed; `offline_reason` says why it is offline; `indexed_at` is the last complete run."""

    id: int
    path: bytes
    offline: bool
    offline_reason: str | None
    added_at: str
    indexed_at: str | None


@dataclass(frozen=True, slots=True)
class Scope:
    """What a run shall walk: `folder` (relative, b"" for all of it) below a root, and unless it is `deep` nothing below
    that folder."""

    root: Root
    folder: bytes
    deep: bool = True

    @property
    def path(self) -> bytes:
        """The absolute path."""
        return absolute(self.root.path, self.folder)


@dataclass(frozen=True, slots=True)
class OfflinePlace:
    """A root or folder that is offline: its absolute path, why, and how many of its photo files wait there."""

    path: bytes
    reason: str
    files: int


def list_roots(conn: reading.Connection) -> tuple[Root, ...]:
    """Every root, in the order of paths."""
    rows = conn.exec_driver_sql(
        "SELECT id, path, offline, offline_reason, added_at, indexed_at FROM roots ORDER BY path"
    )
    return tuple(Root(number, path, bool(offline), *rest) for number, path, offline, *rest in rows)


def count_files(conn: Connection, root: Root) -> int:
    """How many photo files a root holds, those that wait for it to come online included."""
    query = (
        select(func.count())
        .select_from(files.join(folders))
        .where(folders.c.root_id == root.id, files.c.state == PRESENT)
    )
    return int(conn.execute(query).scalar_one())


def some_files(conn: Connection, path: bytes, number: int) -> list[bytes]:
    """The absolute paths of up to `number` photo files of the root at `path`. Raises UsageError where there is none."""
    query = (
        select(folders.c.path, files.c.name)
        .select_from(files.join(folders))
        .where(folders.c.root_id == _exact(conn, path).id, files.c.state == PRESENT)
        .limit(number)
    )
    return [absolute(path, folder, name) for folder, name in conn.execute(query)]


def find_scope(conn: reading.Connection, path: bytes) -> Scope | None:
    """The known root that a path is or lies in, and where; None when it is in none."""
    for root in list_roots(conn):
        folder = below(path, root.path)
        if folder is not None:
            return Scope(root, folder)
    return None


def add_root(conn: Connection, path: bytes) -> Scope:
    """The scope of a path that the user indexes. Inside a known root it adds none; a parent absorbs the inner roots,
    with all that is known of their files."""
    if known := find_scope(conn, path):
        return known
    inner = [(root, rest) for root in list_roots(conn) if (rest := below(root.path, path)) is not None]
    result = conn.execute(insert(roots).values(path=path, path_text=text_column(path), added_at=now()))
    (root_id,) = result.inserted_primary_key or (0,)
    for root, rest in inner:
        _absorb(conn, int(root_id), root, rest)
    if inner:  # which of a photo's files comes first is a matter of paths below their roots
        liveness.touch_select(conn, _COPIED, (root_id,))
        liveness.settle(conn)
    row = conn.execute(select(roots).where(roots.c.id == root_id)).one()
    return Scope(_root(row), b"")


def remove_root(conn: Connection, path: bytes) -> int:
    """Forget a root and its files; gives how many were there or offline. What was found in their photos is kept until
    `prune`, and returns when they are indexed again. Raises UsageError for a path that is no root."""
    root = _exact(conn, path)
    liveness.touch_select(conn, f"SELECT photo_id FROM files WHERE folder_id IN ({_FOLDERS})", (root.id,))
    number = count_files(conn, root)
    conn.execute(delete(roots).where(roots.c.id == root.id))
    liveness.settle(conn)
    return number


def move_root(conn: Connection, old: bytes, new: bytes) -> None:
    """Say that a root now lies elsewhere; everything known of it stays.

    Raises UsageError when `old` is no root, or `new` is, contains or lies in another root.
    """
    root = _exact(conn, old)
    for other in list_roots(conn):
        if other.id != root.id and (below(new, other.path) is not None or below(other.path, new) is not None):
            raise UsageError(
                f"{shown(new)} overlaps the root {shown(other.path)}",
                hint="Roots can't lie in one another. If that one is no longer wanted: `phototag roots remove PATH`.",
            )
    conn.execute(
        update(roots)
        .where(roots.c.id == root.id)
        .values(path=new, path_text=text_column(new), device=None, offline=0, offline_reason=None)
    )
    conn.execute(
        update(folders).where(folders.c.root_id == root.id).values(device=None, offline=0, offline_reason=None)
    )
    liveness.touch_select(conn, f"SELECT photo_id FROM files WHERE folder_id IN ({_FOLDERS})", (root.id,))
    liveness.settle(conn)


def confirm(conn: Connection, path: bytes) -> int:
    """Say that what is offline at or below a path is really gone: its files become missing; gives how many.

    Raises UsageError for a path in no root.
    """
    scope = find_scope(conn, path)
    if scope is None:
        raise _no_root(path)
    where = _within(scope)
    if not scope.root.offline:
        where &= folders.c.offline == 1
    number = 0
    for folder_id in conn.execute(select(folders.c.id).where(where)).scalars().all():
        liveness.touch_select(conn, "SELECT photo_id FROM files WHERE folder_id = ?", (folder_id,))
        there = (files.c.folder_id == folder_id) & (files.c.state == PRESENT)
        number += conn.execute(update(files).where(there).values(state=MISSING)).rowcount
    online = {"device": None, "offline": 0, "offline_reason": None}
    conn.execute(update(folders).where(where).values(online))
    if scope.root.offline and not scope.folder:
        conn.execute(update(roots).where(roots.c.id == scope.root.id).values(online))
    liveness.settle(conn)
    return number


def offline_places(conn: Connection) -> Iterator[OfflinePlace]:
    """What is offline, in the order of paths: whole roots, and folders of the other roots."""
    rows = conn.exec_driver_sql("""
        SELECT r.path AS root, d.path AS folder, r.offline AS whole,
               coalesce(iif(r.offline, r.offline_reason, d.offline_reason), '') AS reason,
               sum((SELECT count(*) FROM files f WHERE f.folder_id = d.id AND f.state = 0)) AS files
        FROM folders d JOIN roots r ON r.id = d.root_id WHERE r.offline OR d.offline
        GROUP BY r.id, iif(r.offline, NULL, d.id) ORDER BY r.path, d.path""")
    for row in rows:
        yield OfflinePlace(absolute(row.root, b"" if row.whole else row.folder), row.reason, row.files)


def _within(scope: Scope) -> ColumnElement[bool]:
    """The folders of a scope. Paths compare as bytes, where `0` follows `/`."""
    where = folders.c.root_id == scope.root.id
    if not scope.folder:
        return where
    deeper = (folders.c.path > scope.folder + b"/") & (folders.c.path < scope.folder + b"0")
    return where & ((folders.c.path == scope.folder) | deeper)


def _absorb(conn: Connection, root_id: int, inner: Root, prefix: bytes) -> None:
    """Hang the folders of an inner root below the new one, which remembers when the last of them was swept: nothing
    that was there then has moved since."""
    if inner.offline:
        conn.exec_driver_sql(
            "UPDATE folders SET offline = 1, offline_reason = ? WHERE root_id = ?", (inner.offline_reason, inner.id)
        )
        conn.exec_driver_sql(
            "UPDATE offline_since AS o SET at = min(o.at, r.at) FROM offline_since r "
            f"WHERE r.root_id = ? AND o.folder_id IN ({_FOLDERS})",
            (inner.id, inner.id),
        )
    rows = conn.execute(select(folders.c.id, folders.c.path).where(folders.c.root_id == inner.id)).all()
    for row in rows:
        path = join(prefix, row.path)
        values = {"root_id": root_id, "path": path, "path_text": text_column(path)}
        conn.execute(update(folders).where(folders.c.id == row.id).values(values))
    conn.exec_driver_sql(
        "UPDATE roots SET swept_run = max(swept_run, (SELECT swept_run FROM roots WHERE id = ?)) WHERE id = ?",
        (inner.id, root_id),
    )
    conn.execute(delete(roots).where(roots.c.id == inner.id))


def _exact(conn: Connection, path: bytes) -> Root:
    row = conn.execute(select(roots).where(roots.c.path == path)).one_or_none()
    if row is None:
        raise _no_root(path)
    return _root(row)


def _no_root(path: bytes) -> UsageError:
    return UsageError(f"{shown(path)} is no indexed folder", hint="`phototag roots list` shows the indexed folders.")


def _root(row: Row[Any]) -> Root:
    return Root(row.id, row.path, bool(row.offline), row.offline_reason, row.added_at, row.indexed_at)
