"""A smaller copy of a model is kept when it says the same on the user's photos, and only then."""

import json
from pathlib import Path

import pytest

from tests.conftest import Inside
from tests.onnx_models import OBJECTS, paint

PLACES = [(column, row) for column in range(4) for row in range(4)]


@pytest.fixture
def many(gallery: Path) -> Path:
    """Twenty photos with an object each, besides the four of the gallery."""
    for number in range(20):
        name = list(OBJECTS)[number % 3]
        paint({PLACES[number % 16]: name, PLACES[(number * 7 + 3) % 16]: name}).save(gallery / f"{number}.png")
    return gallery


@pytest.mark.parametrize("model", ["squares", "colours"])
def test_a_copy_that_agrees_is_kept_and_used(inside: Inside, many: Path, model: str) -> None:
    inside("index", many)
    done = inside("models", "optimize", model, "--name", "small")
    assert "agreement" in done.out
    assert "photos that it did not learn from" in done.err
    listed = {one["name"]: one for one in json.loads(inside("models", "list", "--json").out)["models"]}
    assert listed["small"]["own"] is True
    assert f"made from {model}" in listed["small"]["note"]
    task = {"squares": "--detector", "colours": "--classifier"}[model]
    before = inside("count", "person", "--json").out
    report = json.loads(inside("index", many, task, "small", "--json").out)
    assert "small" in report["models"].values()
    assert report["analysed"] == 24, "another model: every photo is analysed again"
    assert inside("count", "person", "--json").out == before


def test_what_is_not_kept(inside: Inside, many: Path) -> None:
    assert "phototag index" in inside("models", "optimize", "squares", code=4).err
    inside("index", many)
    assert "too small to be quantised" in inside("models", "optimize", "squares", "--int8", code=2).err
    assert "already" in inside("models", "optimize", "squares", "--name", "colours", code=2).err
    names = {one["name"] for one in json.loads(inside("models", "list", "--json").out)["models"]}
    assert names == {"colours", "squares", "colours-separate", "squares-separate", "tagger"}
