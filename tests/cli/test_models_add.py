"""A user's own model, from the file to the answers, through the real command."""

import json
import os
import tomllib
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import helper

from tests.conftest import Inside
from tests.onnx_models import COLOURS, classifier, paint, yolox

OWN = ["widget", "gadget", "gizmo"]
"""Labels that no vocabulary has, for what the tests paint as person, dog and car."""


@pytest.fixture
def squares(tmp_path: Path, gallery: Path) -> Path:
    """A YOLOX file that carries the names of its classes, and is like nothing in the catalog."""
    model = yolox()
    helper.set_model_props(model, {"names": json.dumps(OWN), "license": "MIT"})
    onnx.save(model, tmp_path / "own.onnx")
    return tmp_path / "own.onnx"


def own_table(inside: Inside, name: str) -> dict[str, Any]:
    listed = json.loads(inside("models", "list", "--json").out)["models"]
    [found] = [model for model in listed if model["name"] == name]
    assert isinstance(found, dict)
    return found


def test_from_the_file_to_the_answers(inside: Inside, squares: Path, gallery: Path) -> None:
    shown = inside("models", "add", squares, "--name", "mine", "--photo", gallery / "walk.png")
    assert "yolox" in shown.out
    assert "widget" in shown.out
    assert "--detector mine" in shown.err
    assert own_table(inside, "mine")["own"] is True
    assert "yours" in inside("models", "list").out
    report = json.loads(inside("index", gallery, "--detector", "mine", "--json").out)
    assert report["models"]["detect"] == "mine"
    assert inside("count", "widget").out == "widget: 3 objects in 2 photos\n"
    assert json.loads(inside("count", "object:gizmo", "--json").out)["objects"] == 1
    inside("models", "remove", "mine")
    assert "mine" not in inside("models", "list").out
    inside("count", "widget", code=2)
    inside("models", "add", squares, "--name", "mine")
    assert inside("count", "widget").out == "widget: 3 objects in 2 photos\n", "what it found stayed"


def test_what_the_user_says_wins(inside: Inside, squares: Path, gallery: Path, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("apple\nbanana\ncherry\n", "utf-8")
    (tmp_path / "spec.toml").write_text('licence = "mine"\n[confidence]\nthreshold = 0.4\n', "utf-8")
    shown = inside(
        "models", "add", squares, "--name", "mine", "--labels", tmp_path / "names.txt", "--spec",
        tmp_path / "spec.toml", "--set", "input.fit=stretch", "--set", "head.nms_iou=0.5", "--task", "detect",
        "--photo", gallery / "walk.png",
    ).out  # fmt: skip
    assert "apple" in shown
    assert "stretch" in shown
    assert own_table(inside, "mine")["licence"] == "mine"
    assert "0.4" in inside("models", "show", "mine").out


def test_a_classifier(inside: Inside, gallery: Path, tmp_path: Path) -> None:
    onnx.save(classifier(), tmp_path / "colours.onnx")
    (tmp_path / "names.txt").write_text("\n".join(COLOURS), "utf-8")
    paint({(c, r): "person" for c in range(4) for r in range(4)}).save(tmp_path / "red.png")
    shown = inside(
        "models", "add", tmp_path / "colours.onnx", "--name", "mine", "--labels", tmp_path / "names.txt", "--set",
        "input.mean=[0.0, 0.0, 0.0]", "--set", "input.std=[1.0, 1.0, 1.0]", "--photo", tmp_path / "red.png",
    ).out  # fmt: skip
    assert "probabilities" in shown
    assert "strawberry" in shown
    report = json.loads(inside("index", tmp_path, "--classifier", "mine", "--json").out)
    assert report["models"]["classify"] == "mine"
    assert inside("search", "tag:strawberry", "--paths").out.strip() == str(tmp_path / "red.png")


def test_what_can_not_be_used_is_said_and_leaves_nothing(inside: Inside, squares: Path, tmp_path: Path) -> None:
    (tmp_path / "page.onnx").write_text("<!doctype html>", "utf-8")
    (tmp_path / "two.txt").write_text("one\ntwo\n", "utf-8")
    (tmp_path / "bad.toml").write_text("[[[", "utf-8")
    cases: list[tuple[list[str | Path], int, str]] = [
        ([tmp_path / "none.onnx", "--name", "x"], 2, "there is no file"),
        ([tmp_path / "page.onnx", "--name", "x"], 3, "page.onnx can't be loaded: it is no ONNX file"),
        ([squares, "--name", "squares"], 2, "already"),
        ([squares, "--name", "x", "--labels", tmp_path / "two.txt"], 3, "3 labels, the list has 2"),
        ([squares, "--name", "x", "--labels", tmp_path / "none.txt"], 2, "there is no file"),
        ([squares, "--name", "x", "--spec", tmp_path / "bad.toml"], 2, "bad.toml can't be read"),
        ([squares, "--name", "x", "--set", "input.channels"], 2, "--set"),
        ([squares, "--name", "x", "--set", "input.channels=grey"], 3, "input.channels must be one of rgb, bgr"),
        ([squares, "--name", "x", "--set", "input.colour=rgb"], 3, "input.colour is not a key"),
        ([squares, "--name", "x", "--task", "classify"], 3, "that classify"),
        ([squares, "--name", "x", "--task", "paint"], 2, "classify or detect"),
        ([squares, "--name", "x", "--photo", tmp_path / "two.txt"], 2, "two.txt"),
    ]
    for arguments, code, message in cases:
        said = inside("models", "add", *arguments, code=code).err
        assert message in said, (arguments, said)
    assert "\nx " not in inside("models", "list").out


@pytest.mark.parametrize("name", ["nanodet_m_416", "yolox_nano", "FastestDet", "deimv2_hgnetv2_atto_coco"])
def test_real_weights(inside: Inside, shared: Path, name: str, tmp_path: Path) -> None:
    """The photo shows people playing; every detector finds them without being told what it is."""
    photo = shared / "data" / "coco-dev" / "images" / "000000001000.jpg"
    shown = inside("models", "add", shared / "models" / f"{name}.onnx", "--name", "mine", "--photo", photo)
    assert shown.out.count("person") > 3
    path = Path(tomllib.loads((_models_folder() / "catalog.toml").read_text("utf-8"))["models"]["mine"]["labels"])
    assert (_models_folder() / path).is_file()


def _models_folder() -> Path:
    return Path(os.environ["PHOTOTAG_DATA_DIR"]) / "models"
