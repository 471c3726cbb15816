"""Worker processes: each opens, decodes and analyses photos; the parent walks, decides and writes.

Per chunk of photos there are two round trips. The worker reads the files and says what they are (a hash of their
content); the parent says which models have not seen that content; the worker decodes and runs those models, and none
for a moved file or a copy. Two chunks are under way per worker, so that no worker waits for an answer.

A photo that kills or hangs its worker costs one `Problem`: its chunk is tried again photo by photo in a new process.
Large photos share `ROOM_BYTES` of memory: one that needs more is decoded while no other large one is.
"""

import math
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import connection, get_context, resource_tracker
from multiprocessing.context import SpawnProcess
from types import ModuleType
from typing import Any, TypeAlias

from phototag.app.messages import (
    Broken,
    Chunk,
    Examined,
    Granted,
    Identified,
    Job,
    Link,
    Ready,
    Room,
    ToParent,
    ToWorker,
    Wanted,
)
from phototag.errors import ModelBrokenError, PhototagError
from phototag.types import Problem, Stage, Task

CHUNK_FILES = 8
CHUNK_BYTES = 8 << 20
CHUNKS_AHEAD = 2
HELD_BYTES = 64 << 20  # of files that were read and wait for their decoding, in all workers
ROOM_BYTES = 256 << 20
WATCH_SECONDS = 1.0

Lookup: TypeAlias = Callable[[Sequence[bytes | None]], Sequence[frozenset[Task]]]
Main: TypeAlias = Callable[[Link, Any], None]


class _Worker:
    """A process, its pipe, and the chunks it has."""

    def __init__(self, main: Main, setup: object) -> None:
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.deadline = context.Value("d", math.inf, lock=False)
        self.process: SpawnProcess = context.Process(
            target=_start, args=(main, theirs, self.deadline, setup), daemon=True
        )
        with _ctrl_c_held(), _main_hidden():
            self.process.start()
        theirs.close()
        self.chunks: dict[int, Chunk] = {}
        self.asked = 0  # bytes of memory that it waits for
        self.room = 0  # bytes of memory that it has
        self.spoke = False

    def send(self, message: ToWorker) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):  # a dead worker is found when it is read
            self.pipe.send(message)

    def give(self, chunk: Chunk) -> None:
        self.chunks[chunk.number] = chunk
        self.send(chunk)

    def takes(self, ahead: int, *, suspect: bool) -> bool:
        """Whether it has at most `ahead` chunks and may have one more; a suspect is alone, so that it can be blamed."""
        if suspect or any(chunk.suspect for chunk in self.chunks.values()):
            return not self.chunks
        return len(self.chunks) <= ahead

    @property
    def hangs(self) -> bool:
        """Whether it is past the time that it set itself for one photo."""
        return time.monotonic() > float(self.deadline.value)

    def stop(self) -> None:
        self.pipe.close()
        self.process.join(timeout=2)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


class Pool:
    """`count` worker processes that run `main(pipe, setup)`; they are started when there is work for them."""

    def __init__(self, main: Main, setup: object, count: int) -> None:
        self._main = main
        self._setup = setup
        self._count = count
        self._workers: list[_Worker] = []
        self._again: deque[Chunk] = deque()
        self._late: Chunk | None = None  # waits until the others hold fewer bytes
        self._numbers = iter(range(1 << 62))
        self.stopping = False
        self.providers: list[str] = []  # what the models run on, as workers have loaded them; mostly the same in all

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.stop()

    def run(self, jobs: Iterator[Job], lookup: Lookup) -> Iterator[tuple[Examined, ...]]:
        """What became of the jobs, chunk by chunk in the order they finish.

        `lookup` says which tasks a content still needs. Once `stopping` is set no new chunk is begun, and what is
        under way is finished. Raises ModelBrokenError when no worker can load its models.
        """
        chunks = self._chunks(jobs)
        while True:
            self._feed(chunks)
            if not any(worker.chunks for worker in self._workers):
                return
            for worker in self._ready():
                yield from self._hear(worker, lookup)

    def _chunks(self, jobs: Iterator[Job]) -> Iterator[Chunk]:
        """Chunks of a bounded number of files and bytes."""
        batch: list[Job] = []
        size = 0
        for job in jobs:
            if batch and (len(batch) == CHUNK_FILES or size + job.stamp.size > CHUNK_BYTES):
                yield Chunk(next(self._numbers), tuple(batch))
                batch, size = [], 0
            batch.append(job)
            size += job.stamp.size
        if batch:
            yield Chunk(next(self._numbers), tuple(batch))

    def _feed(self, chunks: Iterator[Chunk]) -> None:
        for ahead in range(CHUNKS_AHEAD):  # one for every worker before a second one for any
            for position in range(self._count):
                if position < len(self._workers) and not self._workers[position].takes(
                    ahead, suspect=bool(self._again)
                ):
                    continue
                chunk = self._next(chunks)
                if chunk is None:
                    return
                if position == len(self._workers):
                    self._workers.append(_Worker(self._main, self._setup))
                self._workers[position].give(chunk)

    def _next(self, chunks: Iterator[Chunk]) -> Chunk | None:
        """The chunk to begin now; None when there is none, or when the files that are held take too much memory."""
        if self._again:
            return self._again.popleft()
        if self.stopping:
            return None
        chunk, self._late = self._late or next(chunks, None), None
        held = sum(chunk.size for worker in self._workers for chunk in worker.chunks.values())
        if chunk is not None and held and held + chunk.size > max(HELD_BYTES, self._count * CHUNKS_AHEAD * CHUNK_BYTES):
            self._late = chunk
            return None
        return chunk

    def _ready(self) -> list[_Worker]:
        readable = connection.wait([worker.pipe for worker in self._workers], timeout=WATCH_SECONDS)
        for worker in self._workers:
            if worker.pipe not in readable and worker.hangs:
                worker.process.kill()  # its pipe then reads as closed
        return [worker for worker in self._workers if worker.pipe in readable]

    def _hear(self, worker: _Worker, lookup: Lookup) -> Iterator[tuple[Examined, ...]]:
        try:
            message: ToParent = worker.pipe.recv()
        except (EOFError, ConnectionResetError):
            yield from self._bury(worker)
            self._grant()
            return
        worker.spoke = True
        worker.asked = message.size if isinstance(message, Room) else 0
        worker.room = 0
        self._grant()
        if isinstance(message, Broken):
            raise ModelBrokenError(message.message, hint=message.hint)
        if isinstance(message, Ready) and message.provider not in self.providers:
            self.providers.append(message.provider)
        if isinstance(message, Room | Ready):
            return
        if isinstance(message, Identified):
            worker.send(Wanted(message.number, tuple(lookup(message.contents))))
        else:
            del worker.chunks[message.number]
            yield message.examined

    def _grant(self) -> None:
        """Give room to the workers that wait for it, the smallest first; a photo too large for any is alone."""
        for worker in sorted((worker for worker in self._workers if worker.asked), key=lambda worker: worker.asked):
            used = sum(worker.room for worker in self._workers)
            if used and used + worker.asked > ROOM_BYTES:
                return
            worker.room, worker.asked = worker.asked, 0
            worker.send(Granted())

    def _bury(self, worker: _Worker) -> Iterator[tuple[Examined, ...]]:
        """Take a dead worker's chunks back: a photo that ran alone was the cause, others are tried again one by one."""
        hung = worker.hangs
        worker.stop()
        self._workers.remove(worker)
        if not worker.spoke:  # not a photo's fault: else every photo would become a problem
            raise PhototagError(
                "a worker process died while it started", hint="Is there enough memory? --workers 1 needs the least."
            )
        for chunk in worker.chunks.values():
            if chunk.suspect:
                reason = "its decoder took too long" if hung else "its decoder crashed"
                yield (Examined(chunk.jobs[0], problem=Problem(chunk.jobs[0].path, Stage.DECODE, reason)),)
            else:
                self._again.extend(Chunk(next(self._numbers), (job,), suspect=True) for job in chunk.jobs)


@contextmanager
def _ctrl_c_held() -> Iterator[None]:
    """A process that is started here never hears Ctrl-C, not even while it loads; this one hears it afterwards."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # starting it lets Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _main_hidden() -> Iterator[None]:
    """A process that is started here does not import the program that started this one: it needs no command line."""
    program = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = program


def _start(main: Main, pipe: "connection.Connection", deadline: Any, setup: object) -> None:
    """Where a worker process begins. Ctrl-C is the parent's business, and a parent that died needs no answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        main(Link(pipe, deadline), setup)
