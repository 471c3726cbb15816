"""Opening the index: one SQLite file, one connection, explicit transactions."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.pool import NullPool

from phototag.errors import PhototagError
from phototag.store import faults, migrate
from phototag.store.filesystem import is_network
from phototag.store.lock import writer_lock
from phototag.store.schema import is_current
from phototag.store.sqlite import connect, has_content, index_path, make_file

_UPGRADE_WAIT_SECONDS = 30.0
_NETWORK_NOTE = "The index lies on a network file system: its journal mode is DELETE, so searching waits for writing."

# Without a handler Python prints SQLAlchemy's warnings on stderr: with a traceback, where Ctrl-C comes during a close.
logging.getLogger("sqlalchemy").addHandler(logging.NullHandler())


class Index:
    """An open index: one connection, for one thread.

    `notes` are things that the user should hear once. Transactions: `read()` sees one state of the index, also while
    another process writes; `begin()` commits or rolls back; `rehearse()` always rolls back.
    """

    def __init__(self, path: Path, engine: Engine, *, writable: bool, notes: tuple[str, ...]) -> None:
        self.path = path
        self.engine = engine
        self.writable = writable
        self.notes = notes
        self.connection = engine.connect()

    def lock(self, wait: float = 0.0) -> AbstractContextManager[None]:
        """Hold the one writer's lock; waits up to `wait` seconds. Raises LockedError."""
        return writer_lock(self.path, wait)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads, and sees one state of the index."""
        with self._transaction("BEGIN") as conn:
            yield conn

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that writes: committed at the end, rolled back on an exception."""
        with self._transaction("BEGIN IMMEDIATE") as conn:
            yield conn

    @contextmanager
    def rehearse(self) -> Iterator[Connection]:
        """A transaction whose writes are always rolled back."""
        with self._transaction("BEGIN IMMEDIATE") as conn:
            yield conn
            conn.rollback()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Connection]:
        conn = self.connection.execution_options(phototag_begin=begin)
        with conn.begin():
            yield conn

    def close(self) -> None:
        """Close the file."""
        self.connection.close()
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_index(where: str | os.PathLike[str], *, write: bool) -> Index:
    """Open the index at a path or a `sqlite:///` address; with `write` it is created where there is none.

    An index of an older version is upgraded, after a backup copy. Raises IndexFileError (and IndexTooNewError,
    IndexCorruptError) where it can't be opened, LockedError where an upgrade has to wait for another run.
    """
    path = index_path(where)
    if not write and not has_content(path):
        raise faults.absent(path)
    if write:
        make_file(path)
    prepare(path)
    return _connect(path, write=write)


def prepare(path: Path) -> None:
    """Create or upgrade the schema where that is needed, under the writer's lock."""
    with _connect(path, write=False) as index, index.read() as conn:
        if is_current(conn, path):
            return
    with writer_lock(path, _UPGRADE_WAIT_SECONDS), _connect(path, write=True) as index:
        migrate.upgrade(index.connection, path)


def _connect(path: Path, *, write: bool) -> Index:
    network = is_network(path.parent)
    engine = create_engine(
        "sqlite+pysqlite://",
        creator=lambda: connect(path, write=write, network=network),
        poolclass=NullPool,
    )
    event.listen(engine, "begin", _begin)
    event.listen(engine, "handle_error", _translator(path))
    notes = (_NETWORK_NOTE,) if write and network else ()
    return Index(path, engine, writable=write, notes=notes)


def _begin(conn: Connection) -> None:
    conn.exec_driver_sql(conn.get_execution_options().get("phototag_begin", "BEGIN"))


def _translator(path: Path) -> Callable[[ExceptionContext], PhototagError | None]:
    def handle(context: ExceptionContext) -> PhototagError | None:
        return faults.translate(context.original_exception, path)

    return handle
