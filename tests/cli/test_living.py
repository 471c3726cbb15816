"""Years with an index in a minute: real photos and awkward files through the commands that keep it current."""

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.conftest import Inside


@pytest.fixture
def library(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dozen photos of coco-dev beside two dozen samples of formats, some of them broken; the embedded models."""
    monkeypatch.setenv("PHOTOTAG_DB", str(tmp_path / "index.db"))
    monkeypatch.setenv("PHOTOTAG_PACK", "tiny")
    monkeypatch.setenv("PHOTOTAG_WORKERS", "1")
    top = tmp_path / "library"
    for source, number in (("coco-dev/images", 12), ("formats/hostile", 12), ("formats/orientation", 8)):
        (top / source).mkdir(parents=True)
        files = sorted(path for path in (shared / "data" / source).rglob("*") if path.is_file())
        for file in files[:: max(1, len(files) // number)][:number]:
            shutil.copy(file, top / source / file.name)
    return top


def test_a_library_of_real_photos_keeps_itself_current(inside: Inside, library: Path, tmp_path: Path) -> None:
    would = json.loads(inside("index", library, "--dry-run", "--json").out)
    assert not (tmp_path / "index.db").exists()
    first = json.loads(inside("index", library, "--json").out)
    assert (would["seen"], would["to_analyse"]) == (first["seen"], first["seen"])
    assert first["new"] == would["new"]
    assert {os.path.dirname(problem["path"]) for problem in first["failed"]} <= {str(library / "formats" / "hostile")}

    inside("album", "people", "object:person@0.05", "--out", tmp_path / "albums", "--kind", "hardlink")
    album = tmp_path / "albums" / "people"
    held = [entry for entry in album.iterdir() if not entry.name.startswith(".")]
    assert held
    coco = library / "coco-dev" / "images"
    assert all((coco / entry.name).samefile(entry) for entry in held if (coco / entry.name).exists())

    moved, gone = sorted(coco.iterdir())[:2]
    moved.rename(library / moved.name)
    gone.unlink()
    inside("schedule", "run")
    inside("schedule", "run")  # nothing more: a second run brings nothing
    assert not (album / gone.name).exists()
    runs = json.loads(inside("runs", "--json").out)
    assert [run["report"]["moved"] for run in runs] == [0, 1, 0]
    since = runs[1]["started_at"]
    changed = json.loads(inside("diff", "--since", since, "--json").out)
    assert changed["moved"] == [{"from": str(moved), "to": str(library / moved.name)}]
    assert changed["missing"] == [str(gone)]
    assert (changed["new"], changed["changed"], changed["relabelled"], changed["offline"]) == ([], [], [], [])

    assert json.loads(inside("prune", "--json").out)["files"] == 2
    inside("db", "backup", tmp_path / "backup.db")
    inside("prune", "--yes")
    inside("db", "vacuum")
    inside("db", "check")
    inside("db", "restore", tmp_path / "backup.db")
    assert json.loads(inside("stats", "--json").out)["missing"] == 1, "what moved is not missing"
    checks = json.loads(inside("doctor", "--json").out)
    assert {check["state"] for check in checks} <= {"ok", "note"}
    assert {"versions", "settings", "models", "provider", "index", "root", "schedule", "disk"} == {
        check["name"] for check in checks
    }
