"""A smaller copy of a model is kept when it says the same on the user's photos, and only then."""

import json
from pathlib import Path

import pytest

from tests.conftest import Run
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
def test_a_copy_that_agrees_is_kept_and_used(phototag: Run, many: Path, model: str) -> None:
    phototag("index", many)
    done = phototag("models", "optimize", model, "--name", "small")
    assert b"agreement" in done.stdout
    assert b"photos that it did not learn from" in done.stderr
    listed = {one["name"]: one for one in json.loads(phototag("models", "list", "--json").stdout)["models"]}
    assert listed["small"]["own"] is True
    assert f"made from {model}" in listed["small"]["note"]
    task = {"squares": "--detector", "colours": "--classifier"}[model]
    before = phototag("count", "person", "--json").stdout
    report = json.loads(phototag("index", many, task, "small", "--json").stdout)
    assert "small" in report["models"].values()
    assert report["analysed"] == 24, "another model: every photo is analysed again"
    assert phototag("count", "person", "--json").stdout == before


def test_what_is_not_kept(phototag: Run, many: Path) -> None:
    assert b"phototag index" in phototag("models", "optimize", "squares", code=4).stderr
    phototag("index", many)
    assert b"too small to be quantised" in phototag("models", "optimize", "squares", "--int8", code=2).stderr
    assert b"already" in phototag("models", "optimize", "squares", "--name", "colours", code=2).stderr
    names = {one["name"] for one in json.loads(phototag("models", "list", "--json").stdout)["models"]}
    assert names == {"colours", "squares", "colours-separate", "squares-separate", "tagger"}
