"""Output that nobody takes: a full disk behind it, or closed by the caller."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from phototag.settings import load_settings
from tests.conftest import Run

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full and a POSIX shell")


def ended(rest: str, *arguments: str) -> tuple[int, str, str]:
    """The exit code and the output of `phototag ARGUMENTS` with the redirections `rest`."""
    command = ["sh", "-c", f'"$@" {rest}', "sh", sys.executable, "-m", "phototag", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("arguments", [("count", "person"), ("labels",), ("--version",), ("--help",)])
def test_output_that_finds_no_room(phototag: Run, gallery: Path, arguments: tuple[str, ...]) -> None:
    phototag("index", gallery)
    code, _, stderr = ended(">/dev/full", *arguments)
    assert code == 1
    assert stderr.startswith("phototag: No space left on device\n")
    assert "Exception" not in stderr


def test_closed_streams(phototag: Run, gallery: Path) -> None:
    phototag("index", gallery)
    assert ended(">&-", "count", "person")[0] == 0
    assert ended("2>&-", "count", "person")[:2] == (0, "person: 3 objects in 2 photos\n")
    assert ended("2>&-", "search", "nosuchword")[0] == 2
    assert ended("<&- >&- 2>&-", "index", str(gallery))[0] == 0
    phototag("db", "check")


def test_notes_that_find_no_room_do_not_stop_the_result(phototag: Run, gallery: Path) -> None:
    phototag("index", gallery)
    assert ended("2>/dev/full", "ask", "how many people")[:2] == (0, "person: 3 objects in 2 photos\n")
    assert ended("2>/dev/full", "search", "nosuchword")[0] == 2


def test_places_that_can_not_hold_an_index(phototag: Run, gallery: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for place in ("/dev/null", str(tmp_path / "pipe")):
        assert b"it is no file" in phototag("index", gallery, "--db", place, code=4).stderr
    assert not Path("/dev/null.lock").exists()
    phototag("index", gallery, "--db", "x" * 5000, code=1)


def test_settings_that_python_can_not_read(phototag: Run) -> None:
    file = load_settings().config_file
    file.parent.mkdir(parents=True, exist_ok=True)
    for text in ("a=" + 5000 * "[" + 5000 * "]", "workers=" + 5000 * "9", 'db="\\u0000x"'):
        file.write_text(text, "utf-8")
        assert b"can't be" in phototag("count", "person", code=2).stderr
