"""Reading an index without SQLAlchemy, whose import takes longer than most answers."""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from phototag.store import faults
from phototag.store.schema import is_current
from phototag.store.sqlite import connect, has_content, index_path


@contextmanager
def open_reader(where: str | os.PathLike[str]) -> Iterator["Reader"]:
    """The index at a path or a `sqlite:///` address, in one state of it, also while another process writes.

    An index of an older version is upgraded, after a backup copy. Raises IndexFileError (and IndexTooNewError,
    IndexCorruptError) where it can't be opened, LockedError where an upgrade has to wait for another run.
    """
    path = index_path(where)
    if not has_content(path):
        raise faults.absent(path)
    with reader(path) as conn:
        if is_current(conn, path):
            yield conn
            return
    from phototag.store.engine import prepare

    prepare(path)
    with reader(path) as conn:
        yield conn


@contextmanager
def reader(path: Path) -> Iterator["Reader"]:
    """A file as it is now, whatever its version."""
    with closing(connect(path, write=False)) as driver:
        conn = Reader(driver, path)
        conn.exec_driver_sql("BEGIN")
        yield conn


class Reader:
    """A connection that only reads, on the driver itself. Its errors are those of `phototag.errors`."""

    def __init__(self, driver: sqlite3.Connection, path: Path) -> None:
        self.driver = driver
        self.path = path

    def exec_driver_sql(self, statement: str, parameters: Any = None, /) -> "ReadRows":
        """Run a statement with its parameters, a sequence for `?` or a mapping for `:name`."""
        with _translated(self.path):
            return ReadRows(self.driver.execute(statement, parameters or ()), self.path)


class ReadRows:
    """The rows of one statement, read from the file as they are asked for."""

    def __init__(self, cursor: sqlite3.Cursor, path: Path) -> None:
        self.cursor = cursor
        self.path = path

    def __iter__(self) -> Iterator[Any]:
        with _translated(self.path):
            yield from self.cursor

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        return list(self)

    def first(self) -> Any:
        """The first row, None without rows."""
        row = next(iter(self), None)
        self.cursor.close()
        return row

    def one(self) -> Any:
        """The only row."""
        (row,) = self
        return row

    def scalars(self) -> "ReadScalars":
        """The first column."""
        return ReadScalars(self)

    def scalar_one(self) -> Any:
        """The first value of the only row."""
        return self.one()[0]

    def scalar_one_or_none(self) -> Any:
        """The first value of the first row, None without rows."""
        row = self.first()
        return None if row is None else row[0]


class ReadScalars:
    """The first column of rows."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self.rows = rows

    def __iter__(self) -> Iterator[Any]:
        return (row[0] for row in self.rows)

    def all(self) -> list[Any]:
        """All that are left."""
        return list(self)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise faults.translate(error, path) or error from error
