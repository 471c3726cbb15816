"""Queries that the user gave a name."""

from dataclasses import dataclass

from phototag.store.clock import now
from phototag.store.reading import Connection


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """A query as it was typed, under its name."""

    name: str
    query: str


def save_query(conn: Connection, name: str, query: str) -> None:
    """Keep a query under a name; one of that name is replaced."""
    conn.exec_driver_sql("INSERT OR REPLACE INTO saved (name, query, at) VALUES (?, ?, ?)", (name, query, now()))


def find_query(conn: Connection, name: str) -> str | None:
    """The query of that name."""
    found: str | None = conn.exec_driver_sql("SELECT query FROM saved WHERE name = ?", (name,)).scalar_one_or_none()
    return found


def forget_query(conn: Connection, name: str) -> bool:
    """Drop a name; whether there was one."""
    return conn.exec_driver_sql("DELETE FROM saved WHERE name = ? RETURNING name", (name,)).first() is not None


def list_queries(conn: Connection) -> tuple[SavedQuery, ...]:
    """Every saved query, by name."""
    return tuple(SavedQuery(*row) for row in conn.exec_driver_sql("SELECT name, query FROM saved ORDER BY name"))
