"""The commands of docs/training.md, what they read, and what the last of them writes."""

import argparse
import re
import shlex
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs phototag[train]")
pytest.importorskip("onnx", reason="training needs phototag[train]")
pytest.importorskip("cv2", reason="training needs phototag[train]")

import cv2

from scripts.train import calibrate, data, entries, evaluate

CHECKOUT = Path(__file__).resolve().parents[2]
SCRIPTS = ("detector", "export", "evaluate", "calibrate", "tagset", "tagger")


def commands(text: str) -> list[list[str]]:
    """The words of each `python -m scripts.train.…` in a text, from the script's name on."""
    whole = text.replace("\\\n", " ")
    return [
        shlex.split(line, comments=True)
        for line in re.findall(r"^ *python -m scripts\.train\.(.+)", whole, re.MULTILINE)
    ]


@pytest.mark.parametrize("script", SCRIPTS)
def test_documented_commands_name_options_that_there_are(
    script: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = import_module(f"scripts.train.{script}")
    monkeypatch.setattr(sys, "argv", [script, "--help"])
    with pytest.raises(SystemExit, match="0"):
        module.main()
    usage = capsys.readouterr().out.split("\n\n")[0]
    optional = set(re.findall(r"--[a-z-]+", "".join(re.findall(r"\[.*?\]", usage, re.DOTALL))))
    known = set(re.findall(r"--[a-z-]+", usage))
    texts = (CHECKOUT / "docs/training.md").read_text("utf-8"), module.__doc__ or ""
    for text in texts:
        found = [words for words in commands(text) if words[0] == script]
        assert found
        for words in found:
            named = {word.strip("[]") for word in words if word.strip("[]").startswith("--")}
            assert named <= known
            assert known - optional <= named


@pytest.mark.parametrize(("kind", "missing"), [("detector", "--coco"), ("tagger", "--targets, --source, --labels")])
def test_calibrating_says_at_once_what_is_missing(
    kind: str, missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["calibrate", kind, "--model", "none.onnx", "--size", "64", "--output", "none.toml"]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit, match="2"):
        calibrate.main()
    assert missing in capsys.readouterr().err


def test_what_calibrating_writes_is_the_entry_of_the_catalog() -> None:
    """The figures aside; and “person” is hidden by hand."""
    catalog = tomllib.loads((CHECKOUT / "models" / "catalog.toml").read_text("utf-8"))["models"]
    for kind, size in (("detector", 384), ("tagger", 160)):
        wanted = catalog[f"tiny-{kind}"]
        model = CHECKOUT / "models" / f"tiny_{kind}.onnx"
        options = argparse.Namespace(model=model, size=size, licence="Apache-2.0", accuracy=wanted["accuracy"])
        if kind == "detector":
            text = entries.detector(options, 0.13, 0.03, evaluate.OVERLAP)
        else:
            confidence = wanted["confidence"]
            lines = "".join(f'"{name}" = {value}\n' for name, value in confidence["labels"].items())
            text = entries.tagger(options, lines, ", ".join(f'"{name}"' for name in confidence["hidden"]))
        assert tomllib.loads(text)["models"] == {f"tiny-{kind}": wanted}


def test_bad_photos_are_skipped_and_large_ones_kept_small(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    assert cv2.imwrite(str(tmp_path / "images" / "b.png"), np.zeros((100, 640, 3), np.uint8))
    (tmp_path / "images" / "a.jpg").write_bytes(b"")
    (tmp_path / "images" / "c.jpg").write_bytes(b"no photo")
    for number in range(data.AHEAD + 1):
        assert cv2.imwrite(str(tmp_path / "images" / f"d{number:03}.png"), np.zeros((4, 4, 3), np.uint8))
    names = [name for name, _ in data.read_photos(tmp_path / "images")]
    assert names == ["b.png", *(f"d{number:03}.png" for number in range(data.AHEAD + 1))]
    (tmp_path / "instances.json").write_text(
        '{"images": [{"id": 1, "file_name": "b.png", "width": 640, "height": 100}], "categories": [{"id": 7}],'
        ' "annotations": [{"image_id": 1, "category_id": 7, "bbox": [64, 10, 128, 50]}]}'
    )
    [photo] = data.read_coco(tmp_path)
    assert photo.pixels.shape == (50, 320, 3)
    assert photo.truth is not None
    assert photo.truth.tolist() == [[32, 5, 96, 30, 0]]
