"""Opening an index: what is refused, who may read meanwhile, and what an error says."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from phototag.errors import IndexCorruptError, IndexFileError, IndexTooNewError, LockedError, UsageError
from phototag.store import sqlite
from phototag.store.engine import Index, open_index
from phototag.store.filesystem import is_network
from phototag.store.runs import list_runs, start_run
from phototag.store.sqlite import connect, index_path
from phototag.store.state import index_state
from tests.store.library import Library


def test_a_reader_needs_an_index(tmp_path: Path) -> None:
    with pytest.raises(IndexFileError, match="no index at") as caught:
        open_index(tmp_path / "index.db", write=False)
    assert "phototag index PATH" in caught.value.hint
    assert not (tmp_path / "index.db").exists()


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "data" / "index.db"
    with open_index(path, write=True) as index, index.lock(), index.begin() as conn:
        start_run(conn)
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert modes == dict.fromkeys(("index.db", "index.db-wal", "index.db-shm", "index.db.lock"), 0o600)


def test_readers_see_one_state_while_another_writes(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    with open_index(path, write=True) as writer, open_index(path, write=False) as reader:
        with writer.begin() as conn, reader.read() as seen:
            start_run(conn)
            assert list_runs(seen) == ()
        with reader.read() as seen, writer.begin() as conn:
            assert len(list_runs(seen)) == 1
            start_run(conn)
            assert len(list_runs(seen)) == 1


def test_a_reader_can_not_write(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    open_index(path, write=True).close()
    with open_index(path, write=False) as index, pytest.raises(IndexFileError, match="can't be written"), index.begin():
        pass


def half_done(index: Index) -> None:
    with index.begin() as conn:
        conn.exec_driver_sql("CREATE TABLE half (id INTEGER)")
        start_run(conn)
        _ = 1 / 0


def fill(index: Index) -> None:
    with index.begin() as conn:
        for _ in range(10_000):
            start_run(conn)


def test_a_failed_transaction_leaves_nothing_not_even_a_table(tmp_path: Path) -> None:
    with open_index(tmp_path / "index.db", write=True) as index:
        with pytest.raises(ZeroDivisionError):
            half_done(index)
        with index.rehearse() as conn:
            start_run(conn)
        with index.read() as conn:
            assert list_runs(conn) == ()
            assert conn.exec_driver_sql("SELECT count(*) FROM sqlite_master WHERE name = 'half'").scalar_one() == 0


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (id INTEGER)")
    other.close()
    before = path.read_bytes()
    for write in (True, False):
        with pytest.raises(IndexCorruptError, match="another program"):
            open_index(path, write=write)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["other.db"]


@pytest.mark.parametrize("content", [b"this is a letter, not a database" * 40, b"\0" * 5000])
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "index.db"
    path.write_bytes(content)
    for write in (True, False):
        with pytest.raises(IndexCorruptError, match="damaged"):
            open_index(path, write=write)
    assert path.read_bytes() == content


def test_a_damaged_index_says_so(library: Library) -> None:
    for number in range(40):
        library.write(f"one/{number}.jpg", bytes([number]) * 9)
    library.index("one")
    with library.db.open("r+b") as stream:
        stream.seek(4096 * 3)
        stream.write(os.urandom(4096 * 30))
    with pytest.raises(IndexCorruptError) as caught:
        library.rows("SELECT * FROM v_objects ORDER BY path")
    assert "restore" in caught.value.hint


def test_a_newer_index_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    with open_index(path, write=True) as index, index.begin() as conn:
        conn.exec_driver_sql("PRAGMA user_version = 99")
    for write in (True, False):
        with pytest.raises(IndexTooNewError, match="version 99"):
            open_index(path, write=write)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(IndexFileError, match="can't open"):
        open_index(tmp_path / "file" / "index.db", write=True)
    (tmp_path / "folder").mkdir()
    with pytest.raises(IndexFileError):
        open_index(tmp_path / "folder", write=True)


def test_addresses() -> None:
    assert index_path("sqlite:////data/i.db") == Path("/data/i.db")
    assert index_path("~/i.db") == Path("~/i.db").expanduser()
    assert index_path("i.db").is_absolute()
    for wrong in ("postgresql://host/db", "sqlite://", "sqlite:///:memory:", "x://["):
        with pytest.raises(UsageError, match="address of an index"):
            index_path(wrong)


def test_names_that_mean_something_in_an_address(tmp_path: Path) -> None:
    for name in (b"a?mode=ro#b%20.db", b"\xe9.db"):
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
        open_index(path, write=True).close()
        open_index(path, write=False).close()
        assert path.stat().st_size > 0


def test_ctrl_c_while_the_index_is_closed_prints_nothing(tmp_path: Path) -> None:
    program = """
import signal, sys
from phototag.store.engine import open_index

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
index = open_index(sys.argv[1], write=True)
index.engine.dialect.do_close = lambda connection: signal.raise_signal(signal.SIGINT)
try:
    index.close()
except KeyboardInterrupt:
    print("interrupted")
"""
    command = [sys.executable, "-c", program, str(tmp_path / "index.db")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("interrupted\n", "")


def test_a_link_names_the_index_behind_it(tmp_path: Path) -> None:
    """Its log and its lock lie beside the file, wherever the links to it do."""
    path, link = tmp_path / "disk" / "index.db", tmp_path / "link.db"
    link.symlink_to("disk/index.db")
    with pytest.raises(IndexFileError, match="no index at"):
        open_index(link, write=False)
    open_index(path, write=True).close()
    with open_index(link, write=True) as index, index.lock():
        before = index_state(link)
        with index.begin() as conn:
            start_run(conn)
        assert index_state(link) != before
        with open_index(path, write=True) as other, pytest.raises(LockedError), other.lock():
            pass
    assert sorted(os.listdir(tmp_path)) == ["disk", "link.db"]


def test_a_reader_waits_for_who_writes_and_never_reads_what_is_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a network file system, where there is no write-ahead log."""
    monkeypatch.setattr(sqlite, "_BUSY_SECONDS", 0.01)
    path, copied = tmp_path / "index.db", tmp_path / "copied" / "index.db"
    with open_index(path, write=True) as index:
        fill(index)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = DELETE")
        writer.execute("PRAGMA cache_size = 5")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE runs SET pid = -1")
        with pytest.raises(LockedError):
            connect(path, write=False)
        copied.parent.mkdir()
        for name in ("index.db", "index.db-journal"):  # what a killed writer leaves
            shutil.copy(tmp_path / name, copied.parent)
    monkeypatch.setattr(sqlite, "_is_writable", lambda _: False)
    with pytest.raises(IndexFileError, match="can't be written to"):
        connect(copied, write=False)
    monkeypatch.undo()
    with closing(connect(copied, write=False)) as reader:
        assert reader.execute("SELECT count(*) FROM runs WHERE pid < 0").fetchone() == (0,)


@pytest.mark.skipif(shutil.which("unshare") is None or os.geteuid() != 0, reason="needs a read-only mount")
def test_a_read_only_folder_can_be_searched(library: Library) -> None:
    library.write("one/a.jpg", b"A")
    library.index("one")
    code = f"""
from phototag.errors import IndexFileError
from pathlib import Path
from phototag.store.engine import open_index
from phototag.store.upkeep import backup
with open_index({str(library.db)!r}, write=False) as index, index.read() as conn:
    print(conn.exec_driver_sql("SELECT count(*) FROM v_objects").scalar_one())
with open_index({str(library.db)!r}, write=False) as index:
    try:
        backup(index, Path({str(library.db.with_name("copy.db"))!r}))
    except IndexFileError as error:
        print("refused", error.hint != "")
try:
    with open_index({str(library.db)!r}, write=True) as index, index.lock():
        pass
except IndexFileError as error:
    print("refused", error.hint != "")
"""
    mount = f"mount --bind {library.db.parent} {library.db.parent} && mount -o remount,bind,ro {library.db.parent}"
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", f'{mount} && exec "$0" -c "$1"', sys.executable, code],
        capture_output=True,
        text=True,
        check=False,
    )
    if "mount:" in done.stderr or "unshare" in done.stderr:
        pytest.skip("mounting is not allowed here")
    assert (done.stdout, done.stderr) == ("2\nrefused True\nrefused True\n", "")


def test_a_full_disk_leaves_the_index_as_it_was(library: Library) -> None:
    library.write("one/a.jpg", b"A")
    library.index("one")
    with library.open() as index:
        pages = index.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        index.connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        index.connection.rollback()
        with pytest.raises(IndexFileError, match="disk is full"):
            fill(index)
        with index.read() as conn:
            assert len(list_runs(conn)) == 1


def test_ordinary_folders_are_no_network(tmp_path: Path) -> None:
    assert not is_network(tmp_path)
