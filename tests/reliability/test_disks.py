"""Disks that are full or closed, files that are no index: a clear message, code 4, and nothing of the index lost."""

import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.reliability.indexing import Run, analysed, content, fill, sound

NO_INDEX = b"There is no SQLite in here, whatever the name says. " * 100


def index_with_limit(gallery: Path, limit: int) -> "subprocess.CompletedProcess[bytes]":
    """`phototag index`, which may write no file longer than `limit` bytes."""
    return subprocess.run(
        [sys.executable, "-m", "phototag", "index", gallery, "--workers", "1"],
        capture_output=True,
        timeout=120,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )


def test_a_database_that_can_grow_no_more(phototag: Run, gallery: Path, database: Path) -> None:
    phototag("index", gallery)
    before = content(database)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    fill(gallery, 60)
    done = index_with_limit(gallery, 100_000)  # the journal of so many photos is longer
    assert done.returncode == 4, done.stderr
    assert b"unusable" in done.stderr
    assert b"Traceback" not in done.stderr
    assert sound(database)
    kept = content(database)
    assert set(before["objects"]) <= set(kept["objects"])
    assert b"two people.jpg" in phototag("search", "person>=2").stdout
    assert json.loads(phototag("index", "--json").stdout)["failed"] == []
    assert analysed(database) == 64


def test_a_full_disk(
    phototag: Run, gallery: Path, tmp_path: Path, mounted: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted(disk, "size=1m")
    database = disk / "index.db"
    monkeypatch.setenv("PHOTOTAG_DB", str(database))
    phototag("index", gallery)
    before = content(database)
    (disk / "ballast").write_bytes(b"\0" * (shutil.disk_usage(disk).free - 20_000))
    fill(gallery, 60)
    full = phototag("index", code=4).stderr.decode()
    assert "the disk is full" in full
    assert "Free some space" in full
    assert set(before["objects"]) <= set(content(database)["objects"])
    assert b"two people.jpg" in phototag("search", "person>=2").stdout
    (disk / "ballast").unlink()
    phototag("index")
    assert sound(database)
    assert analysed(database) == 64


def test_a_disk_that_is_full_from_the_start(
    phototag: Run, gallery: Path, tmp_path: Path, mounted: Callable[..., object]
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted(disk, "size=64k")
    assert b"the disk is full" in phototag("index", gallery, "--db", disk / "index.db", code=4).stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a read-only mount")
def test_a_read_only_disk(phototag: Run, gallery: Path, tmp_path: Path, mounted: Callable[..., object]) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted(disk)
    database = disk / "index.db"
    phototag("index", gallery, "--db", database)
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    refused = phototag("index", gallery, "--db", database, code=4).stderr.decode()
    assert str(disk) in refused
    assert "--db PATH" in refused
    assert b"two people.jpg" in phototag("search", "person>=2", "--db", database).stdout
    assert b"there is no index" in phototag("search", "person", "--db", disk / "other.db", code=4).stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_folder_without_permission(phototag: Run, gallery: Path, database: Path) -> None:
    phototag("index", gallery)
    database.parent.chmod(0o500)
    try:
        phototag("index", gallery, code=4)
        phototag("search", "person")
    finally:
        database.parent.chmod(0o700)


@pytest.mark.parametrize("command", [("index", "GALLERY"), ("search", "person"), ("count", "person")])
def test_a_file_that_is_no_database(phototag: Run, gallery: Path, database: Path, command: tuple[str, ...]) -> None:
    database.parent.mkdir()
    database.write_bytes(NO_INDEX)
    words = [gallery if word == "GALLERY" else word for word in command]
    told = phototag(*words, code=4).stderr.decode()
    assert str(database) in told
    assert "phototag db restore" in told
    assert database.read_bytes() == NO_INDEX


def test_a_damaged_index(phototag: Run, gallery: Path, database: Path) -> None:
    phototag("index", gallery)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = connection.execute("PRAGMA page_size").fetchone()[0]
    whole = database.read_bytes()
    database.write_bytes(whole[:page] + os.urandom(len(whole) - page))
    broken = database.read_bytes()
    fill(gallery, 3)
    for command in (("index", gallery), ("search", "person"), ("count", "person")):
        assert b"damaged" in phototag(*command, code=4).stderr
    assert database.read_bytes() == broken


def test_the_database_of_another_program(phototag: Run, gallery: Path, database: Path) -> None:
    database.parent.mkdir()
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE bookmarks (title TEXT)")
        connection.execute("INSERT INTO bookmarks VALUES ('mine')")
        connection.commit()
    before = database.read_bytes()
    for command in (("index", gallery), ("search", "person")):
        assert b"another program" in phototag(*command, code=4).stderr
    assert database.read_bytes() == before
