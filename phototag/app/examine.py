"""What a worker process does with photos: open, identify, decode, analyse."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from phototag.app.messages import Chunk, Done, Examined, Identified, Job, Link, Setup, Wanted
from phototag.app.trim import trim
from phototag.errors import ModelError
from phototag.inference.analyser import Analyser, open_analyser
from phototag.inference.providers import candidates
from phototag.inference.spec import ModelFile
from phototag.media.examine import OpenedPhoto, open_photo
from phototag.media.fault import PhotoError
from phototag.media.quiet import quiet_stderr
from phototag.types import Analysis, Findings, Photo, Problem, Stage, Task

if TYPE_CHECKING:
    from PIL.Image import Image

T = TypeVar("T")

READ_SECONDS = 60.0  # a drive may have to wake up
DECODE_SECONDS = 10.0
DECODE_BYTES_PER_SECOND = 20 << 20  # a twentieth of what the slowest decoder does on an idle machine
MODEL_SECONDS = 600.0  # some accelerators compile a model when they first see it
SMALL_BYTES = 64 << 20
"""What decoding any photo may take without asking the parent for room."""


def serve(link: Link, setup: Setup) -> None:
    """A worker process: load the models, then serve until the parent is gone."""
    with quiet_stderr(setup.log):
        try:
            analysers, provider = open_all(setup.models, setup.threads, setup.provider)
        except ModelError as error:
            link.refuse(error.message, error.hint)
            return
        link.ready(provider)
        examiner = Examiner(analysers, setup.max_megapixels, link)
        link.serve(examiner.identify, examiner.finish)


def open_all(models: Sequence[ModelFile], threads: int, provider: str) -> tuple[list[Analyser], str]:
    """The models, and the provider that they run on: of several candidates the first that works for all of them.

    Raises ModelError when the only candidate does not work.
    """
    *likely, last = candidates(provider)
    for name in likely:
        with suppress(ModelError):
            return [open_analyser(model, threads=threads, provider=name) for model in models], name
    return [open_analyser(model, threads=threads, provider=last) for model in models], last


def least_size(analysers: Sequence[Analyser]) -> tuple[int, int]:
    """The (shorter, longer) side down to which a photo may be reduced for all of the models."""
    sizes = [analyser.minimum_size for analyser in analysers]
    return max((size[0] for size in sizes), default=1), max((size[1] for size in sizes), default=1)


class Examiner:
    """Opens a chunk's files, and later decodes and analyses those that are wanted."""

    def __init__(self, analysers: Sequence[Analyser], max_megapixels: float | None, link: Link) -> None:
        self._link = link
        self._analysers = {analyser.model.task: analyser for analyser in analysers}
        self._minimum = least_size(analysers)
        self._max_megapixels = max_megapixels
        self._opened: dict[int, list[tuple[Job, OpenedPhoto | Problem]]] = {}

    def identify(self, chunk: Chunk) -> Identified:
        """Read the files of a chunk; None is the content of one that can't be read."""
        opened = [self._open(job) for job in chunk.jobs]
        self._opened[chunk.number] = opened
        return Identified(
            chunk.number, tuple(None if isinstance(photo, Problem) else photo.identity.content for _, photo in opened)
        )

    def finish(self, wanted: Wanted) -> Done:
        """Decode what is wanted of a chunk, run the models over it, and let go of its files."""
        opened = self._opened.pop(wanted.number)
        first: dict[bytes, int] = {}  # copies within a chunk are decoded once
        twins = [
            first.setdefault(photo.identity.content, position) if isinstance(photo, OpenedPhoto) else position
            for position, (_, photo) in enumerate(opened)
        ]
        tasks = [
            tasks if twin == position else frozenset[Task]()
            for position, (tasks, twin) in enumerate(zip(wanted.tasks, twins, strict=True))
        ]
        decoded = [
            self._decode(job, photo) if needed else photo for (job, photo), needed in zip(opened, tasks, strict=True)
        ]
        found = self._analyse(decoded, tasks)
        examined = [
            _examined(job, photo, decoded[twin], found.get(position, []))
            for position, ((job, photo), twin) in enumerate(zip(opened, twins, strict=True))
        ]
        return Done(wanted.number, tuple(examined))

    def _open(self, job: Job) -> tuple[Job, OpenedPhoto | Problem]:
        """The file with its bytes, and the job with the stamp that they were read under."""
        self._link.expect(READ_SECONDS)
        photo = _caught(job, lambda: open_photo(job.path, sidecars=bool(job.stamp.sidecar)))
        if isinstance(photo, OpenedPhoto):
            job = replace(job, stamp=replace(job.stamp, size=photo.size, mtime_ns=photo.mtime_ns))
        return job, photo

    def _reserve(self, size: int) -> None:
        """Called before a photo is decoded, which takes `size` bytes."""
        if size > SMALL_BYTES:
            trim()
            self._link.reserve(size)
        self._link.expect(DECODE_SECONDS + size / DECODE_BYTES_PER_SECOND)

    def _decode(self, job: Job, photo: OpenedPhoto | Problem) -> "tuple[Photo, Image] | Problem":
        if isinstance(photo, Problem):
            return photo

        def decode() -> "tuple[Photo, Image]":
            self._link.expect(DECODE_SECONDS)
            decoded = photo.decode(minimum=self._minimum, max_megapixels=self._max_megapixels, reserve=self._reserve)
            return decoded.photo, decoded.image

        return _caught(job, decode)

    def _analyse(
        self, decoded: "Sequence[object]", wanted: Sequence[frozenset[Task]]
    ) -> dict[int, list[Analysis | str]]:
        """Per position the analyses, or the reason why a model failed on that photo."""
        found: dict[int, list[Analysis | str]] = {}
        for task, analyser in self._analysers.items():
            self._link.expect(MODEL_SECONDS)
            images = {
                position: picture[1]
                for position, picture in enumerate(decoded)
                if isinstance(picture, tuple) and task in wanted[position]
            }
            for position, result in zip(images, _findings(analyser, list(images.values())), strict=True):
                done = result if isinstance(result, str) else Analysis(analyser.model, analyser.floor, result)
                found.setdefault(position, []).append(done)
        return found


def _examined(job: Job, photo: OpenedPhoto | Problem, picture: object, results: "Sequence[Analysis | str]") -> Examined:
    """What became of one file: `picture` is what decoding it, or its first copy, gave."""
    if isinstance(photo, Problem):
        return Examined(job, problem=photo)
    if isinstance(picture, Problem):
        return Examined(job, problem=replace(picture, path=job.path))
    failed = next((result for result in results if isinstance(result, str)), None)
    return Examined(
        job,
        content=photo.identity.content,
        metadata=photo.metadata,
        photo=picture[0] if isinstance(picture, tuple) else None,
        analyses=tuple(result for result in results if isinstance(result, Analysis)),
        problem=Problem(job.path, Stage.INFER, failed) if failed else None,
    )


def _findings(analyser: Analyser, images: "list[Image]") -> list[Findings | str]:
    """The findings of a batch; if it fails, of its photos one by one, so that only the culprit pays."""
    if not images:
        return []
    try:
        return list(analyser.analyse(images))
    except (ModelError, MemoryError) as error:
        if len(images) == 1:
            return [f"{analyser.model.name}: {error}"]
        return [result for image in images for result in _findings(analyser, [image])]


def _caught(job: Job, step: Callable[[], T]) -> T | Problem:
    try:
        return step()
    except PhotoError as error:
        return error.problem(job.path)
