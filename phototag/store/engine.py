"""Opening the index: one SQLite file, one connection, explicit transactions."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from phototag.errors import IndexFileError, PhototagError, UsageError
from phototag.store import faults, migrate
from phototag.store.filesystem import is_network
from phototag.store.lock import writer_lock

_BUSY_SECONDS = 30.0
_UPGRADE_WAIT_SECONDS = 30.0
_WRITER_PRAGMAS = ("foreign_keys = ON", "cache_size = -65536", "wal_autocheckpoint = 4000")
_READER_PRAGMAS = (
    "foreign_keys = ON",
    "cache_size = -16384",
    "mmap_size = 1073741824",
    "temp_store = MEMORY",
    "query_only = ON",
)
_LOCAL_PRAGMAS = ("journal_mode = WAL", "synchronous = NORMAL")
_NETWORK_PRAGMAS = ("journal_mode = DELETE", "synchronous = FULL")
_NETWORK_NOTE = "The index lies on a network file system: its journal mode is DELETE, so searching waits for writing."


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
    if not write and not _has_content(path):
        raise faults.absent(path)
    if write:
        _make_file(path)
    _prepare(path)
    return _connect(path, write=write)


def index_path(where: str | os.PathLike[str]) -> Path:
    """The file that `--db` names, absolute. Raises UsageError for an address that is not a SQLite file's."""
    text = os.fspath(where)
    if "://" not in text:
        return Path(os.path.abspath(os.path.expanduser(text)))
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise UsageError(f"not an address of an index: {text}") from error
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        raise UsageError(
            f"not an address of an index: {text}", hint="An index is a SQLite file: a path, or sqlite:///PATH."
        )
    return Path(os.path.abspath(str(url.database)))


def _has_content(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _unopened(path, error) from error


def _make_file(path: Path) -> None:
    """An index holds places and times: only its owner may read it."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise _unopened(path, error) from error


def _unopened(path: Path, error: OSError) -> IndexFileError:
    return IndexFileError(
        f"can't open the index {path}: {error.strerror}",
        hint="Check the permissions of the file and of its folder, or name another index with `--db PATH`.",
    )


def _prepare(path: Path) -> None:
    """Create or upgrade the schema where that is needed, under the writer's lock."""
    with _connect(path, write=False) as index, index.read() as conn:
        if migrate.is_current(conn, path):
            return
    with writer_lock(path, _UPGRADE_WAIT_SECONDS), _connect(path, write=True) as index:
        migrate.upgrade(index.connection, path)


def _connect(path: Path, *, write: bool) -> Index:
    network = is_network(path.parent)
    engine = create_engine(
        "sqlite+pysqlite://",
        creator=lambda: _open_sqlite(path, write=write, network=network),
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


def _open_sqlite(path: Path, *, write: bool, network: bool) -> sqlite3.Connection:
    """A connection with its settings; a reader falls back to what a read-only folder allows."""
    modes = ["mode=rw"] if write or _is_writable(path) else []
    if not write:
        modes += ["mode=ro", *([] if _has_journal(path) else ["immutable=1"])]
    for mode in modes:
        raw = None
        try:
            # Without an isolation level the driver never begins a transaction of its own, so DDL rolls back too.
            raw = sqlite3.connect(
                f"{path.as_uri()}?{mode}",
                uri=True,
                timeout=_BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )
            raw.execute("SELECT count(*) FROM sqlite_master").fetchone()
            for pragma in _pragmas(write=write, network=network):
                raw.execute(f"PRAGMA {pragma}").fetchall()
        except sqlite3.Error as error:
            if raw is not None:
                raw.close()
            if mode != modes[-1] and isinstance(error, sqlite3.OperationalError):
                continue
            raise faults.translate(error, path) or error from error
        else:
            return raw
    raise AssertionError("there is always one mode to try")


def _pragmas(*, write: bool, network: bool) -> tuple[str, ...]:
    if not write:
        return _READER_PRAGMAS
    return (*_WRITER_PRAGMAS, *(_NETWORK_PRAGMAS if network else _LOCAL_PRAGMAS))


def _is_writable(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _has_journal(path: Path) -> bool:
    """Whether committed rows may lie outside the database file, where an immutable open would not see them."""
    return _has_content(path.with_name(path.name + "-wal"))
