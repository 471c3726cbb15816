"""`phototag eval tune`: thresholds for single labels, learnt from labelled photos and kept in the user's settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phototag.app.config import edited
from phototag.app.eval_detect import Detected
from phototag.metrics.matching import Scored, score
from phototag.metrics.tuning import Tuned, tune
from phototag.settings import Settings

DIGITS = 3


@dataclass(frozen=True, slots=True)
class Change:
    """A label's threshold `before` and `after`, with its F1 (percent) on the labelled photos at each."""

    label: str
    before: float
    after: float
    f1_before: float | None
    f1_after: float | None
    objects: int

    def to_json(self) -> dict[str, Any]:
        """The change as plain data."""
        return {name: getattr(self, name) for name in self.__slots__}


def tune_labels(detected: Detected, precision: float | None) -> list[Change]:
    """The best thresholds: with the largest F1, where that is more than the one in use has, or the lowest that hold a
    `precision` (0..1).

    Only labels of the model's own with enough examples; what an index would not store is not counted on.
    """
    scored = score(
        detected.scenes, lambda scene: [found for found in scene.found if found.confidence >= detected.floor]
    )
    changes = []
    for label in detected.names:
        best = tune(scored[label], precision) if label in scored and label in detected.own else None
        if best is None:
            continue
        change = _change(label, detected.thresholds[label], scored[label], best)
        if precision is not None or (change.f1_after or 0.0) > (change.f1_before or 0.0):
            changes.append(change)
    return changes


def store_thresholds(settings: Settings, thresholds: Mapping[str, float]) -> Path:
    """Write thresholds into `[thresholds]` of the user's config file, whose other lines and comments stay; the file.

    Errors as those of `phototag.app.config.edited`.
    """
    import tomlkit

    file = settings.config_file
    with edited(file) as document:
        table = document.setdefault("thresholds", tomlkit.table())
        for label, value in sorted(thresholds.items()):
            table[label] = value
    return file


def _change(label: str, before: float, scored: Scored, best: Tuned) -> Change:
    after = round(best.threshold, DIGITS)
    return Change(label, before, after, _f1(scored, before), _f1(scored, after), scored.objects)


def _f1(scored: Scored, threshold: float) -> float | None:
    value = scored.rates(threshold).f1
    return None if value is None else round(100 * value, 2)
