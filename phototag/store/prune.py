"""Deleting what is gone: the only place where findings are deleted."""

from dataclasses import dataclass

from phototag.store import vectors
from phototag.store.presence import MISSING
from phototag.store.reading import Connection

_MISSING_FILES = f"SELECT id FROM files WHERE state = {MISSING}"
_LOST_PHOTOS = (
    f"SELECT id FROM photos p WHERE NOT EXISTS (SELECT 1 FROM files f WHERE f.photo_id = p.id AND f.state <> {MISSING})"
)
_EMPTY_FOLDERS = """
    SELECT id FROM folders d WHERE NOT EXISTS (SELECT 1 FROM files f WHERE f.folder_id = d.id)
    AND NOT EXISTS (SELECT 1 FROM problems p WHERE p.folder_id = d.id)"""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What pruning deletes: missing files, and photos that lie nowhere any more with all that was found in them.
    Offline and ignored files are kept."""

    files: int
    photos: int
    objects: int


def prune(conn: Connection, *, dry_run: bool) -> Pruned:
    """Delete for good what is missing; with `dry_run` only say what that would be."""
    pruned = Pruned(
        files=_count(conn, f"SELECT count(*) FROM ({_MISSING_FILES})"),
        photos=_count(conn, f"SELECT count(*) FROM ({_LOST_PHOTOS})"),
        objects=_count(conn, f"SELECT count(*) FROM detections WHERE photo_id IN ({_LOST_PHOTOS})"),
    )
    if dry_run:
        return pruned
    vectors.forget(conn, conn.exec_driver_sql(_LOST_PHOTOS).scalars().all())
    # Ids are given out again: the history of other files must not speak of a photo that comes later.
    conn.exec_driver_sql(f"UPDATE file_history SET photo_id = NULL WHERE photo_id IN ({_LOST_PHOTOS})")
    conn.exec_driver_sql(f"DELETE FROM photos WHERE id IN ({_LOST_PHOTOS})")
    conn.exec_driver_sql(f"DELETE FROM files WHERE id IN ({_MISSING_FILES})")
    conn.exec_driver_sql(f"DELETE FROM folders WHERE id IN ({_EMPTY_FOLDERS})")
    return pruned


def _count(conn: Connection, statement: str) -> int:
    return int(conn.exec_driver_sql(statement).scalar_one())
