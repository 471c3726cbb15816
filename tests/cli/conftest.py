"""Real photos that are indexed once for all tests of the command line."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.indexed import Indexed

TABLES, OTHERS = 16, 24


@dataclass(frozen=True, slots=True)
class Coco:
    """Photos of coco-dev in a folder, indexed in `db` by the embedded models; `tables` show a dining table."""

    folder: Path
    db: Path
    tables: tuple[Path, ...]
    others: tuple[Path, ...]


@pytest.fixture(scope="session")
def coco_index(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Coco:
    """Indexed for the whole session; tests take `coco`, whose index is theirs alone."""
    from typer.testing import CliRunner

    from phototag.cli import app

    home = tmp_path_factory.mktemp("coco")
    folder = home / "photos"
    folder.mkdir()
    truth = json.loads((shared / "data" / "coco-dev" / "instances.json").read_bytes())
    table = next(one["id"] for one in truth["categories"] if one["name"] == "dining table")
    showing = {one["image_id"] for one in truth["annotations"] if one["category_id"] == table}
    chosen: dict[bool, list[Path]] = {True: [], False: []}
    for image in sorted(truth["images"], key=lambda one: str(one["file_name"])):
        shows = image["id"] in showing
        if len(chosen[shows]) < (TABLES if shows else OTHERS):
            chosen[shows].append(folder / image["file_name"])
            shutil.copy(shared / "data" / "coco-dev" / "images" / image["file_name"], folder)
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("DB", "CATALOG"):
            patch.delenv(f"PHOTOTAG_{variable}", raising=False)
        for kind in ("DATA", "CONFIG", "CACHE"):
            patch.setenv(f"PHOTOTAG_{kind}_DIR", str(home / kind.lower()))
        # One worker finishes the photos in their order, so that each run of the tests is asked the same.
        done = CliRunner().invoke(app, ["index", os.fspath(folder), "--pack", "tiny", "--workers", "1"])
        assert done.exit_code == 0, done.output
    return Coco(folder, home / "data" / "index.db", tuple(chosen[True]), tuple(chosen[False]))


@pytest.fixture
def coco(coco_index: Coco, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Coco:
    """Forty photos of coco-dev in an index that the test may change; the photos must stay as they are."""
    db = tmp_path / "index.db"
    shutil.copy(coco_index.db, db)
    monkeypatch.setenv("PHOTOTAG_DB", str(db))
    return Coco(coco_index.folder, db, coco_index.tables, coco_index.others)


@pytest.fixture
def painted(indexed: Indexed, tiny_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The five painted photos of `indexed`, in an index that the test may change; the photos must stay as they are."""
    db = tmp_path / "index.db"
    shutil.copy(indexed.settings.db, db)
    monkeypatch.setenv("PHOTOTAG_DB", str(db))
    monkeypatch.setenv("PHOTOTAG_CATALOG", str(tiny_models))
    return indexed.photos
