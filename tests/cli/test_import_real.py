"""The truth of real photos, imported as corrections: counts then are the truth."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Coco
from tests.conftest import Inside


@pytest.fixture
def truth(shared: Path, coco: Coco, tmp_path: Path) -> Path:
    """COCO's annotations of the forty photos."""
    document: dict[str, Any] = json.loads((shared / "data" / "coco-dev" / "instances.json").read_bytes())
    names = {path.name for path in (*coco.tables, *coco.others)}
    document["images"] = [one for one in document["images"] if one["file_name"] in names]
    kept = {one["id"] for one in document["images"]}
    document["annotations"] = [one for one in document["annotations"] if one["image_id"] in kept]
    file = tmp_path / "truth.json"
    file.write_text(json.dumps(document), "utf-8")
    return file


def numbers(inside: Inside, word: str) -> tuple[int, int]:
    found = json.loads(inside("count", word, "--json").out)
    return found["objects"], found["photos"]


def test_counts_become_the_truth(inside: Inside, coco: Coco, truth: Path, tmp_path: Path) -> None:
    document = json.loads(truth.read_bytes())
    names = {one["id"]: one["name"] for one in document["categories"]}
    before = numbers(inside, "object:person")
    inside("import", truth, "--images", coco.folder, "--complete")
    for word in ("person", "bottle", "dining table", "fork"):  # overlapping ones, too
        boxes = [one["image_id"] for one in document["annotations"] if names[one["category_id"]] == word]
        assert numbers(inside, f'object:"{word}"') == (len(boxes), len(set(boxes))), word
    assert numbers(inside, "any:object")[0] == len(document["annotations"])
    inside("index", "--force", "--pack", "tiny")
    assert numbers(inside, "any:object")[0] == len(document["annotations"])
    inside("db", "check")

    inside("export", "any:object", "--format", "coco", "--out", tmp_path / "out")
    written = json.loads((tmp_path / "out" / "annotations.json").read_text("utf-8"))
    assert json.loads((tmp_path / "out" / "predictions.json").read_text("utf-8")) == []
    assert len(written["annotations"]) == len(document["annotations"])
    inside("undo")
    assert numbers(inside, "object:person") == before
    told = inside("import", tmp_path / "out" / "annotations.json", "--images", coco.folder).err
    assert f"{len(document['annotations']):,} boxes drawn" in told
    assert len(inside("undo").err) < 500


@pytest.mark.parametrize("form", ["yolo", "voc"])
def test_what_is_exported_comes_back(inside: Inside, coco: Coco, truth: Path, tmp_path: Path, form: str) -> None:
    inside("import", truth, "--images", coco.folder, "--complete")
    whole = numbers(inside, "any:object")
    inside("export", "any:object", "--format", form, "--out", tmp_path / "out", "--copy")
    inside("undo")
    assert numbers(inside, "any:object") != whole
    inside("import", tmp_path / "out", "--complete")
    assert numbers(inside, "any:object") == whole


def test_truth_that_does_not_fit_changes_nothing(inside: Inside, coco: Coco, truth: Path, shared: Path) -> None:
    everything = shared / "data" / "coco-dev" / "instances.json"
    assert "is not in the index" in inside("import", everything, code=2).err  # forty of its photos are
    for broken in ('{"images":', "[]", '{"images": [], "categories": [], "annotations": [{"id": 1}]}'):
        truth.write_text(broken)
        inside("import", truth, code=2)
    inside("import", truth.with_name("none.json"), code=2)
    assert json.loads(inside("corrections", "--json").out) == []
