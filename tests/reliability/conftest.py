"""Runs in the background, and bigger galleries."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.reliability.indexing import Start, fill


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts `phototag` and lets it run: `start("index", folder)`; it is killed when the test ends."""
    begun: list[subprocess.Popen[bytes]] = []

    def run(*arguments: str | Path) -> "subprocess.Popen[bytes]":
        command = [os.fsencode(word) for word in (sys.executable, "-m", "phototag", *arguments)]
        begun.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        return begun[-1]

    yield run
    for process in begun:
        process.kill()
        process.communicate()


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of the index that every command of the test uses."""
    path = tmp_path / "index" / "index.db"
    monkeypatch.setenv("PHOTOTAG_DB", str(path))
    return path


@pytest.fixture
def crowd(gallery: Path) -> Path:
    """The gallery with 120 more photos in three folders, all different."""
    fill(gallery, 120)
    return gallery


@pytest.fixture
def mounted() -> Iterator[Callable[..., Callable[[], None]]]:
    """Mounts a file system in memory: `unmount = mounted(folder, "size=1m")`; skips where that is not allowed."""
    points: list[Path] = []

    def mount(point: Path, options: str = "size=16m") -> Callable[[], None]:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(point)], capture_output=True)
        if done.returncode:
            pytest.skip("mounting a file system is not allowed here")
        points.append(point)

        def unmount() -> None:
            subprocess.run(["umount", str(point)], check=True)
            points.remove(point)

        return unmount

    yield mount
    for point in points:
        subprocess.run(["umount", "--lazy", str(point)], check=False)
