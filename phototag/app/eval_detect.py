"""`phototag eval detect`: how good a detector is on labelled photos, as a user of the program gets it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phototag.app.messages import Examined
from phototag.app.report import Listener
from phototag.app.setup import model_file
from phototag.app.thresholds import load_thresholds
from phototag.app.trial import (
    EVALUATION_FLOOR,
    EXTENSIONS,
    choose_for_trial,
    problem_document,
    rounded,
    run_models,
)
from phototag.app.words import canonical_names, load_vocabulary
from phototag.errors import PhototagError, UsageError
from phototag.inference.labels import UNUSED
from phototag.metrics.categories import Categories, bring_together
from phototag.metrics.counts import CountError, count_error, count_errors
from phototag.metrics.matching import Rates, Scored, confusion, score
from phototag.metrics.precision import Precision, average_precision
from phototag.metrics.scene import Scene, Truth, TruthBox, TruthPhoto
from phototag.metrics.truth import read_boxes
from phototag.settings import Settings
from phototag.types import Detection, Problem, Task

SAME_SHAPE = 0.02  # how far the sides of a shrunk copy may be off, for they are whole pixels


@dataclass(frozen=True, slots=True)
class Detected:
    """What a detector found in labelled photos.

    `thresholds` are those in use, per name; `left_out` are labels of the truth that the model does not have; `failed`
    photos are in no scene. `names` may be broader than the model's own labels.
    """

    model: str
    floor: float
    scenes: tuple[Scene, ...]
    names: tuple[str, ...]
    own: frozenset[str]
    thresholds: dict[str, float]
    left_out: tuple[str, ...]
    failed: tuple[Problem, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class DetectionReport:
    """How good that is. `scored` and `counts` are at the thresholds in use."""

    detected: Detected
    precision: Precision
    scored: dict[str, Scored]
    counts: dict[str, CountError]
    together: CountError
    confusion: dict[tuple[str | None, str | None], int]

    @property
    def rates(self) -> Rates:
        """All labels together."""
        return sum((scored.rates() for scored in self.scored.values()), Rates(0, 0, 0))

    def to_json(self) -> dict[str, Any]:
        """The document of the contract: measures in percent, confidences 0..1, unknown values null."""
        detected = self.detected
        return {
            **{name: rounded(value) for name, value in self.precision.summary.items()},
            "model": detected.model,
            "photos": len(detected.scenes),
            **_rates(self.rates),
            "counts": _count(self.together),
            "labels": [self._label(name) for name in detected.names],
            "confusion": [
                {"truth": there, "found": said, "number": number}
                for (there, said), number in sorted(self.confusion.items(), key=lambda pair: (-pair[1], str(pair[0])))
            ],
            "left_out": list(detected.left_out),
            "failed": [problem_document(problem) for problem in detected.failed],
            "seconds": round(detected.seconds, 3),
        }

    def _label(self, name: str) -> dict[str, Any]:
        return {
            "label": name,
            "AP": rounded(self.precision.labels[name]),
            "threshold": self.detected.thresholds.get(name),
            **_rates(self.scored.get(name, Scored()).rates()),
            "counts": _count(self.counts[name]),
        }


def detect(truth: Path, images: Path | None, model: str | None, settings: Settings, listener: Listener) -> Detected:
    """Run a detector over the photos of a truth.

    Raises UsageError for a truth that can't be used, ModelError for a model that can't.
    """
    labelled = read_boxes(truth, images, EXTENSIONS)
    installed = choose_for_trial(settings, Task.DETECT, model)
    vocabulary = load_vocabulary(settings)
    own = frozenset(canonical_names(installed.spec, vocabulary)) - {UNUSED}
    needed = {box.label for photo in labelled.photos for box in photo.boxes}
    categories = bring_together(labelled.labels, needed, own, vocabulary)
    thresholds = load_thresholds(settings, vocabulary)
    limits = {name: thresholds.of(Task.DETECT, installed.spec.name, name) for name in own}
    begun = time.monotonic()
    file = model_file(installed, vocabulary, EVALUATION_FLOOR[Task.DETECT])
    examined = list(run_models([photo.path for photo in labelled.photos], [file], settings, listener))
    seconds = time.monotonic() - begun
    scenes, failed = _scenes(labelled, examined, categories, limits)
    return Detected(
        model=installed.spec.name,
        floor=installed.spec.confidences.floor if settings.floor is None else settings.floor,
        scenes=scenes,
        names=categories.names,
        own=own,
        thresholds={name: limits[name] for name in categories.names if name in limits},
        left_out=categories.left_out,
        failed=failed,
        seconds=seconds,
    )


def measure(detected: Detected) -> DetectionReport:
    """How good that is. Raises UsageError when the evaluator is not installed."""
    scenes = detected.scenes
    return DetectionReport(
        detected,
        average_precision(scenes, detected.names),
        score(scenes, lambda scene: scene.counted),
        count_errors(scenes, detected.names),
        count_error(scenes),
        dict(confusion(scenes)),
    )


def _scenes(
    labelled: Truth, examined: Sequence[Examined], categories: Categories, limits: dict[str, float]
) -> tuple[tuple[Scene, ...], tuple[Problem, ...]]:
    scenes = []
    failed = []
    for one in sorted(examined, key=lambda each: each.job.root):
        if one.problem is not None:
            failed.append(one.problem)
            continue
        scenes.append(_scene(labelled.photos[one.job.root], one, categories, limits))
    if not scenes:
        raise PhototagError(f"none of the {len(failed):,} photos can be read; the first: {failed[0].reason}")
    return tuple(scenes), tuple(failed)


def _scene(photo: TruthPhoto, one: Examined, categories: Categories, limits: dict[str, float]) -> Scene:
    if one.photo is None:
        raise AssertionError("a photo that was analysed was decoded")
    size = one.photo.width, one.photo.height
    if photo.size is not None:
        _check_shape(photo, *size)
        size = photo.size
    detections = one.analyses[0].findings.detections
    able = [detection for detection in detections if detection.label in categories.model]
    return Scene(
        photo.path,
        *size,
        truth=tuple(
            TruthBox(categories.truth[box.label], box.box, box.crowd, box.area)
            for box in photo.boxes
            if box.label in categories.truth
        ),
        found=tuple(_renamed(detection, categories) for detection in able),
        counted=tuple(_renamed(d, categories) for d in able if d.confidence >= limits[d.label]),
    )


def _check_shape(photo: TruthPhoto, width: int, height: int) -> None:
    there = photo.size or (width, height)
    if abs(width * there[1] / (height * there[0]) - 1) > SAME_SHAPE + 1 / min(width, height):
        raise UsageError(
            f"{photo.path} is {width} x {height} pixels, but the truth says {there[0]} x {there[1]}",
            hint="Are these the photos that the truth was made for? --images DIR names their folder.",
        )


def _renamed(detection: Detection, categories: Categories) -> Detection:
    return Detection(categories.model[detection.label], detection.confidence, detection.box)


def _rates(rates: Rates) -> dict[str, float | None]:
    percents = {"precision": rates.precision, "recall": rates.recall, "f1": rates.f1}
    return {name: None if value is None else rounded(100 * value) for name, value in percents.items()}


def _count(error: CountError) -> dict[str, Any]:
    return {
        "photos": error.photos,
        "objects": error.objects,
        "found": error.found,
        "error_per_photo": round(error.error, 3),
    }
