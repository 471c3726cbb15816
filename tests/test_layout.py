"""House rules that no tool checks: short modules, and nothing heavy loaded before it is needed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Run

CHECKOUT = Path(__file__).resolve().parent.parent
LONGEST_MODULE = 300


def test_modules_are_short() -> None:
    sources = [*CHECKOUT.glob("phototag/**/*.py"), *CHECKOUT.glob("scripts/**/*.py")]
    lengths = {path.relative_to(CHECKOUT): len(path.read_text("utf-8").splitlines()) for path in sources}
    assert len(lengths) > 20
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_MODULE} == {}


def loaded_by(*arguments: str) -> set[str]:
    """The top-level packages loaded when the command has run."""
    code = (
        "import sys\n"
        "from phototag.cli import main\n"
        f"sys.argv = {['phototag', *arguments]!r}\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print('\\n' + ' '.join({m.split('.')[0] for m in sys.modules}))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [("--help",), ("search", "--help"), ("--version",)])
def test_help_loads_nothing_heavy(arguments: tuple[str, ...]) -> None:
    assert loaded_by(*arguments) & {"onnxruntime", "sqlalchemy", "pydantic", "numpy", "PIL", "exifread"} == set()


def test_an_index_run_without_new_photos_loads_no_decoder_and_no_runtime(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    loaded = loaded_by("index", str(tmp_path / "photos"), "--db", str(tmp_path / "index.db"))
    assert "sqlalchemy" in loaded
    assert loaded & {"onnxruntime", "numpy", "PIL", "exifread"} == set()


@pytest.mark.parametrize("command", ["search", "count"])
def test_questions_load_neither_sqlalchemy_nor_what_else_is_slow(
    command: str, gallery: Path, tmp_path: Path, phototag: Run
) -> None:
    index = tmp_path / "index.db"
    phototag("--db", index, "index", gallery)
    loaded = loaded_by("--db", str(index), command, "person and not dog")
    assert loaded & {"sqlalchemy", "pydantic", "asyncio", "rich", "numpy", "PIL", "onnxruntime", "exifread"} == set()
