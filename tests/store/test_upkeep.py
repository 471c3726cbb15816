"""Prune, backup, restore, check, vacuum, and the numbers."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from phototag.errors import IndexCorruptError, IndexFileError, IndexTooNewError, UsageError
from phototag.store.engine import open_index
from phototag.store.prune import Pruned, prune
from phototag.store.runs import finish_run, list_runs, start_run
from phototag.store.statistics import Completeness, completeness, statistics
from phototag.store.upkeep import backup, check, restore, vacuum
from tests.store.library import FINDER, Library


@pytest.fixture
def photos(library: Library) -> Library:
    for name in "abc":
        library.write(f"one/{name}.jpg", name.encode())
    library.write("one/copy.jpg", b"a")
    library.index("one")
    return library


def test_prune_deletes_what_is_missing_and_nothing_else(photos: Library) -> None:
    photos.write("two/d.jpg", b"d")
    photos.index("two")
    for name in ("a", "b"):
        (photos.top / f"one/{name}.jpg").unlink()
    (photos.top / "two").rename(photos.top / "away")
    photos.index()
    expected = Pruned(files=2, photos=1, objects=2)
    with photos.open() as index, index.begin() as conn:
        assert prune(conn, dry_run=True) == expected
        assert conn.exec_driver_sql("SELECT count(*) FROM files").scalar_one() == 5
        assert prune(conn, dry_run=False) == expected
        assert prune(conn, dry_run=False) == Pruned(0, 0, 0)
        assert check(conn) == ()
    assert photos.shown() == ["one/c.jpg", "one/copy.jpg", "two/d.jpg"]
    photos.write("one/b.jpg", b"b")
    assert len(photos.index().analysed) == 2


def test_a_removed_folder_leaves_no_row_after_prune(photos: Library) -> None:
    photos.write("one/x/z.jpg", b"z")
    photos.index()
    (photos.top / "one/x/z.jpg").rename(photos.top / "one/z.jpg")
    (photos.top / "one/x").rmdir()
    photos.index()
    with photos.open() as index, index.begin() as conn:
        assert prune(conn, dry_run=False).photos == 0
    assert photos.rows("SELECT path FROM folders") == [(b"",)]


def test_numbers(photos: Library) -> None:
    photos.write("one/d.jpg", b"d")
    photos.index(models=(FINDER,))
    (photos.top / "one/b.jpg").unlink()
    photos.index(models=(FINDER,))
    with photos.open() as index, index.read() as conn:
        assert completeness(conn) == Completeness(photos=3, classified=2, detected=3, complete=2)
        numbers = statistics(conn)
    assert (numbers.photos, numbers.waiting, numbers.offline) == (3, 1, 0)
    assert (numbers.files, numbers.missing, numbers.objects, numbers.labels) == (4, 1, 6, 2)
    assert numbers.bytes > 10_000


def test_numbers_of_an_empty_index(library: Library) -> None:
    with library.open() as index, index.read() as conn:
        assert completeness(conn) == Completeness(0, 0, 0, 0)
        assert statistics(conn).photos == 0


def test_runs_are_remembered(library: Library) -> None:
    with library.open() as index, index.begin() as conn:
        first, second = start_run(conn), start_run(conn)
        finish_run(conn, first, "{}")
        newest, oldest = list_runs(conn)
    assert (newest.id, newest.finished_at, newest.report) == (second, None, None)
    assert (oldest.report, oldest.finished_at is not None) == ("{}", True)


def test_a_backup_restores_everything_while_others_read(photos: Library, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with photos.open() as index:
        backup(index, copy)
        with pytest.raises(UsageError, match="exists already"):
            backup(index, copy)
    assert copy.stat().st_mode & 0o777 == 0o600
    photos.write("one/new.jpg", b"new")
    photos.index()
    with open_index(photos.db, write=False) as reader:
        with reader.read() as conn:
            assert conn.exec_driver_sql("SELECT count(*) FROM photos").scalar_one() == 4
            old = restore(photos.db, copy)
            assert conn.exec_driver_sql("SELECT count(*) FROM photos").scalar_one() == 4
        with reader.read() as conn:
            assert conn.exec_driver_sql("SELECT count(*) FROM photos").scalar_one() == 3
            assert check(conn) == ()
            assert conn.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    assert old is not None
    restore(photos.db, old)
    assert photos.rows("SELECT count(*) FROM photos") == [(4,)]


def test_restoring_over_a_damaged_index(photos: Library, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with photos.open() as index:
        backup(index, copy)
    photos.db.write_bytes(b"nothing of use" * 500)
    old = restore(photos.db, copy)
    assert old is not None
    assert old.read_bytes() == b"nothing of use" * 500
    assert photos.index().changes.unchanged == 4


def test_restoring_where_there_is_no_index(photos: Library, tmp_path: Path) -> None:
    with photos.open() as index:
        backup(index, tmp_path / "copy.db")
    assert restore(tmp_path / "other" / "index.db", tmp_path / "copy.db") is None
    with open_index(tmp_path / "other" / "index.db", write=False) as index, index.read() as conn:
        assert check(conn) == ()


def test_only_a_sound_backup_is_restored(photos: Library, tmp_path: Path) -> None:
    before = photos.rows("SELECT * FROM v_files")
    bad = tmp_path / "bad.db"
    with pytest.raises(UsageError, match="no backup"):
        restore(photos.db, bad)
    bad.write_bytes(b"letter" * 1000)
    with pytest.raises(IndexCorruptError):
        restore(photos.db, bad)
    with photos.open() as index:
        bad.unlink()
        backup(index, bad)
    with bad.open("r+b") as stream:
        stream.seek(4096 * 2)
        stream.write(b"\xff" * 4096 * 8)
    with pytest.raises(IndexCorruptError):
        restore(photos.db, bad)
    assert photos.rows("SELECT * FROM v_files") == before


@pytest.mark.parametrize("version", [1, 5, 99])
def test_restoring_over_an_index_of_another_version(photos: Library, tmp_path: Path, version: int) -> None:
    """Also of a newer one: who goes back to an older phototag needs the backup that the upgrade made."""
    with photos.open() as index:
        backup(index, tmp_path / "copy.db")
        set_version(photos.db, version)
    old = restore(photos.db, tmp_path / "copy.db")
    assert photos.index().changes.unchanged == 4
    assert old is not None
    with closing(sqlite3.connect(old)) as kept:
        assert kept.execute("PRAGMA user_version").fetchone() == (version,)


def test_a_backup_of_a_newer_phototag_is_not_restored(photos: Library, tmp_path: Path) -> None:
    with photos.open() as index:
        backup(index, tmp_path / "copy.db")
    set_version(tmp_path / "copy.db", 99)
    with pytest.raises(IndexTooNewError):
        restore(photos.db, tmp_path / "copy.db")
    assert photos.index().changes.unchanged == 4


def test_restoring_over_what_holds_no_index(photos: Library, tmp_path: Path) -> None:
    with photos.open() as index:
        backup(index, tmp_path / "copy.db")
    (tmp_path / "empty.db").touch()
    with pytest.raises(IndexCorruptError, match="empty"):
        restore(photos.db, tmp_path / "empty.db")
    assert restore(tmp_path / "empty.db", tmp_path / "copy.db") is None
    open_index(tmp_path / "empty.db", write=False).close()
    (tmp_path / "folder").mkdir()
    with pytest.raises(IndexFileError, match="can't be opened"):
        restore(tmp_path / "folder", tmp_path / "copy.db")


def set_version(path: Path, version: int) -> None:
    with closing(sqlite3.connect(path)) as raw:
        raw.execute(f"PRAGMA user_version = {version}")


def test_a_backup_to_nowhere(photos: Library, tmp_path: Path) -> None:
    with photos.open() as index, pytest.raises(IndexFileError, match="can't copy"):
        backup(index, tmp_path / "no" / "such" / "folder.db")


def test_vacuum_gives_space_back_while_others_read(photos: Library) -> None:
    with photos.open() as index, index.begin() as conn:
        conn.exec_driver_sql("CREATE TABLE filler (x BLOB)")
        conn.exec_driver_sql("INSERT INTO filler VALUES (zeroblob(2000000))")
        conn.exec_driver_sql("DROP TABLE filler")
    with photos.open() as index, index.lock(), open_index(photos.db, write=False) as reader:
        assert vacuum(index) > 1_900_000
        with reader.read() as conn:
            assert check(conn) == ()


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("UPDATE detections SET live = 0 WHERE photo_id = 1", "detections wrongly answer"),
        ("UPDATE words SET live = 0 WHERE photo_id = 1", "words wrongly answer"),
        ("UPDATE analyses SET live = 0", "analyses wrongly answer"),
        ("UPDATE photos SET file_id = NULL WHERE id = 2", "their first file"),
        ("UPDATE photos SET offline = 1", "marked offline"),
        ("UPDATE detections SET name_id = 999", "refers to a row of names"),
    ],
)
def test_check_finds_what_is_wrong(photos: Library, damage: str, found: str) -> None:
    with photos.open() as index:
        driver = index.connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA foreign_keys = OFF")
        with index.begin() as conn:
            assert check(conn) == ()
            conn.exec_driver_sql(damage)
            assert any(found in line for line in check(conn))
