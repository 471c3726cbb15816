"""Queries that the user gave a name."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from phototag.store.clock import now
from phototag.store.tables import saved


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """A query as it was typed, under its name."""

    name: str
    query: str


def save_query(conn: Connection, name: str, query: str) -> None:
    """Keep a query under a name; one of that name is replaced."""
    upsert = insert(saved).values(name=name, query=query, at=now())
    conn.execute(upsert.on_conflict_do_update(index_elements=["name"], set_={"query": query, "at": now()}))


def find_query(conn: Connection, name: str) -> str | None:
    """The query of that name."""
    found: str | None = conn.execute(select(saved.c.query).where(saved.c.name == name)).scalar_one_or_none()
    return found


def forget_query(conn: Connection, name: str) -> bool:
    """Drop a name; whether there was one."""
    return conn.execute(delete(saved).where(saved.c.name == name)).rowcount > 0


def list_queries(conn: Connection) -> tuple[SavedQuery, ...]:
    """Every saved query, by name."""
    return tuple(SavedQuery(row.name, row.query) for row in conn.execute(select(saved).order_by(saved.c.name)))
