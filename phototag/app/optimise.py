"""`phototag models optimize`: a smaller and faster copy of a model, kept only if it still says the same."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from phototag.app.models import open_library
from phototag.app.report import Listener, Note
from phototag.errors import PhototagError, UsageError
from phototag.inference.analyser import Analyser, open_single
from phototag.inference.library import Installed, Library
from phototag.inference.naming import checked_name
from phototag.inference.optimise import quantise, simplify
from phototag.inference.own import Told, add_model
from phototag.inference.owncatalog import described
from phototag.inference.spec import ModelFile
from phototag.media.examine import open_photo
from phototag.media.fault import PhotoError
from phototag.metrics.matching import Rates, score
from phototag.metrics.scene import Scene, TruthBox
from phototag.settings import Settings
from phototag.store.engine import open_index
from phototag.store.sample import sample_paths
from phototag.types import Findings, Task

if TYPE_CHECKING:
    from PIL.Image import Image

FEWEST = 8
"""Photos; of fewer, an agreement says nothing."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What to make of a model: a copy called `name`, with 8-bit weights and activations if `int8`, from `photos` of the
    index, half of them to learn the ranges from and half to compare on; kept from an `agreement` (0..1) on."""

    name: str
    int8: bool
    photos: int
    agreement: float


@dataclass(frozen=True, slots=True)
class Optimised:
    """How the copy compares on `photos` photos that it was not made from: `agreement` with the original (F1 of the
    boxes at the threshold, matched at IoU 0.5; for a classifier the part of the photos with the same first label),
    `seconds` a photo and `sizes` in bytes of the original and the copy."""

    photos: int
    agreement: float
    seconds: tuple[float, float]
    sizes: tuple[int, int]

    @property
    def speedup(self) -> float:
        """How many times as fast the copy is."""
        return self.seconds[0] / self.seconds[1] if self.seconds[1] else 0.0


def optimise(settings: Settings, name: str, wish: Wish, listener: Listener) -> Optimised:
    """Make the copy that is wished for, compare it with the model `name`, and keep it as a model of the user's own.

    Raises PhototagError when the copy agrees too little with the original: then nothing is kept. Raises UsageError for
    a name that is taken, an index with too few photos or a model that can't be quantised; ModelError, IndexFileError.
    """
    library = open_library(settings)
    original = library.find(name)
    checked_name(library, wish.name)
    if original.members:
        raise UsageError(f"{name} has no weights of its own", hint="Optimise its members, and fuse the copies.")
    paths = _sample(settings, wish.photos)
    learn, compare = paths[::2], paths[1::2]
    with tempfile.TemporaryDirectory(prefix="phototag-") as scratch:
        made = Path(scratch) / f"{wish.name}.onnx"
        first = open_single(_file(original, original.path), threads=1)
        if wish.int8:
            listener(Note(f"learning the ranges from {len(learn):,} photos"))
            simple = Path(scratch) / "simple.onnx"
            simplify(original.path, simple)
            feeds = (feed for image in _pictures(learn, first, settings) for feed, _ in first.feeds([image]))
            quantise(simple, made, feeds)
        else:
            simplify(original.path, made)
        listener(Note(f"comparing on {len(compare):,} other photos"))
        second = open_single(_file(original, made), threads=1)
        result = _compare(original, (first, second), _pictures(compare, first, settings), made.stat().st_size)
        _keep(library, original, made, wish, result)
    return result


def _sample(settings: Settings, number: int) -> list[bytes]:
    with open_index(settings.db, write=False) as index, index.read() as conn:
        paths = sample_paths(conn, number)
    if len(paths) < 2 * FEWEST:
        raise UsageError(
            f"the index has {len(paths)} photos that are there now; a comparison takes {2 * FEWEST} at least",
            hint="Run `phototag index FOLDER` first, and give --photos more.",
        )
    return paths


def _file(original: Installed, path: Path) -> ModelFile:
    return ModelFile(original.spec, path, original.sha256, original.spec.labels, {}, None)


def _pictures(paths: Sequence[bytes], analyser: Analyser, settings: Settings) -> Iterator["Image"]:
    """The photos that can be decoded, one at a time."""
    for path in paths:
        try:
            opened = open_photo(path)
            yield opened.decode(minimum=max(analyser.minimum_size), max_megapixels=settings.max_megapixels).image
        except PhotoError:
            continue


def _compare(
    original: Installed, analysers: tuple[Analyser, Analyser], images: Iterator["Image"], size: int
) -> Optimised:
    seconds = [0.0, 0.0]
    found: list[tuple[Findings, Findings]] = []
    for image in images:
        if not found:
            for analyser in analysers:  # the first run of a model sets up its memory
                analyser.analyse([image])
        answers = []
        for place, analyser in enumerate(analysers):
            begun = time.perf_counter()
            answers += analyser.analyse([image])
            seconds[place] += time.perf_counter() - begun
        found.append((answers[0], answers[1]))
    if len(found) < FEWEST:
        raise UsageError(f"only {len(found)} photos could be read to compare on", hint="Give --photos more.")
    agree = _first_labels_agree if original.spec.task is Task.CLASSIFY else _boxes_agree
    agreement = agree(found, original.spec.confidences.threshold)
    times = (seconds[0] / len(found), seconds[1] / len(found))
    return Optimised(len(found), agreement, times, (original.path.stat().st_size, size))


def _first_labels_agree(found: Sequence[tuple[Findings, Findings]], _threshold: float) -> float:
    firsts = [tuple(one.labels[0].name if one.labels else "" for one in pair) for pair in found]
    return sum(before == after for before, after in firsts) / len(firsts)


def _boxes_agree(found: Sequence[tuple[Findings, Findings]], threshold: float) -> float:
    """The F1 of the copy's boxes, with the original's as the truth; 1 where neither has any."""
    scenes = []
    for before, after in found:
        truth = tuple(TruthBox(one.label, one.box) for one in before.detections if one.confidence >= threshold)
        counted = tuple(one for one in after.detections if one.confidence >= threshold)
        scenes.append(Scene(Path(), 1, 1, truth, counted, counted))
    rates = sum((one.rates() for one in score(scenes, lambda scene: scene.counted).values()), Rates(0, 0, 0))
    return 1.0 if rates.f1 is None else rates.f1


def _keep(library: Library, original: Installed, made: Path, wish: Wish, result: Optimised) -> None:
    if result.agreement < wish.agreement:
        raise PhototagError(
            f"the copy agrees with {original.spec.name} to {100 * result.agreement:.1f} % only: it was not kept",
            hint=f"--agreement {result.agreement:.2f} keeps one like it; more --photos may make a better one.",
        )
    share = f"{100 * result.agreement:.1f} % on {result.photos} photos"
    spec = replace(
        original.spec,
        tested=False,
        note=f"made from {original.spec.name} ({original.sha256[:12]}), agrees with it to {share}",
        accuracy=f"{original.spec.name}: {original.spec.accuracy}",
    )
    add_model(library, made, wish.name, Told(original.spec.labels_file, table=described(spec)))
