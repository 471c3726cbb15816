"""The pool: every job is answered once, whatever its worker does."""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from phototag.app import workers
from phototag.app.messages import Chunk, Done, Examined, Identified, Job, Link, Wanted
from phototag.app.workers import Pool
from phototag.errors import ModelBrokenError, PhototagError
from phototag.types import FileStamp, Stage, Task

WANTED = frozenset((Task.DETECT,))


def job(name: str, size: int = 10) -> Job:
    return Job(name.encode(), 0, FileStamp(b"", name.encode(), size, 0, 0, 0))


def answering(link: Link, setup: object) -> None:
    """A worker that echoes paths; a path may say that it kills or hangs the worker."""
    chunks: dict[int, Chunk] = {}

    def identify(chunk: Chunk) -> Identified:
        chunks[chunk.number] = chunk
        return Identified(chunk.number, tuple(j.path for j in chunk.jobs))

    def finish(wanted: Wanted) -> Done:
        jobs = chunks.pop(wanted.number).jobs
        for j in jobs:
            if b"kill" in j.path:
                os.kill(os.getpid(), signal.SIGSEGV)
            if b"hang" in j.path:
                link.expect(1.5)
                time.sleep(1000)
            if b"large" in j.path:
                link.reserve(j.stamp.size)
                _note(setup, j.stamp.size)
                time.sleep(0.02)
                _note(setup, -j.stamp.size)
        return Done(wanted.number, tuple(Examined(j, content=j.path) for j in jobs))

    link.serve(identify, finish)


def _note(diary: object, size: int) -> None:
    with open(str(diary), "a", encoding="ascii") as file:  # noqa: PTH123
        file.write(f"{size}\n")


def accelerated(link: Link, setup: object) -> None:
    """A worker for whom there is room on the accelerator only if it comes first."""
    try:
        os.close(os.open(str(setup), os.O_CREAT | os.O_EXCL))
        link.ready("cuda")
    except FileExistsError:
        link.ready("cpu")
    answering(link, setup)


def dying(link: Link, setup: object) -> None:
    os._exit(3)


def refusing(link: Link, setup: object) -> None:
    link.refuse("no such model", "install it")


def all_wanted(contents: Sequence[bytes | None]) -> list[frozenset[Task]]:
    return [WANTED for _ in contents]


def test_every_job_is_answered_once() -> None:
    jobs = [job(f"photo {number}") for number in range(50)]
    with Pool(answering, None, 2) as pool:
        results = [examined for chunk in pool.run(iter(jobs), all_wanted) for examined in chunk]
    assert sorted(r.job.path for r in results) == sorted(j.path for j in jobs)
    assert all(r.problem is None for r in results)


def test_a_chunk_holds_a_bounded_number_of_bytes() -> None:
    jobs = [job(f"{number}", size=workers.CHUNK_BYTES // 2 + 1) for number in range(4)]
    with Pool(answering, None, 1) as pool:
        assert [len(chunk) for chunk in pool.run(iter(jobs), all_wanted)] == [1, 1, 1, 1]


def test_no_worker_is_started_without_work() -> None:
    with Pool(dying, None, 2) as pool:
        assert list(pool.run(iter(()), all_wanted)) == []


def test_a_photo_that_kills_its_worker_costs_one_problem() -> None:
    jobs = [job(f"photo {number}") for number in range(20)] + [job("kill")] + [job(f"more {n}") for n in range(20)]
    with Pool(answering, None, 2) as pool:
        results = [examined for chunk in pool.run(iter(jobs), all_wanted) for examined in chunk]
    assert sorted(r.job.path for r in results) == sorted(j.path for j in jobs)
    [bad] = [r for r in results if r.problem]
    assert bad.problem
    assert (bad.job.path, bad.problem.stage, bad.problem.reason) == (b"kill", Stage.DECODE, "its decoder crashed")


def test_a_photo_that_hangs_its_worker_costs_one_problem() -> None:
    jobs = [job("one"), job("hang"), job("two")]
    with Pool(answering, None, 1) as pool:
        results = {e.job.path: e.problem for chunk in pool.run(iter(jobs), all_wanted) for e in chunk}
    assert {path: problem.reason for path, problem in results.items() if problem} == {
        b"hang": "its decoder took too long"
    }
    assert len(results) == 3


def test_few_large_files_are_held_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "CHUNK_BYTES", 1000)
    monkeypatch.setattr(workers, "HELD_BYTES", 9000)
    taken: list[int] = []

    def jobs() -> Iterator[Job]:
        for number in range(12):
            taken.append(number)
            yield job(f"photo {number}", size=4000)

    with Pool(answering, None, 3) as pool:
        done = 0
        for chunk in pool.run(jobs(), all_wanted):
            assert len(taken) - done <= 4  # two are held; one waits, one was looked at to close its chunk
            done += len(chunk)
    assert done == 12


def test_large_photos_share_a_budget_and_the_largest_are_alone(tmp_path: Path) -> None:
    sizes = [workers.ROOM_BYTES // 3, workers.ROOM_BYTES * 4, workers.ROOM_BYTES // 2, workers.ROOM_BYTES] * 3
    jobs = [job(f"large {number}", size) for number, size in enumerate(sizes)]
    with Pool(answering, tmp_path / "diary", 3) as pool:
        results = [examined for chunk in pool.run(iter(jobs), all_wanted) for examined in chunk]
    assert len(results) == len(jobs)
    held: list[int] = []
    for line in (tmp_path / "diary").read_text().split():
        if int(line) < 0:
            held.remove(-int(line))
        else:
            held.append(int(line))
            assert len(held) == 1 or sum(held) <= workers.ROOM_BYTES
    assert held == []


def test_a_worker_that_cannot_start_ends_the_run() -> None:
    with Pool(dying, None, 2) as pool, pytest.raises(PhototagError, match="died while it started"):
        list(pool.run(iter([job("photo")]), all_wanted))


def test_a_worker_without_its_model_ends_the_run() -> None:
    with Pool(refusing, None, 1) as pool, pytest.raises(ModelBrokenError, match="no such model"):
        list(pool.run(iter([job("photo")]), all_wanted))


def test_stopping_finishes_what_is_under_way_and_begins_nothing() -> None:
    begun: list[Job] = []

    def jobs() -> Iterator[Job]:
        for number in range(1000):
            begun.append(job(f"photo {number}"))
            yield begun[-1]

    with Pool(answering, None, 1) as pool:
        done = 0
        for chunk in pool.run(jobs(), all_wanted):
            done += len(chunk)
            pool.stopping = True
    assert workers.CHUNK_FILES <= done <= (workers.CHUNKS_AHEAD + 1) * workers.CHUNK_FILES
    assert len(begun) <= done + 1


def test_workers_may_run_on_different_providers(tmp_path: Path) -> None:
    with Pool(accelerated, tmp_path / "first", 2) as pool:
        done = [one for some in pool.run((job(str(number)) for number in range(100)), all_wanted) for one in some]
        assert len(done) == 100
        assert sorted(pool.providers) == ["cpu", "cuda"]
