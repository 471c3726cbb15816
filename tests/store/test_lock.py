"""One writer, told by name; a dead one holds nothing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from phototag.errors import IndexFileError, LockedError
from phototag.store.lock import lock_path, writer_lock

HOLD = """
import os, sys, time
from pathlib import Path
from phototag.store.lock import writer_lock
with writer_lock(Path(sys.argv[1])):
    if len(sys.argv) > 2 and os.fork() == 0:
        time.sleep(30)
    print("held", flush=True)
    time.sleep(30)
"""


def holder(index: Path, *options: str) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(index), *options], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def test_the_holder_is_named(tmp_path: Path) -> None:
    process = holder(tmp_path / "index.db")
    try:
        with pytest.raises(LockedError) as caught, writer_lock(tmp_path / "index.db"):
            pass
    finally:
        end(process)
    assert f"process {process.pid} " in caught.value.message
    assert f"since {time.strftime('%Y-', time.gmtime())}" in caught.value.message
    assert "--wait" in caught.value.hint


def test_waiting_for_the_lock(tmp_path: Path) -> None:
    process = holder(tmp_path / "index.db")
    try:
        begun = time.monotonic()
        with pytest.raises(LockedError), writer_lock(tmp_path / "index.db", wait=0.3):
            pass
        assert time.monotonic() - begun >= 0.3
        process.send_signal(signal.SIGTERM)
        with writer_lock(tmp_path / "index.db", wait=20):
            assert str(os.getpid()) in lock_path(tmp_path / "index.db").read_text()
    finally:
        end(process)


def test_a_killed_holder_has_let_go_even_with_a_child_alive(tmp_path: Path) -> None:
    process = holder(tmp_path / "index.db", "fork")
    end(process)
    assert lock_path(tmp_path / "index.db").read_text() != ""
    with writer_lock(tmp_path / "index.db", wait=5):
        pass


def test_one_process_can_not_hold_it_twice(tmp_path: Path) -> None:
    with writer_lock(tmp_path / "index.db"), pytest.raises(LockedError), writer_lock(tmp_path / "index.db"):
        pass
    with writer_lock(tmp_path / "index.db"):
        pass


def test_a_lock_file_of_nonsense_is_still_a_lock(tmp_path: Path) -> None:
    with writer_lock(tmp_path / "index.db"):
        lock_path(tmp_path / "index.db").write_bytes(b"\xff[1")
        with pytest.raises(LockedError, match="another process"), writer_lock(tmp_path / "index.db"):
            pass


def test_no_place_for_a_lock_file(tmp_path: Path) -> None:
    with pytest.raises(IndexFileError, match="lock file"), writer_lock(tmp_path / "nowhere" / "index.db"):
        pass
