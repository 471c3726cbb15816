"""Rows of folders, and lists cut into pieces that one statement takes."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from phototag.store.paths import text_column
from phototag.store.tables import folders

T = TypeVar("T")


def chunks(items: Sequence[T], size: int = 500) -> Iterator[Sequence[T]]:
    """The items in pieces of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def folder_id(conn: Connection, root_id: int, path: bytes) -> int:
    """The row of a folder, added where it is new."""
    find = select(folders.c.id).where(folders.c.root_id == root_id, folders.c.path == path)
    found = conn.execute(find).scalar_one_or_none()
    if found is None:
        conn.execute(insert(folders).values(root_id=root_id, path=path, path_text=text_column(path)))
        found = conn.execute(find).scalar_one()
    return int(found)
