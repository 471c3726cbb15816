"""Backup, restore, check and vacuum. All work while others read."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection

from phototag.errors import IndexCorruptError, IndexFileError, UsageError
from phototag.store import faults, migrate, overruled
from phototag.store.clock import now
from phototag.store.engine import Index, open_index
from phototag.store.liveness import FIRST_FILE, LIVE, OFFLINE
from phototag.store.lock import writer_lock
from phototag.store.reader import Reader
from phototag.store.schema import is_current, version_of
from phototag.store.sqlite import has_content, index_path

_PARTS = ("", "-wal", "-shm")
_BUSY_SECONDS = 30.0


def backup(index: Index, target: Path) -> None:
    """Copy the index to a new file, which appears only when it is complete. Raises UsageError for a target that exists,
    and IndexFileError."""
    if target.exists():
        raise UsageError(f"{target} exists already", hint="Name a file that does not exist yet.")
    migrate.copy(migrate.driver_of(index.connection), target)


def restore(where: str | os.PathLike[str], source: Path, wait: float = 0.0) -> Path | None:
    """Put a backup in the place of the index; gives where the old index was copied, None if there was none.

    The backup is checked first. Raises LockedError, and IndexFileError (IndexCorruptError for a file that is no sound
    backup, IndexTooNewError for that of a newer phototag); the index is then as it was.
    """
    path = index_path(where)
    _check_source(source)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with writer_lock(path, wait):
        try:
            old = _set_aside(path) if has_content(path) else None
            if not path.exists():
                os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            # Through SQLite, not by renaming: who reads meanwhile sees the old state or the new one.
            with closing(_open(source, "ro")) as good, closing(_open(path, "rw")) as live:
                good.backup(live)
        except sqlite3.Error as error:
            raise faults.translate(error, path) or error from error
    open_index(path, write=True).close()  # upgrades a backup of an older version
    return old


def vacuum(index: Index) -> int:
    """Give the space of deleted rows back; gives the bytes that were saved. The caller holds the writer's lock."""
    driver = migrate.driver_of(index.connection)
    before = index.path.stat().st_size
    try:
        driver.execute("VACUUM")
        driver.execute("PRAGMA busy_timeout = 0")  # a reader that goes on only leaves the log's space for later
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.Error as error:
        raise faults.translate(error, index.path) or error from error
    return before - index.path.stat().st_size


def check(conn: Connection) -> tuple[str, ...]:
    """What is wrong with the index, in words; empty when it is sound. Reads all of it."""
    found = [row[0] for row in conn.exec_driver_sql("PRAGMA integrity_check(20)") if row[0] != "ok"]
    broken = conn.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    found += [f"a row of {row[0]} refers to a row of {row[2]} that is not there" for row in broken[:20]]
    for statement, what in _INVARIANTS.items():
        if number := conn.exec_driver_sql(statement).scalar_one():
            found.append(f"{number:,} {what}")
    return tuple(found)


_INVARIANTS = {
    f"SELECT count(*) FROM photos WHERE file_id IS NOT ({FIRST_FILE})": "photos show another than their first file",
    f"SELECT count(*) FROM photos WHERE offline <> {OFFLINE}": "photos are wrongly marked offline or online",
    f"SELECT count(*) FROM analyses WHERE live <> {LIVE}": "analyses wrongly answer queries, or do not",
    **{
        f"SELECT count(*) FROM {table} LEFT JOIN analyses a USING (photo_id, model_id) "
        f"WHERE {table}.live IS NOT {overruled.live(table)}": f"{table} wrongly answer queries, or do not"
        for table in ("words", "detections")
    },
}


def _check_source(source: Path) -> None:
    if not source.is_file():
        raise UsageError(f"there is no backup at {source}")
    try:
        with closing(_open(source, "ro")) as raw:
            version = version_of(Reader(raw, source), source)
            is_current(Reader(raw, source), source)
            verdict = raw.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise faults.translate(error, source) or IndexFileError(f"can't read {source}: {error}") from error
    if not version:
        raise faults.damaged(source, "it is empty")
    if verdict != "ok":
        raise faults.damaged(source, verdict)


def _set_aside(path: Path) -> Path:
    """Keep the index that is about to be replaced: a copy of a sound one, whatever its version; the files themselves of
    a damaged one."""
    moment = "".join(letter for letter in now() if letter.isalnum())
    target = path.with_name(f"{path.name}.before-restore-{moment}")
    try:
        with closing(_open(path, "rw")) as raw:
            version_of(Reader(raw, path), path)
            migrate.copy(raw, target)
    except IndexCorruptError:
        for part in _PARTS:
            if (file := path.with_name(path.name + part)).exists():
                os.replace(file, target.with_name(target.name + part))
    return target


def _open(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=_BUSY_SECONDS)
