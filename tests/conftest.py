"""What every test may use: the command line as a process, and the weights and photos outside the project."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("PHOTOTAG_SHARED", CHECKOUT.parent / "shared"))

Run = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test touches the user's own index, settings or models."""
    home = tmp_path_factory.mktemp("home")
    for variable in [name for name in os.environ if name.startswith("PHOTOTAG_") and name != "PHOTOTAG_SHARED"]:
        monkeypatch.delenv(variable)
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)  # each process would compile the whole program
    for kind in ("DATA", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"PHOTOTAG_{kind}_DIR", str(home / kind.lower()))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real weights and real photos; skips the test where it is not there."""
    if not (SHARED / "models").is_dir() or not (SHARED / "data").is_dir():
        pytest.skip("needs real weights and photos: a folder shared/ beside the checkout, or PHOTOTAG_SHARED")
    return SHARED


@pytest.fixture
def phototag() -> Run:
    """Runs `phototag` as a process of its own: `phototag("search", "cat", code=0)` checks the exit code."""

    def run(*arguments: str | Path | bytes, code: int = 0, timeout: float = 120) -> subprocess.CompletedProcess[bytes]:
        words = [os.fsencode(argument) for argument in arguments]
        done = subprocess.run(
            [sys.executable, "-m", "phototag", *words], capture_output=True, timeout=timeout, check=False
        )
        assert done.returncode == code, (done.returncode, done.stdout.decode(), done.stderr.decode())
        assert b"Traceback" not in done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog of tiny real models that are embedded in its pack `tiny`."""
    from tests.onnx_models import write_models

    return write_models(tmp_path_factory.mktemp("models"))


@pytest.fixture
def gallery(tmp_path: Path, tiny_models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with four photos: two persons; a person and a dog; a car; nothing. The tiny models find them."""
    from tests.onnx_models import paint

    monkeypatch.setenv("PHOTOTAG_CATALOG", str(tiny_models))
    folder = tmp_path / "photos"
    (folder / "trip").mkdir(parents=True)
    paint({(0, 0): "person", (3, 1): "person"}).save(folder / "two people.jpg", quality=95)
    paint({(0, 0): "person", (2, 2): "dog"}).save(folder / "walk.png")
    paint({(1, 1): "car"}).save(folder / "trip" / "car.webp", quality=95)
    paint({}).save(folder / "trip" / "nothing.jpg")
    return folder
