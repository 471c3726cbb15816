"""How far counting is from the truth."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from phototag.metrics.scene import Scene


@dataclass(frozen=True, slots=True)
class CountError:
    """`objects` are there and `found` were counted in `photos` photos; `error` is the mean over the photos of how far
    the count was off, whichever way. Photos with a crowd are left out: how many are in it nobody knows."""

    photos: int
    objects: int
    found: int
    error: float


def count_error(scenes: Iterable[Scene], label: str | None = None) -> CountError:
    """The count error of one label, or (None) of all objects together."""
    pairs = [pair for scene in scenes if (pair := _counts(scene, label)) is not None]
    off = sum(abs(found - there) for there, found in pairs)
    return CountError(
        len(pairs), sum(t for t, _ in pairs), sum(f for _, f in pairs), off / len(pairs) if pairs else 0.0
    )


def count_errors(scenes: Sequence[Scene], labels: Iterable[str]) -> dict[str, CountError]:
    """The count error of each label."""
    return {label: count_error(scenes, label) for label in labels}


def _counts(scene: Scene, label: str | None) -> tuple[int, int] | None:
    """(objects that are there, objects counted) in one photo."""
    truth = [box for box in scene.truth if label in (None, box.label)]
    if any(box.crowd for box in truth):
        return None
    return len(truth), sum(label in (None, detection.label) for detection in scene.counted)
