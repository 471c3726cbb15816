"""What every test may use: the command line as a process, and the weights and photos outside the project."""

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from phototag import inference as inference  # before a test loads onnxruntime: it keeps that from reporting its use
from tests.forking import ADDRESS, request, start_server
from tests.indexed import indexed as indexed

CHECKOUT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("PHOTOTAG_SHARED", CHECKOUT.parent / "shared"))

Run = Callable[..., subprocess.CompletedProcess[bytes]]
Inside = Callable[..., "Answer"]


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test touches the user's own index, settings or models."""
    home = tmp_path_factory.mktemp("home")
    for variable in [name for name in os.environ if name.startswith("PHOTOTAG_") and name != "PHOTOTAG_SHARED"]:
        monkeypatch.delenv(variable)
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)  # each process would compile the whole program
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)  # it would hide what is said too late
    for kind in ("DATA", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"PHOTOTAG_{kind}_DIR", str(home / kind.lower()))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real weights and real photos; skips the test where it is not there."""
    if not (SHARED / "models").is_dir() or not (SHARED / "data").is_dir():
        pytest.skip("needs real weights and photos: a folder shared/ beside the checkout, or PHOTOTAG_SHARED")
    return SHARED


@pytest.fixture(scope="session")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket of a process that has loaded `phototag` and forks for each command."""
    folder = tmp_path_factory.mktemp("forks")
    server = start_server(folder)
    yield folder / "socket"
    server.terminate()
    server.wait()


@pytest.fixture
def phototag(forks: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `phototag` as a process of its own: `phototag("search", "cat", code=0)` checks the exit code."""
    monkeypatch.setenv(ADDRESS, str(forks))

    def run(*arguments: str | Path | bytes, code: int = 0) -> subprocess.CompletedProcess[bytes]:
        words = [os.fsencode(argument) for argument in arguments]
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, Path(os.devnull).open() as nothing:
            found = request(words, (nothing.fileno(), out.fileno(), err.fileno()))
            out.seek(0), err.seek(0)
            done = subprocess.CompletedProcess(words, found, out.read(), err.read())
        assert done.returncode == code, (done.returncode, done.stdout.decode(), done.stderr.decode())
        assert b"Traceback" not in done.stderr
        return done

    return run


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command that ran in this process printed."""

    out: str
    err: str


@pytest.fixture
def inside() -> Inside:
    """Runs a command of phototag in this process, which is faster: `inside("search", "cat", code=0, given="y")`."""
    from typer.testing import CliRunner

    from phototag.cli import app

    def run(*arguments: str | Path, code: int = 0, given: str = "") -> Answer:
        done = CliRunner().invoke(app, [os.fspath(argument) for argument in arguments], input=given)
        assert done.exit_code == code, (done.exit_code, done.stdout, done.stderr, done.exception)
        return Answer(done.stdout, done.stderr)

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
