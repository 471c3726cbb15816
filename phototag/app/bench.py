"""`phototag doctor --bench`: how fast this machine runs the models, and what to set."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from phototag.app.index import model_files
from phototag.app.models import choose_models
from phototag.app.setup import available_cores
from phototag.app.words import load_vocabulary
from phototag.errors import ModelError
from phototag.inference.analyser import Analyser, open_analyser
from phototag.inference.providers import CPU, available
from phototag.inference.spec import ModelFile
from phototag.settings import Settings

if TYPE_CHECKING:
    from PIL import Image

SECONDS = 1.0
BATCHES = (1, 8)
SIZE = (640, 480)


@dataclass(frozen=True, slots=True)
class Speed:
    """Photos per second through both models: of one process with so many threads, and of all `processes` together.

    `alone` are the models that can't take such a batch and were given one photo at a time. `failed` says why a provider
    does not work.
    """

    provider: str
    threads: int
    batch: int
    processes: int
    one: float
    alone: tuple[str, ...] = ()
    failed: str = ""

    @property
    def together(self) -> float:
        """What all processes do together, if they do not get into one another's way."""
        return self.one * self.processes


def measure(settings: Settings) -> Iterator[Speed]:
    """Every provider with every sensible number of threads and size of batch; decoding is not part of it."""
    files = model_files(choose_models(settings), settings, load_vocabulary(settings))
    cores = available_cores()
    for provider in available():
        for threads in sorted({1, max(1, cores // 2), cores}) if provider == CPU else (1,):
            for batch in BATCHES:
                speed = _measure(files, provider, threads, batch, cores // threads if provider == CPU else 1)
                if batch == 1 or len(speed.alone) < len(files):  # else it is the same again
                    yield speed


def _measure(files: Sequence[ModelFile], provider: str, threads: int, batch: int, processes: int) -> Speed:
    speed = Speed(provider, threads, batch, processes, 0.0)
    try:
        analysers = [_open(file, provider, threads, batch) for file in files]
        alone = tuple(file.spec.name for file, (_, able) in zip(files, analysers, strict=True) if not able)
        return replace(speed, one=_photos_per_second([analyser for analyser, _ in analysers], batch), alone=alone)
    except ModelError as error:
        return replace(speed, failed=error.message)


def _open(file: ModelFile, provider: str, threads: int, batch: int) -> tuple[Analyser, bool]:
    """The model, and whether it takes such a batch: a file may fix its own, or fail on any other."""
    if batch > 1:
        spec = replace(file.spec, input=replace(file.spec.input, batch=batch))
        with suppress(ModelError):
            analyser = open_analyser(replace(file, spec=spec), threads=threads, provider=provider)
            analyser.analyse(_photos(batch))
            return analyser, True
    return open_analyser(file, threads=threads, provider=provider), batch == 1


def _photos(count: int) -> "list[Image.Image]":
    from PIL import Image

    return [Image.frombytes("RGB", SIZE, os.urandom(SIZE[0] * SIZE[1] * 3))] * count


def _photos_per_second(analysers: Sequence[Analyser], batch: int) -> float:
    images = _photos(batch)
    done, began = -batch, 0.0  # the first batch warms up
    while done <= 0 or time.perf_counter() - began < SECONDS:
        if done == 0:
            began = time.perf_counter()
        for analyser in analysers:
            analyser.analyse(images)
        done += batch
    return done / (time.perf_counter() - began)
