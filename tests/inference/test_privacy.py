"""Running a model tells nobody anything."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
MODEL = CHECKOUT / "models" / "tiny_tagger.onnx"
INDEXING = """
from phototag.inference.session import ort
ort.InferenceSession({model!r}, providers=["CPUExecutionProvider"])
from phototag.inference import providers, optimise
"""
MEASURING = """
import pathlib
from scripts import bench_peer
bench_peer._encoder(pathlib.Path({folder!r}), "")
"""
TRAINING = """
from scripts.train import teacher
teacher.session({model!r}, 1)
"""
NEEDS_TORCH = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="training needs phototag[train]")


CODE = {"indexing": INDEXING, "measuring": MEASURING, "training": TRAINING}


@pytest.mark.parametrize("kind", ["indexing", "measuring", pytest.param("training", marks=NEEDS_TORCH)])
def test_onnxruntime_leaves_no_trace_of_its_use(tmp_path: Path, kind: str) -> None:
    """Where it reports what it does, it keeps an identifier and a queue below the user's cache folder."""
    work, home = tmp_path / "work", tmp_path / "home"
    work.mkdir()
    home.mkdir()
    shutil.copyfile(MODEL, work / "vit.onnx")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "ORT_", "CI"))}
    code = CODE[kind].format(model=str(MODEL), folder=str(work))
    done = subprocess.run(
        [sys.executable, "-c", code], env={**environment, "HOME": str(home)}, cwd=CHECKOUT, check=False
    )
    assert done.returncode == 0
    assert list(home.rglob("*")) == []


def test_nothing_else_loads_onnxruntime() -> None:
    """These two packages set the variable when they are imported; tests have it from `conftest`."""
    loading = {
        str(path.relative_to(CHECKOUT).parent)
        for folder in ("phototag", "scripts")
        for path in (CHECKOUT / folder).rglob("*.py")
        if re.search(r"^\s*(import|from) onnxruntime", path.read_text("utf-8"), re.MULTILINE)
    }
    assert loading == {"phototag/inference", "scripts", "scripts/train"}
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"
