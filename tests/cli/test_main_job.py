"""The main job as a user does it: index, search, count, show, through real processes and tiny real models."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run


def report(phototag: Run, *arguments: str | Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(phototag("index", *arguments, "--json").stdout)
    return document


def paths(phototag: Run, *query: str) -> list[str]:
    return [os.path.basename(line) for line in phototag("search", *query).stdout.decode().splitlines()]


def test_index_says_what_it_did(phototag: Run, gallery: Path) -> None:
    first = report(phototag, gallery)
    assert {name: first[name] for name in ("seen", "new", "analysed", "unchanged", "missing", "failed", "offline")} == {
        "seen": 4, "new": 4, "analysed": 4, "unchanged": 0, "missing": 0, "failed": [], "offline": [],
    }  # fmt: skip
    assert first["models"] == {"classify": "colours", "detect": "squares"}
    again = report(phototag)
    assert (again["seen"], again["unchanged"], again["analysed"], again["new"]) == (4, 4, 0, 0)


def test_search_and_count(phototag: Run, gallery: Path) -> None:
    phototag("index", gallery)
    assert sorted(paths(phototag, "person")) == ["two people.jpg", "walk.png"]
    assert paths(phototag, "person>=2") == ["two people.jpg"]
    assert paths(phototag, "person and not object:dog") == ["two people.jpg"]
    assert sorted(paths(phototag, "object:dog or cars")) == ["car.webp", "walk.png"]
    assert paths(phototag, "(object:dog or car) and not person") == ["car.webp"]
    assert paths(phototag, "object:dog@1") == []
    assert phototag("count", "person").stdout == b"person: 3 objects in 2 photos\n"
    assert json.loads(phototag("count", "person", "--json").stdout) == {"query": "person", "objects": 3, "photos": 2}
    by_label = json.loads(phototag("count", "person or object:dog", "--by", "label", "--json").stdout)["by"]
    assert {row["key"]: (row["objects"], row["photos"]) for row in by_label} == {"person": (3, 2), "dog": (1, 1)}


def test_a_hit_in_json_keeps_its_promises(phototag: Run, gallery: Path) -> None:
    phototag("index", gallery)
    [hit] = json.loads(phototag("search", "object:dog", "--json").stdout)
    assert list(hit) == [
        "path", "copies", "offline", "score", "width", "height", "taken_at", "camera", "latitude", "longitude",
        "labels", "objects", "keywords",
    ]  # fmt: skip
    assert (hit["path"], hit["copies"], hit["offline"], hit["width"]) == (str(gallery / "walk.png"), 1, False, 256)
    assert hit["taken_at"] is None
    boxes = {found["label"]: found["box"] for found in hit["objects"]}
    assert boxes["dog"] == pytest.approx({"x": 128, "y": 128, "width": 64, "height": 64}, abs=2)
    assert json.loads(phototag("show", gallery / "walk.png", "--json").stdout) == hit | {"score": None}


def test_every_output_format_has_the_same_hits(phototag: Run, gallery: Path) -> None:
    phototag("index", gallery)
    expected = phototag("search", "person", "--paths").stdout.splitlines()
    assert [os.fsencode(h["path"]) for h in json.loads(phototag("search", "person", "--json").stdout)] == expected
    lines = phototag("search", "person", "--jsonl").stdout.splitlines()
    assert [os.fsencode(json.loads(line)["path"]) for line in lines] == expected
    table = csv.DictReader(io.StringIO(phototag("search", "person", "--csv").stdout.decode()))
    assert [os.fsencode(row["path"]) for row in table] == expected
    assert phototag("search", "person", "-0").stdout.split(b"\0")[:-1] == expected
    assert json.loads(phototag("search", "zebra", "--json").stdout) == []
    phototag("search", "person", "--json", "--csv", code=2)


def test_exit_codes(phototag: Run, gallery: Path, tmp_path: Path) -> None:
    assert b"phototag index" in phototag("search", "dog", code=4).stderr
    phototag("search", "object:dog", "--exists", code=4)
    assert b"never indexed" in phototag("index", tmp_path / "nowhere", code=2).stderr
    assert b"nothing was indexed yet" in phototag("index", code=2).stderr
    phototag("index", gallery)
    assert phototag("search", "object:dog", "--exists").stdout == b""
    assert phototag("count", "zebra", "--exists", code=1).stdout == b""
    unknown = phototag("search", "dgo", code=2).stderr.decode()
    assert "dog" in unknown
    assert "dgo" in unknown
    assert "^" in phototag("search", "person>=", code=2).stderr.decode()
    assert b"not dog" in phototag("search", "person", "-dog", code=2).stderr
    assert phototag("search", "zebra").stdout == b""
    phototag("index", gallery, "--detector", "colours", code=2)
    phototag("index", gallery, "--pack", "separate", code=3)


def test_moves_copies_and_deletions(phototag: Run, gallery: Path) -> None:
    phototag("index", gallery)
    (gallery / "walk.png").rename(gallery / "trip" / "stroll.png")
    shutil.copy2(gallery / "two people.jpg", gallery / "trip" / "copy.jpg")
    (gallery / "trip" / "car.webp").unlink()
    again = report(phototag)
    assert (again["moved"], again["new"], again["missing"], again["analysed"]) == (1, 1, 1, 0)
    assert paths(phototag, "object:dog") == ["stroll.png"]
    assert paths(phototag, "car") == []
    [hit] = json.loads(phototag("search", "person>=2", "--json").stdout)
    assert hit["copies"] == 2
    assert phototag("count", "person").stdout == b"person: 3 objects in 2 photos\n"
    assert sorted(paths(phototag, "person>=2", "--copies")) == ["copy.jpg", "two people.jpg"]


def test_an_emptied_root_is_offline_and_comes_back(phototag: Run, gallery: Path, tmp_path: Path) -> None:
    phototag("index", gallery)
    gallery.rename(tmp_path / "unplugged")
    gone = report(phototag)
    assert gone["offline"] == [str(gallery)]
    assert (gone["missing"], gone["failed"]) == (0, [])
    assert [hit["offline"] for hit in json.loads(phototag("search", "object:dog", "--json").stdout)] == [True]
    assert paths(phototag, "object:dog", "--online") == []
    (tmp_path / "unplugged").rename(gallery)
    back = report(phototag)
    assert (back["unchanged"], back["analysed"], back["offline"]) == (4, 0, [])
    assert b"None of its files" not in phototag("roots", "move", gallery, tmp_path / "elsewhere").stderr
    (tmp_path / "elsewhere").mkdir()
    phototag("roots", "move", tmp_path / "elsewhere", gallery)
    assert b"None of its files lie there" in phototag("roots", "move", gallery, tmp_path / "elsewhere").stderr
    (tmp_path / "elsewhere").rmdir()
    gallery.rename(tmp_path / "elsewhere")
    assert report(phototag)["analysed"] == 0
    assert json.loads(phototag("search", "object:dog", "--json").stdout)[0]["path"] == str(
        tmp_path / "elsewhere" / "walk.png"
    )


def test_bad_files_are_problems_and_stop_nothing(phototag: Run, gallery: Path) -> None:
    (gallery / "empty.jpg").touch()
    (gallery / "text.jpg").write_text("not a picture at all")
    whole = (gallery / "two people.jpg").read_bytes()
    (gallery / "half.jpg").write_bytes(whole[: len(whole) // 2])
    (gallery / "wrong extension.png").write_bytes(whole)
    (gallery / "nowhere.jpg").symlink_to(gallery / "missing.jpg")
    odd = [b"new\nline.png", b'"quoted".png', b"[red]bold[b].png", "emoji 🐈.png".encode(), b"latin \xe9.png"]
    for name in odd:
        shutil.copy(os.fsencode(gallery / "walk.png"), os.path.join(os.fsencode(gallery), name))
    first = report(phototag, gallery)
    assert {Path(p["path"]).name for p in first["failed"]} == {"empty.jpg", "text.jpg", "half.jpg", "nowhere.jpg"}
    assert all(problem["reason"] and problem["stage"] in ("walk", "read", "decode") for problem in first["failed"])
    raw = phototag("search", "object:dog", "--copies", "-0").stdout.split(b"\0")[:-1]
    assert {os.path.basename(path) for path in raw} == {*odd, b"walk.png"}
    assert "latin \\\\xe9.png" in phototag("search", "object:dog", "--copies", "--json").stdout.decode()
    listed = json.loads(phototag("errors", "--json").stdout)
    assert {Path(p["path"]).name for p in listed} == {"empty.jpg", "text.jpg", "half.jpg", "nowhere.jpg"}
    again = report(phototag)
    assert (again["analysed"], len(again["failed"])) == (0, 1)  # links are looked at by every walk
    (gallery / "half.jpg").write_bytes(whole)
    mended = report(phototag)
    assert (mended["changed"] + mended["new"], mended["failed"]) == (1, again["failed"])
    assert len(report(phototag, "--retry-failed")["failed"]) == 3
    assert b", 1 failed, 2 failed before\n" in phototag("index").stderr


def test_dry_run_changes_nothing(phototag: Run, gallery: Path) -> None:
    assert report(phototag, gallery, "--dry-run")["new"] == 4
    phototag("search", "dog", code=4)
    phototag("index", gallery)
    (gallery / "walk.png").unlink()
    assert report(phototag, "--dry-run")["missing"] == 1
    assert paths(phototag, "object:dog") == ["walk.png"]


def test_limit_and_force(phototag: Run, gallery: Path) -> None:
    assert report(phototag, gallery, "--limit", "3")["analysed"] == 3
    incomplete = phototag("count", "zebra")
    assert incomplete.stdout == b"zebra: 0 photos\n"  # of which the tiny detector could find no object
    assert b"the last run ended at its --limit" in incomplete.stderr
    assert report(phototag)["analysed"] == 1
    assert report(phototag, "--force")["analysed"] == 4


def test_a_lower_floor_analyses_again_and_a_higher_one_does_not(phototag: Run, gallery: Path) -> None:
    phototag("index", gallery)
    assert report(phototag, "--floor", "0.9")["analysed"] == 0
    assert report(phototag, "--floor", "0.001")["analysed"] == 4
    assert report(phototag)["analysed"] == 0


def test_views_answer_plain_sql(phototag: Run, gallery: Path, tmp_path: Path) -> None:
    import sqlite3

    phototag("index", gallery, "--db", tmp_path / "mine.db")
    connection = sqlite3.connect(f"file:{tmp_path / 'mine.db'}?mode=ro", uri=True)
    rows = connection.execute("SELECT label, count(*) FROM v_objects WHERE confidence > 0.5 GROUP BY label").fetchall()
    assert dict(rows) == {"person": 3, "dog": 1, "car": 1}
    assert connection.execute("SELECT count(*) FROM v_photos").fetchone() == (4,)
    connection.close()


def test_a_run_that_finds_no_folder_makes_no_index(phototag: Run, tmp_path: Path) -> None:
    database = tmp_path / "index.db"
    refused = phototag("index", tmp_path / "nope", "--db", database, code=2)
    assert b"was never indexed" in refused.stderr
    assert b"stronger" not in refused.stderr
    phototag("index", "--db", database, code=2)
    assert not database.exists()


def test_an_index_without_photos_says_so(phototag: Run, gallery: Path, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    phototag("index", tmp_path / "none")
    assert b"holds no photos" in phototag("search", "dog").stderr


def test_a_reader_that_leaves_is_no_failure() -> None:
    command = f'"{sys.executable}" -m phototag --help | head -1; exit ${{PIPESTATUS[0]}}'
    assert subprocess.run(["bash", "-c", command], capture_output=True, check=False).returncode == 0


def test_a_threshold_for_no_word_is_refused_and_else_only_noted(phototag: Run, gallery: Path) -> None:
    phototag("index", gallery)
    refused = phototag("config", "set", "thresholds.dgo", "0.4", code=2)
    assert b"dog" in refused.stderr
    config = Path(os.environ["PHOTOTAG_CONFIG_DIR"]) / "config.toml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text("[thresholds]\ndgo = 0.4\n")
    found = phototag("search", "object:dog")
    assert found.stdout
    assert b"config unset thresholds.dgo" in found.stderr
    assert b"thresholds.dgo" in phototag("doctor", code=1).stdout


def test_a_long_path_leaves_the_other_columns_their_room(phototag: Run, gallery: Path) -> None:
    empty = gallery / ("a folder with a very long name " * 4).strip() / "empty.jpg"
    empty.parent.mkdir()
    empty.touch()
    phototag("index", gallery)
    [row] = [line for line in phototag("errors").stdout.decode().splitlines() if str(empty) in line]
    assert "read" in row
    assert "empty file" in row
