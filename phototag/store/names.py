"""The names of labels, each stored once."""

from collections.abc import Collection

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from phototag.store.folders import chunks
from phototag.store.tables import names


def intern(conn: Connection, wanted: Collection[str]) -> dict[str, int]:
    """The row of every name; those that are new are added."""
    found = find(conn, wanted)
    if new := sorted(set(wanted) - found.keys()):
        conn.execute(insert(names).on_conflict_do_nothing(), [{"name": name} for name in new])
        found |= find(conn, new)
    return found


def find(conn: Connection, wanted: Collection[str]) -> dict[str, int]:
    """The rows of those names that the index has."""
    found: dict[str, int] = {}
    for part in chunks(sorted(wanted)):
        query = select(names.c.name, names.c.id).where(names.c.name.in_(part))
        found.update((row.name, row.id) for row in conn.execute(query))
    return found
