"""Rows of folders."""

import sqlite3
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from phototag.store.paths import text_column
from phototag.store.tables import folders


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
