"""What the parent and its worker processes say to one another, and the worker's end of the line.

parent                              worker
Setup       load these models   →
                                ←   Ready
Chunk       read these files    →
                                ←   Identified    what each file is
Wanted      the models to run   →
                                ←   Room          one photo needs this much memory (large ones only)
Granted     go on               →
                                ←   Done          what became of the chunk
"""

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from phototag.inference.spec import ModelFile
from phototag.types import Analysis, FileStamp, Metadata, Photo, Problem, Task

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized


@dataclass(frozen=True, slots=True)
class Setup:
    """What a worker needs to start. C libraries write to `log`, not over the progress bar."""

    models: tuple[ModelFile, ...]
    threads: int
    provider: str
    max_megapixels: float | None
    log: Path | None


@dataclass(frozen=True, slots=True)
class Job:
    """A file to look at. `path` is absolute; `root` is the store's id of its root."""

    path: bytes
    root: int
    stamp: FileStamp


@dataclass(frozen=True, slots=True)
class Examined:
    """What became of a job: a problem, or a content with metadata; `photo` is None when the content was known already
    and nothing had to be decoded. The job's stamp is that of the moment of reading."""

    job: Job
    content: bytes = b""
    metadata: Metadata = field(default_factory=Metadata)
    photo: Photo | None = None
    analyses: tuple[Analysis, ...] = ()
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """To the worker: read these files. A `suspect` one was under way when a worker died, and runs alone."""

    number: int
    jobs: tuple[Job, ...]
    suspect: bool = False

    @property
    def size(self) -> int:
        """Bytes of its files."""
        return sum(job.stamp.size for job in self.jobs)


@dataclass(frozen=True, slots=True)
class Ready:
    """To the parent: the models are loaded, and run on `provider`."""

    provider: str


@dataclass(frozen=True, slots=True)
class Identified:
    """To the parent: the content of each file, None where it can't be read."""

    number: int
    contents: tuple[bytes | None, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """To the worker: the tasks to run per file."""

    number: int
    tasks: tuple[frozenset[Task], ...]


@dataclass(frozen=True, slots=True)
class Room:
    """To the parent: decoding the next photo takes so many bytes; the worker waits until they are granted."""

    size: int


@dataclass(frozen=True, slots=True)
class Granted:
    """To the worker: there is room, which it has until its next message."""


@dataclass(frozen=True, slots=True)
class Done:
    """To the parent: what became of a chunk."""

    number: int
    examined: tuple[Examined, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """To the parent: the worker can't work at all."""

    message: str
    hint: str


ToParent: TypeAlias = Ready | Identified | Room | Done | Broken
ToWorker: TypeAlias = Chunk | Wanted | Granted


class Link:
    """The worker's end: a pipe, and a clock that the parent reads; it kills a worker that is past its deadline."""

    def __init__(self, pipe: Connection, deadline: "Synchronized[float]") -> None:
        self._pipe = pipe
        self._deadline = deadline
        self._waiting: deque[ToWorker] = deque()

    def expect(self, seconds: float) -> None:
        """Say that the step that begins now takes at most so long."""
        self._deadline.value = time.monotonic() + seconds

    def reserve(self, size: int) -> None:
        """Wait until there is room for `size` bytes; it is held until the next message to the parent."""
        self._deadline.value = math.inf
        self._pipe.send(Room(size))
        while not isinstance(message := self._pipe.recv(), Granted):
            self._waiting.append(message)

    def ready(self, provider: str) -> None:
        """Say that work can begin, and what the models run on."""
        self._pipe.send(Ready(provider))

    def refuse(self, message: str, hint: str) -> None:
        """Say that this worker can't work at all."""
        self._pipe.send(Broken(message, hint))

    def serve(self, identify: Callable[[Chunk], Identified], finish: Callable[[Wanted], Done]) -> None:
        """Answer until the parent is gone, which ends in EOFError or BrokenPipeError."""
        while True:
            self._deadline.value = math.inf
            message = self._waiting.popleft() if self._waiting else self._pipe.recv()
            if isinstance(message, Chunk):
                self._pipe.send(identify(message))
            elif isinstance(message, Wanted):
                self._pipe.send(finish(message))
