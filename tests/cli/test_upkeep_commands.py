"""Looking after the index from the command line: db, prune, stats, runs, doctor."""

import json
import shutil
from pathlib import Path

import pytest

from tests.conftest import Run


@pytest.fixture(autouse=True)
def _database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHOTOTAG_DB", str(tmp_path / "index.db"))


def test_a_backup_brings_the_old_answers_back(phototag: Run, gallery: Path, tmp_path: Path) -> None:
    phototag("index", gallery)
    phototag("db", "backup", tmp_path / "copy.db")
    assert b"exists already" in phototag("db", "backup", tmp_path / "copy.db", code=2).stderr
    shutil.rmtree(gallery / "trip")
    (gallery / "walk.png").unlink()
    phototag("index")
    phototag("prune", "--yes")
    assert phototag("search", "object:dog").stdout == b""
    assert b"until now" in phototag("db", "restore", tmp_path / "copy.db").stderr.replace(b"\n", b" ")
    assert phototag("search", "object:dog").stdout.strip().endswith(b"walk.png")
    phototag("db", "check")
    phototag("db", "vacuum")
    assert b"no backup" in phototag("db", "restore", tmp_path / "nowhere.db", code=2).stderr


def test_check_and_doctor_find_a_damaged_index(phototag: Run, gallery: Path, tmp_path: Path) -> None:
    phototag("index", gallery)
    assert phototag("doctor").returncode == 0
    (tmp_path / "index.db").write_bytes(b"no database at all, whatever it is called" * 50)
    for part in ("-wal", "-shm"):
        (tmp_path / f"index.db{part}").unlink(missing_ok=True)
    assert b"phototag db restore" in phototag("db", "check", code=4).stderr
    told = json.loads(phototag("doctor", "--json", code=1).stdout)
    [fault] = [check for check in told if check["state"] == "fault" and check["name"] == "index"]
    assert "db restore" in fault["advice"]


def test_doctor_says_what_is_missing(phototag: Run, gallery: Path) -> None:
    fresh = {check["name"]: check for check in json.loads(phototag("doctor", "--json").stdout)}
    assert fresh["index"]["state"] == "note"
    assert "colours and squares" in fresh["models"]["found"]
    assert fresh["schedule"] == {"name": "schedule", "state": "ok", "found": "none", "advice": ""}
    phototag("index", gallery)
    gallery.rename(gallery.with_name("away"))
    roots = [check for check in json.loads(phototag("doctor", "--json").stdout) if check["name"] == "root"]
    assert [(root["state"], root["found"]) for root in roots] == [("note", f"{gallery} is not there")]
    table = phototag("doctor").stdout.decode()
    assert "is not there" in " ".join(table.split())


def test_prune_deletes_only_when_told(phototag: Run, gallery: Path) -> None:
    phototag("index", gallery)
    (gallery / "walk.png").unlink()
    phototag("index")
    would = json.loads(phototag("prune", "--json").stdout)
    assert (would["files"], would["photos"], would["done"]) == (1, 1, False)
    assert json.loads(phototag("stats", "--json").stdout)["missing"] == 1
    assert json.loads(phototag("prune", "--yes", "--json").stdout) == would | {"done": True}
    after = json.loads(phototag("stats", "--json").stdout)
    assert (after["photos"], after["waiting"], after["files"], after["missing"]) == (3, 0, 3, 0)
    assert b"photos" in phototag("stats").stdout


def test_runs_are_listed(phototag: Run, gallery: Path) -> None:
    phototag("index", gallery)
    phototag("index")
    first, second = json.loads(phototag("runs", "--json").stdout)
    assert (first["report"]["analysed"], second["report"]["analysed"]) == (0, 4)
    assert second["report"]["provider"] == "cpu"
    assert len(json.loads(phototag("runs", "-n", "1", "--json").stdout)) == 1
    told = phototag("runs").stdout
    assert b"interrupted" not in told
    assert b"new" in told


def test_bench_measures_and_recommends(phototag: Run, gallery: Path) -> None:
    told = json.loads(phototag("doctor", "--bench", "--json").stdout)
    assert {speed["provider"] for speed in told["measured"]} >= {"cpu"}
    assert all(speed["one"] > 0 for speed in told["measured"] if not speed["failed"])
    assert told["best"] in told["measured"]
