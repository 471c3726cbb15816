"""Files that a run found though it knows their photos from a place it did not walk: they may have moved from there.

Looking there belongs to the caller; nothing here touches the disk.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from phototag.store import liveness, sweep
from phototag.store.paths import absolute
from phototag.store.presence import MISSING, PRESENT


@dataclass(frozen=True, slots=True)
class Twin:
    """A file that should still be there, outside of what was walked, with the same photo as one that this run found."""

    file_id: int
    photo_id: int
    root_id: int
    root: bytes
    path: bytes


# `walked` has the folders that the run listed (`phototag.store.sweep`). Most runs find few files: they come first,
# and their twins are sought.
_TWINS = f"""
    SELECT DISTINCT f.id, f.photo_id, r.id, r.path, d.path, f.name
    FROM files n CROSS JOIN files f ON f.photo_id = n.photo_id AND f.id <> n.id AND f.state = {PRESENT}
    JOIN folders d ON d.id = f.folder_id AND NOT d.offline JOIN roots r ON r.id = d.root_id AND NOT r.offline
    WHERE n.run_id = ? AND n.state = {PRESENT}
    AND NOT EXISTS (SELECT 1 FROM walked w WHERE w.root_id = d.root_id AND w.path = d.path)"""


def twins(conn: Connection, run_id: int) -> Iterator[Twin]:
    """The twins of all files that are new or changed since this run, after its sweep."""
    for file_id, photo_id, root_id, root, folder, name in conn.exec_driver_sql(_TWINS, (run_id,)).fetchall():
        yield Twin(file_id, photo_id, root_id, root, absolute(root, folder, name))


def mark_moved(conn: Connection, moved: Sequence[Twin]) -> None:
    """These are no longer where they were."""
    if moved:
        conn.exec_driver_sql(f"UPDATE files SET state = {MISSING} WHERE id = ?", [(twin.file_id,) for twin in moved])
        liveness.touch(conn, {twin.photo_id for twin in moved})
        liveness.settle(conn)


def mark_away(conn: Connection, root_id: int) -> None:
    """This root is not there now."""
    sweep.root_offline(conn, root_id, "the folder is gone or empty")
    liveness.settle(conn)
