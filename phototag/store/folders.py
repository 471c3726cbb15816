"""Rows of folders, and lists cut into pieces that one statement takes."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from phototag.store.paths import text_column
from phototag.store.tables import folders

T = TypeVar("T")


def chunks(items: Sequence[T], size: int = 500) -> Iterator[Sequence[T]]:
    """The items in pieces of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def fetch(conn: Connection, statement: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """All rows of a SELECT, straight from the driver: for the two that every folder of every run needs."""
    driver = conn.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        with suppress(sqlite3.Error):  # the slow way says what is wrong
            return driver.execute(statement, parameters).fetchall()
    return [tuple(row) for row in conn.exec_driver_sql(statement, parameters)]


def folder_id(conn: Connection, root_id: int, path: bytes) -> int:
    """The row of a folder, added where it is new."""
    find = select(folders.c.id).where(folders.c.root_id == root_id, folders.c.path == path)
    found = conn.execute(find).scalar_one_or_none()
    if found is None:
        conn.execute(insert(folders).values(root_id=root_id, path=path, path_text=text_column(path)))
        found = conn.execute(find).scalar_one()
    return int(found)
