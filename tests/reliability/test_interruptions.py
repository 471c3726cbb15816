"""Runs that are killed, stopped or doubled: nothing stored is lost, done twice, or closed to readers."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.reliability.indexing import Run, Start, analysed, content, rows, sound, wait_until

PHOTOS = 124
KILLS = 3


def children(pid: int) -> list[int]:
    """The processes that a process has started; none where the system does not tell."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def alive(pid: int) -> bool:
    """Whether a process runs; a dead one that nobody has asked for its exit code does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_killed_at_random_moments_it_loses_nothing(phototag: Run, start: Start, crowd: Path, database: Path) -> None:
    reference = database.with_name("reference.db")
    began = time.monotonic()
    phototag("index", crowd, "--db", reference, "--workers", "2")
    duration = time.monotonic() - began
    moments = random.Random(17)
    for kill in range(KILLS):
        before = analysed(database)
        process = start("index", crowd, "--workers", "2")
        if kill == 0:  # one that is surely in the midst of its work
            wait_until(lambda: analysed(database))
        else:
            time.sleep(moments.uniform(0, duration))
        workers = children(process.pid)
        process.kill()
        process.communicate()
        wait_until(lambda: not any(map(alive, workers)), 30)  # noqa: B023
        assert sound(database)
        assert analysed(database) >= before
    before = analysed(database)
    assert before > 0
    last = json.loads(phototag("index", crowd, "--json").stdout)
    assert last["analysed"] == PHOTOS - before  # whatever was stored is not done again
    assert (last["seen"], last["failed"]) == (PHOTOS, [])
    assert content(database) == content(reference)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_finishes_its_batch_and_says_what_it_kept(
    phototag: Run, start: Start, crowd: Path, database: Path, number: int
) -> None:
    process = start("index", crowd, "--workers", "1")
    wait_until(lambda: analysed(database))
    process.send_signal(number)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    kept = analysed(database)
    assert f"what was done is kept: {kept} photos were analysed" in stderr.decode()
    assert b"Traceback" not in stderr
    assert b"the last run was stopped before it had seen everything" in phototag("count", "person").stderr
    assert json.loads(phototag("index", "--json").stdout)["analysed"] == PHOTOS - kept
    assert b"last run" not in phototag("count", "person").stderr


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs to see a process's children")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_stopped_while_its_workers_load_it_stays_quiet(start: Start, crowd: Path, database: Path, number: int) -> None:
    process = start("index", crowd, "--workers", "2", "--quiet")
    wait_until(lambda: len(children(process.pid)) >= 2)
    for one in (process.pid, *children(process.pid)) if number == signal.SIGINT else (process.pid,):
        os.kill(one, number)  # Ctrl-C reaches every process of a terminal
    _, stderr = process.communicate(timeout=60)
    # Killed in the midst of starting a process, Python's own bootstrap may complain; phototag's code may not.
    assert (b"Traceback" if number == signal.SIGINT else b"phototag/app") not in stderr


def test_an_impatient_second_ctrl_c_ends_at_once(start: Start, crowd: Path, database: Path) -> None:
    process = start("index", crowd, "--workers", "2")
    wait_until(lambda: analysed(database))
    for _ in range(2):
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode in (130, -signal.SIGINT), stderr  # a shell says 130 of both
    assert b"Traceback" not in stderr
    assert sound(database)


def test_one_writer_and_any_number_of_readers(phototag: Run, start: Start, crowd: Path, database: Path) -> None:
    process = start("index", crowd, "--workers", "1")
    wait_until(lambda: analysed(database))
    os.kill(process.pid, signal.SIGSTOP)  # it holds the lock for as long as the test needs
    try:
        refused = phototag("index", crowd, code=75).stderr.decode()
        assert f"process {process.pid} has been writing to it since 20" in refused
        assert "--wait" in refused
        phototag("roots", "remove", crowd, code=75)
        phototag("search", "person", "--exists")
        assert b"photos" in phototag("count", "person").stdout
        began = time.monotonic()
        phototag("index", crowd, "--wait", "1", code=75)
        assert time.monotonic() - began >= 1
        waiting = start("index", crowd, "--wait", "60", "--json")
    finally:
        os.kill(process.pid, signal.SIGCONT)
    process.communicate(timeout=60)
    assert process.returncode == 0
    stdout, stderr = waiting.communicate(timeout=60)
    assert waiting.returncode == 0, stderr
    assert json.loads(stdout)["unchanged"] == PHOTOS


def test_looking_after_the_index_while_others_read(
    phototag: Run, gallery: Path, database: Path, tmp_path: Path
) -> None:
    phototag("index", gallery)
    with closing(sqlite3.connect(database)) as reader:
        reader.execute("BEGIN")
        seen = reader.execute("SELECT count(*) FROM files").fetchone()
        for command in (("backup", tmp_path / "copy.db"), ("check",), ("vacuum",), ("restore", tmp_path / "copy.db")):
            phototag("db", *command)
            assert reader.execute("SELECT count(*) FROM files").fetchone() == seen == (4,)
    assert sound(database)
    assert b"two people.jpg" in phototag("search", "person>=2").stdout


def test_the_lock_of_a_dead_process_is_taken_over(phototag: Run, start: Start, crowd: Path, database: Path) -> None:
    process = start("index", crowd, "--workers", "1")
    wait_until(lambda: analysed(database))
    process.kill()
    process.communicate()
    assert str(process.pid) in database.with_name("index.db.lock").read_text()
    phototag("index", crowd)
    assert analysed(database) == PHOTOS


def test_searching_while_indexing_never_meets_a_lock(start: Start, crowd: Path, database: Path) -> None:
    process = start("index", crowd, "--workers", "1")
    wait_until(lambda: rows(database, "SELECT 1 FROM roots"))
    asked = 0
    counts = []
    while process.poll() is None or not asked:
        command = [sys.executable, "-m", "phototag", "count", "person", "--json", "--quiet"]
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        counts.append(json.loads(done.stdout)["photos"])
        asked += 1
    assert counts == sorted(counts)
