"""Running a model tells nobody anything."""

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
CODE = """
from phototag.inference.session import ort
ort.InferenceSession({model!r}, providers=["CPUExecutionProvider"])
from phototag.inference import providers, optimise
"""


def test_onnxruntime_leaves_no_trace_of_its_use(tmp_path: Path) -> None:
    """Where it reports what it does, it keeps an identifier and a queue below the user's cache folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "ORT_", "CI"))}
    code = CODE.format(model=str(CHECKOUT / "models" / "tiny_tagger.onnx"))
    done = subprocess.run(
        [sys.executable, "-c", code], env={**environment, "HOME": str(tmp_path)}, cwd=CHECKOUT, check=False
    )
    assert done.returncode == 0
    assert list(tmp_path.rglob("*")) == []
