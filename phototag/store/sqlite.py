"""The file of an index, and bare connections to it with their settings."""

import os
import sqlite3
from pathlib import Path
from typing import Any

from phototag.errors import IndexFileError, LockedError, UsageError
from phototag.query.places import distance_km
from phototag.store import bits, faults

_BUSY_SECONDS = 30.0
_WRITER_PRAGMAS = ("foreign_keys = ON", "cache_size = -16384", "wal_autocheckpoint = 4000")
_READER_PRAGMAS = (
    "foreign_keys = ON",
    "cache_size = -16384",
    "mmap_size = 1073741824",
    "temp_store = MEMORY",
    "query_only = ON",
)
_LOCAL_PRAGMAS = ("journal_mode = WAL", "synchronous = NORMAL")
_NETWORK_PRAGMAS = ("journal_mode = DELETE", "synchronous = FULL")


def index_path(where: str | os.PathLike[str]) -> Path:
    """The file that `--db` names, absolute. Raises UsageError for an address that is not a SQLite file's.

    Of a link it is the file behind it: the log, the lock and the kind of file system are that file's.
    """
    text = os.fspath(where)
    path = os.path.abspath(_in_address(text) if "://" in text else os.path.expanduser(text))
    return Path(os.path.realpath(path) if os.path.islink(path) and os.path.exists(path) else path)


def _in_address(text: str) -> str:
    from sqlalchemy.engine import make_url  # most indexes are named by a path
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(text)
    except ArgumentError as error:
        raise UsageError(f"not an address of an index: {text}") from error
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        raise UsageError(
            f"not an address of an index: {text}", hint="An index is a SQLite file: a path, or sqlite:///PATH."
        )
    return str(url.database)


def has_content(path: Path) -> bool:
    """Whether there is a file that is not empty. Raises IndexFileError where that can't be told."""
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _unopened(path, error) from error


def make_file(path: Path) -> None:
    """Make the file where there is none. An index holds places and times: only its owner may read it."""
    try:
        if path.exists() and not path.is_file():  # a pipe would never open, and a device leaves its lock in /dev
            raise IndexFileError(
                f"can't open the index {path}: it is no file", hint="Name another one with `--db PATH`."
            )
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise _unopened(path, error) from error


def connect(path: Path, *, write: bool, network: bool = False) -> sqlite3.Connection:
    """A connection with its settings; a reader falls back to what a read-only folder allows.

    Without an isolation level the driver never begins a transaction of its own, so that DDL rolls back too.
    """
    modes = ["mode=rw"] if write or _is_writable(path) else []
    if not write:
        modes += ["mode=ro", *([] if _has_journal(path) else ["immutable=1"])]
    for mode in modes:
        raw = None
        try:
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
            fault = faults.translate(error, path)
            # Who writes long only has to be waited for: another mode would not see what is half done.
            if mode != modes[-1] and isinstance(error, sqlite3.OperationalError) and not isinstance(fault, LockedError):
                continue
            raise fault or error from error
        else:
            register_functions(raw)
            return raw
    raise AssertionError("there is always one mode to try")


def register_functions(driver: Any) -> None:
    """Give a connection of the driver the functions that compiled statements call."""
    bits.register(driver)
    driver.create_function("distance_km", 4, distance_km, deterministic=True)


def _pragmas(*, write: bool, network: bool) -> tuple[str, ...]:
    if not write:
        return _READER_PRAGMAS
    return (*_WRITER_PRAGMAS, *(_NETWORK_PRAGMAS if network else _LOCAL_PRAGMAS))


def _unopened(path: Path, error: OSError) -> IndexFileError:
    return IndexFileError(
        f"can't open the index {path}: {error.strerror}",
        hint="Check the permissions of the file and of its folder, or name another index with `--db PATH`.",
    )


def _is_writable(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _has_journal(path: Path) -> bool:
    """Whether an immutable open would see another state than the committed one: rows may lie outside the database file,
    or a killed process may have left half a transaction in it."""
    return any(has_content(path.with_name(path.name + end)) for end in ("-wal", "-journal"))
