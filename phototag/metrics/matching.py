"""Which of the found boxes are right: matching by IoU, as COCO's evaluation does it.

From the most confident on, each found box takes the free box of the truth with its label that it overlaps most, if
their IoU reaches the limit. What fits only a crowd is ignored. A stricter threshold never changes what a more confident
box matched, so one pass gives the outcome at every threshold.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from phototag.geometry import Box
from phototag.metrics.scene import Scene, TruthBox
from phototag.types import Detection

Box_ = TypeVar("Box_", TruthBox, Detection)

IOU = 0.5


@dataclass(frozen=True, slots=True)
class Rates:
    """How many found boxes are right, how many wrong, and how many objects were missed."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float | None:
        """The part of what was found that is right, 0..1; None where nothing was found."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else None

    @property
    def recall(self) -> float | None:
        """The part of what is there that was found, 0..1; None where nothing is there."""
        return self.right / (self.right + self.missed) if self.right + self.missed else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall; None where nothing is there and nothing was found."""
        total = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / total if total else None

    def __add__(self, other: "Rates") -> "Rates":
        return Rates(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)


@dataclass
class Scored:
    """One label over all photos: how many objects there are, and (confidence, right or not) of each that was found."""

    objects: int = 0
    found: list[tuple[float, bool]] = field(default_factory=list)

    def rates(self, threshold: float = 0.0) -> Rates:
        """The outcome at a threshold."""
        outcomes = [right for confidence, right in self.found if confidence >= threshold]
        right = sum(outcomes)
        return Rates(right, len(outcomes) - right, self.objects - right)


def score(scenes: Iterable[Scene], pick: Callable[[Scene], Sequence[Detection]]) -> dict[str, Scored]:
    """The outcome per label of the boxes that `pick` takes from each scene; labels without any box are absent."""
    scored: dict[str, Scored] = defaultdict(Scored)
    for scene in scenes:
        truth, found = by_label(scene.truth), by_label(pick(scene))
        for label in {*truth, *found}:
            boxes, detections = truth.get(label, []), found.get(label, [])
            matches = match(boxes, detections)
            one = scored[label]
            one.objects += sum(not box.crowd for box in boxes)
            one.found += [
                (detection.confidence, place is not None)
                for detection, place in zip(detections, matches, strict=True)
                if place is None or not boxes[place].crowd
            ]
    return dict(scored)


def match(truth: Sequence[TruthBox], found: Sequence[Detection]) -> list[int | None]:
    """For each of the `found` boxes, best first, the place in `truth` of the box it takes; None for a wrong one.

    Labels are not looked at. A crowd's place is given to every box that fits nothing better.
    """
    free = set(range(len(truth)))
    matches: list[int | None] = []
    for detection in found:
        place = _best(truth, detection.box, free)
        if place is not None and not truth[place].crowd:
            free.remove(place)
        matches.append(place)
    return matches


def confusion(scenes: Iterable[Scene]) -> Mapping[tuple[str | None, str | None], int]:
    """How often an object of the first label was called the second, over the boxes that count.

    Boxes are matched whatever their labels. (label, None) was not found at all, (None, label) is not there at all.
    """
    table: dict[tuple[str | None, str | None], int] = defaultdict(int)
    for scene in scenes:
        matches = match(scene.truth, scene.counted)
        for detection, place in zip(scene.counted, matches, strict=True):
            if place is None:
                table[None, detection.label] += 1
            elif not scene.truth[place].crowd:
                table[scene.truth[place].label, detection.label] += 1
        taken = set(matches)
        for place, box in enumerate(scene.truth):
            if place not in taken and not box.crowd:
                table[box.label, None] += 1
    return dict(table)


def by_label(boxes: Iterable[Box_]) -> dict[str, list[Box_]]:
    """The boxes of each label, in their order."""
    groups: dict[str, list[Box_]] = defaultdict(list)
    for box in boxes:
        groups[box.label].append(box)
    return groups


def _best(truth: Sequence[TruthBox], box: Box, free: set[int]) -> int | None:
    """The free box that overlaps most, an object before a crowd; of equals the last, as COCO's evaluation has it."""
    best: tuple[bool, float, int] | None = None
    for place in sorted(free):
        crowd = truth[place].crowd
        overlap = _covered(box, truth[place].box) if crowd else box.iou(truth[place].box)
        if overlap >= IOU:
            candidate = (not crowd, overlap, place)
            best = candidate if best is None else max(best, candidate)
    return None if best is None else best[2]


def _covered(box: Box, crowd: Box) -> float:
    return box.intersection(crowd) / box.area if box.area else 0.0
