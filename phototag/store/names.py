"""The names of labels, each stored once."""

from collections.abc import Collection

from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite import insert

from phototag.store import reading
from phototag.store.pieces import chunks
from phototag.store.tables import names


def intern(conn: Connection, wanted: Collection[str]) -> dict[str, int]:
    """The row of every name; those that are new are added."""
    found = find(conn, wanted)
    if new := sorted(set(wanted) - found.keys()):
        conn.execute(insert(names).on_conflict_do_nothing(), [{"name": name} for name in new])
        found |= find(conn, new)
    return found


def find(conn: reading.Connection, wanted: Collection[str]) -> dict[str, int]:
    """The rows of those names that the index has."""
    found: dict[str, int] = {}
    for part in chunks(sorted(wanted)):
        marks = ",".join("?" * len(part))
        rows = conn.exec_driver_sql(f"SELECT name, id FROM names WHERE name IN ({marks})", tuple(part))
        found.update((name, number) for name, number in rows)
    return found
