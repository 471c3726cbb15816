"""A user's own model, from the file to the answers, through the real command."""

import json
import os
import tomllib
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import helper

from tests.conftest import Run
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


def own_table(phototag: Run, name: str) -> dict[str, Any]:
    listed = json.loads(phototag("models", "list", "--json").stdout)["models"]
    [found] = [model for model in listed if model["name"] == name]
    assert isinstance(found, dict)
    return found


def test_from_the_file_to_the_answers(phototag: Run, squares: Path, gallery: Path) -> None:
    shown = phototag("models", "add", squares, "--name", "mine", "--photo", gallery / "walk.png")
    assert b"yolox" in shown.stdout
    assert b"widget" in shown.stdout
    assert b"--detector mine" in shown.stderr
    assert own_table(phototag, "mine")["own"] is True
    assert b"yours" in phototag("models", "list").stdout
    report = json.loads(phototag("index", gallery, "--detector", "mine", "--json").stdout)
    assert report["models"]["detect"] == "mine"
    assert phototag("count", "widget").stdout == b"widget: 3 objects in 2 photos\n"
    assert json.loads(phototag("count", "object:gizmo", "--json").stdout)["objects"] == 1
    phototag("models", "remove", "mine")
    assert b"mine" not in phototag("models", "list").stdout
    phototag("count", "widget", code=2)
    phototag("models", "add", squares, "--name", "mine")
    assert phototag("count", "widget").stdout == b"widget: 3 objects in 2 photos\n", "what it found stayed"


def test_what_the_user_says_wins(phototag: Run, squares: Path, gallery: Path, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("apple\nbanana\ncherry\n", "utf-8")
    (tmp_path / "spec.toml").write_text('licence = "mine"\n[confidence]\nthreshold = 0.4\n', "utf-8")
    shown = phototag(
        "models", "add", squares, "--name", "mine", "--labels", tmp_path / "names.txt", "--spec",
        tmp_path / "spec.toml", "--set", "input.fit=stretch", "--set", "head.nms_iou=0.5", "--task", "detect",
        "--photo", gallery / "walk.png",
    ).stdout.decode()  # fmt: skip
    assert "apple" in shown
    assert "stretch" in shown
    assert own_table(phototag, "mine")["licence"] == "mine"
    assert "0.4" in phototag("models", "show", "mine").stdout.decode()


def test_a_classifier(phototag: Run, gallery: Path, tmp_path: Path) -> None:
    onnx.save(classifier(), tmp_path / "colours.onnx")
    (tmp_path / "names.txt").write_text("\n".join(COLOURS), "utf-8")
    paint({(c, r): "person" for c in range(4) for r in range(4)}).save(tmp_path / "red.png")
    shown = phototag(
        "models", "add", tmp_path / "colours.onnx", "--name", "mine", "--labels", tmp_path / "names.txt", "--set",
        "input.mean=[0.0, 0.0, 0.0]", "--set", "input.std=[1.0, 1.0, 1.0]", "--photo", tmp_path / "red.png",
    ).stdout.decode()  # fmt: skip
    assert "probabilities" in shown
    assert "strawberry" in shown
    report = json.loads(phototag("index", tmp_path, "--classifier", "mine", "--json").stdout)
    assert report["models"]["classify"] == "mine"
    assert phototag("search", "tag:strawberry", "--paths").stdout.decode().strip() == str(tmp_path / "red.png")


def test_what_can_not_be_used_is_said_and_leaves_nothing(phototag: Run, squares: Path, tmp_path: Path) -> None:
    (tmp_path / "page.onnx").write_text("<!doctype html>", "utf-8")
    (tmp_path / "two.txt").write_text("one\ntwo\n", "utf-8")
    (tmp_path / "bad.toml").write_text("[[[", "utf-8")
    cases: list[tuple[list[str | Path], int, bytes]] = [
        ([tmp_path / "none.onnx", "--name", "x"], 2, b"there is no file"),
        ([tmp_path / "page.onnx", "--name", "x"], 3, b"page.onnx can't be loaded: it is no ONNX file"),
        ([squares, "--name", "squares"], 2, b"already"),
        ([squares, "--name", "x", "--labels", tmp_path / "two.txt"], 3, b"3 labels, the list has 2"),
        ([squares, "--name", "x", "--labels", tmp_path / "none.txt"], 2, b"there is no file"),
        ([squares, "--name", "x", "--spec", tmp_path / "bad.toml"], 2, b"bad.toml can't be read"),
        ([squares, "--name", "x", "--set", "input.channels"], 2, b"--set"),
        ([squares, "--name", "x", "--set", "input.channels=grey"], 3, b"input.channels must be one of rgb, bgr"),
        ([squares, "--name", "x", "--set", "input.colour=rgb"], 3, b"input.colour is not a key"),
        ([squares, "--name", "x", "--task", "classify"], 3, b"that classify"),
        ([squares, "--name", "x", "--task", "paint"], 2, b"classify or detect"),
        ([squares, "--name", "x", "--photo", tmp_path / "two.txt"], 2, b"two.txt"),
    ]
    for arguments, code, message in cases:
        said = phototag("models", "add", *arguments, code=code).stderr
        assert message in said, (arguments, said)
    assert b"\nx " not in phototag("models", "list").stdout


@pytest.mark.parametrize("name", ["nanodet_m_416", "yolox_nano", "FastestDet", "deimv2_hgnetv2_atto_coco"])
def test_real_weights(phototag: Run, shared: Path, name: str, tmp_path: Path) -> None:
    """The photo shows people playing; every detector finds them without being told what it is."""
    photo = shared / "data" / "coco-dev" / "images" / "000000001000.jpg"
    shown = phototag("models", "add", shared / "models" / f"{name}.onnx", "--name", "mine", "--photo", photo)
    assert shown.stdout.count(b"person") > 3
    path = Path(tomllib.loads((_models_folder() / "catalog.toml").read_text("utf-8"))["models"]["mine"]["labels"])
    assert (_models_folder() / path).is_file()


def _models_folder() -> Path:
    return Path(os.environ["PHOTOTAG_DATA_DIR"]) / "models"
