"""The schema's versions: numbered steps, each in one transaction with its record, after a backup copy.

A released step never changes. `tables.py` describes the newest schema; a new index is made from it at once, and a test
holds both ways to the same result. (Version 1 is the first schema, so it has no step.)
"""

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, insert

from phototag import __version__
from phototag.errors import IndexFileError
from phototag.store import correction_tables, history_tables, learning_tables, views
from phototag.store.clock import now
from phototag.store.schema import APPLICATION_ID, is_current, version_of
from phototag.store.tables import metadata, migrations


@dataclass(frozen=True, slots=True)
class Step:
    """What leads from the version before to `version`."""

    version: int
    name: str
    apply: Callable[[Connection], None]


def _stale_photos(conn: Connection) -> None:
    """Version 5: photos are stale one by one, and the planes, of which there are more kinds, are made anew."""
    conn.exec_driver_sql("DROP TABLE stale_chunks")
    conn.exec_driver_sql("CREATE TABLE stale_photos ( photo_id INTEGER NOT NULL, PRIMARY KEY (photo_id) )")
    conn.exec_driver_sql("DELETE FROM planes")
    conn.exec_driver_sql("DELETE FROM plane_thresholds")


def _places_and_cameras(conn: Connection) -> None:
    """Version 6: photos of a place or a camera are found at once."""
    conn.exec_driver_sql("CREATE INDEX files_by_camera ON files (camera)")
    conn.exec_driver_sql("CREATE INDEX files_by_place ON files (latitude, longitude) WHERE latitude IS NOT NULL")


STEPS: tuple[Step, ...] = (
    Step(2, "corrections", correction_tables.create),
    Step(3, "keywords, vectors, taught tags", learning_tables.create),
    Step(4, "history", history_tables.create),
    Step(5, "stale photos", _stale_photos),
    Step(6, "indexes by place and camera", _places_and_cameras),
)


def newest(steps: tuple[Step, ...] = STEPS) -> int:
    """The version that the steps lead to."""
    return steps[-1].version if steps else 1


def upgrade(conn: Connection, path: Path, steps: tuple[Step, ...] = STEPS) -> None:
    """Create the schema in an empty file, or bring an older one up to date after copying it to `*.backup-vN`.

    The caller holds the writer's lock, and no transaction.
    """
    with conn.begin():
        current = is_current(conn, path, newest(steps))
        version = version_of(conn, path)
    if current:  # another process was faster
        return
    if version == 0:
        _create(conn, newest(steps))
        return
    copy(driver_of(conn), path.with_name(f"{path.name}.backup-v{version}"))
    for step in steps:
        if step.version > version:
            _run(conn, step)


def copy(driver: sqlite3.Connection, target: Path) -> None:
    """A copy of the whole index, made while others read and write; `target` appears only when it is complete."""
    unfinished = target.with_name(target.name + ".part")
    try:
        os.close(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))
        other = sqlite3.connect(unfinished)
        try:
            driver.backup(other)
            other.execute("PRAGMA journal_mode = DELETE")
        finally:
            other.close()
        os.replace(unfinished, target)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):  # on a disk that may only be read there is nothing to remove
            unfinished.unlink(missing_ok=True)
        raise IndexFileError(
            f"can't copy the index to {target}: {error}", hint="Name another place, or free some space there."
        ) from error


def driver_of(conn: Connection) -> sqlite3.Connection:
    """The driver's own connection, in no transaction."""
    driver = conn.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - tells the type checker
    conn.rollback()
    return driver


def _create(conn: Connection, version: int) -> None:
    with conn.begin():
        metadata.create_all(conn, checkfirst=False)
        views.create(conn)
        conn.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        _record(conn, version, "create")


def _run(conn: Connection, step: Step) -> None:
    # Rebuilding a table needs the checks off, which is only possible outside of a transaction.
    driver = driver_of(conn)
    driver.execute("PRAGMA foreign_keys = OFF")
    try:
        with conn.begin():
            views.drop(conn)
            step.apply(conn)
            views.create(conn)
            _record(conn, step.version, step.name)
            if broken := conn.exec_driver_sql("PRAGMA foreign_key_check").fetchall():
                raise IndexFileError(f"upgrading to version {step.version} would break {len(broken)} references")
    finally:
        driver.execute("PRAGMA foreign_keys = ON")


def _record(conn: Connection, version: int, name: str) -> None:
    conn.execute(insert(migrations).values(version=version, name=name, program=__version__, at=now()))
    conn.exec_driver_sql(f"PRAGMA user_version = {version}")
