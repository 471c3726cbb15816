"""A labelled photo beside what a model found in it."""

from dataclasses import dataclass
from pathlib import Path

from phototag.geometry import Box
from phototag.types import Detection


@dataclass(frozen=True, slots=True)
class TruthBox:
    """An object that is really there. A `crowd` (or an object marked as difficult) is neither asked for nor wrong.

    `area` is the fraction of the photo that the object itself fills, where the truth has its outline; else the box's.
    """

    label: str
    box: Box
    crowd: bool = False
    area: float | None = None


@dataclass(frozen=True, slots=True)
class TruthPhoto:
    """A photo and its objects. `size` is (width, height) of the upright image in pixels, None if unknown."""

    path: Path
    boxes: tuple[TruthBox, ...]
    size: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Truth:
    """Photos with their objects, and every label that was looked for in them, found or not."""

    photos: tuple[TruthPhoto, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """A photo of `width` x `height` pixels, its truth, and what a detector found; all labels are from one set.

    `found` is everything down to the floor, best first; `counted` is the part of it at or above the thresholds in use.
    """

    path: Path
    width: int
    height: int
    truth: tuple[TruthBox, ...]
    found: tuple[Detection, ...]
    counted: tuple[Detection, ...]


@dataclass(frozen=True, slots=True)
class LabelledPhoto:
    """A photo and the label it should get, as the truth writes it: a name, or a WordNet id such as n02099601."""

    path: Path
    label: str
