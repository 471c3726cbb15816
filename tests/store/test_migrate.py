"""Versions of the schema."""

import os
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Connection

from phototag.errors import IndexFileError, IndexTooNewError
from phototag.store import migrate
from phototag.store.engine import open_index
from phototag.store.migrate import Step
from phototag.store.upkeep import check
from tests.store.library import Library


def add_column(conn: Connection) -> None:
    conn.exec_driver_sql("ALTER TABLE photos ADD COLUMN stars INTEGER")


def rebuild(conn: Connection) -> None:
    conn.exec_driver_sql("CREATE TABLE names_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, note TEXT)")
    conn.exec_driver_sql("INSERT INTO names_new (id, name) SELECT id, name FROM names")
    conn.exec_driver_sql("DROP TABLE names")
    conn.exec_driver_sql("ALTER TABLE names_new RENAME TO names")


def fail(conn: Connection) -> None:
    conn.exec_driver_sql("CREATE TABLE half (id INTEGER)")
    conn.exec_driver_sql("DELETE FROM files")
    raise ZeroDivisionError


def break_references(conn: Connection) -> None:
    conn.exec_driver_sql("DELETE FROM names")


NEWEST = migrate.newest()
STEPS = (*migrate.STEPS, Step(NEWEST + 1, "stars", add_column), Step(NEWEST + 2, "notes", rebuild))


@pytest.fixture
def photos(library: Library) -> Library:
    library.write("one/a.jpg", b"A")
    library.index("one")
    return library


def test_a_new_index_is_recorded(library: Library) -> None:
    with library.open():
        pass
    assert library.rows("SELECT version, name FROM migrations") == [(NEWEST, "create")]
    with library.db.open("rb") as stream:
        assert stream.read(72)[68:] == b"PTAG"


def test_each_step_is_recorded_after_a_backup(photos: Library) -> None:
    with photos.open() as index:
        migrate.upgrade(index.connection, photos.db, STEPS)
        with index.read() as conn:
            assert conn.exec_driver_sql("PRAGMA user_version").scalar_one() == NEWEST + 2
            assert conn.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
            assert [tuple(row) for row in conn.exec_driver_sql("SELECT version, name FROM migrations")] == [
                (NEWEST, "create"),
                (NEWEST + 1, "stars"),
                (NEWEST + 2, "notes"),
            ]
            assert conn.exec_driver_sql("SELECT count(*) FROM v_objects").scalar_one() == 2
            assert check(conn) == ()
        migrate.upgrade(index.connection, photos.db, STEPS)
    saved = photos.db.with_name(f"index.db.backup-v{NEWEST}")
    assert saved.stat().st_mode & 0o777 == 0o600
    with open_index(saved, write=False) as index, index.read() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM v_objects").scalar_one() == 2
    with pytest.raises(IndexTooNewError):
        open_index(photos.db, write=True)


@pytest.mark.parametrize(("apply", "error"), [(fail, ZeroDivisionError), (break_references, IndexFileError)])
def test_a_step_that_fails_leaves_the_version_before_it(photos: Library, apply: object, error: type[Exception]) -> None:
    assert callable(apply)
    steps = (*STEPS[:-1], Step(NEWEST + 2, "fails", apply))
    with photos.open() as index:
        with pytest.raises(error):
            migrate.upgrade(index.connection, photos.db, steps)
        with index.read() as conn:
            assert conn.exec_driver_sql("PRAGMA user_version").scalar_one() == NEWEST + 1
            assert conn.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
            assert conn.exec_driver_sql("SELECT count(*) FROM v_objects").scalar_one() == 2
            assert conn.exec_driver_sql("SELECT count(*) FROM sqlite_master WHERE name = 'half'").scalar_one() == 0
            assert check(conn) == ()


def test_no_upgrade_without_a_backup(photos: Library) -> None:
    (photos.db.with_name(f"index.db.backup-v{NEWEST}")).mkdir()
    with photos.open() as index:
        with pytest.raises(IndexFileError, match="can't copy"):
            migrate.upgrade(index.connection, photos.db, STEPS)
        with index.read() as conn:
            assert conn.exec_driver_sql("PRAGMA user_version").scalar_one() == NEWEST


def test_the_steps_lead_to_the_schema_of_a_new_index(tmp_path: Path) -> None:
    """`schema-v1.sql` is the first schema, frozen: what comes later needs a step."""
    assert [step.version for step in migrate.STEPS] == list(range(2, migrate.newest() + 1))
    first = Path(__file__).with_name("schema-v1.sql").read_text("utf-8")
    with open_index(tmp_path / "new.db", write=True) as index, index.read() as conn:
        expected = schema(conn)
    old = tmp_path / "old.db"
    os.close(os.open(old, os.O_CREAT | os.O_RDWR, 0o600))
    raw = sqlite3.connect(old)
    raw.executescript(first)
    raw.close()
    with open_index(old, write=True) as index, index.read() as conn:
        assert schema(conn) == expected


def schema(conn: Connection) -> set[str]:
    rows = conn.exec_driver_sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")
    return {" ".join(row[0].split()) for row in rows}
