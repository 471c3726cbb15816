"""The best threshold for a label, from what a detector found in labelled photos."""

from collections.abc import Iterator
from dataclasses import dataclass

from phototag.metrics.matching import Rates, Scored

FEWEST = 5
"""With fewer objects or found boxes than this a threshold would be learnt from chance."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """A threshold and what it gave on the labelled photos."""

    threshold: float
    rates: Rates


def tune(scored: Scored, precision: float | None = None) -> Tuned | None:
    """The threshold with the largest F1, or (with `precision`, 0..1) the lowest whose precision reaches it.

    It lies midway between the confidences it divides, so that it doesn't hang on one photo. None where there are
    too few examples, where no box is right, or where no threshold reaches the precision.
    """
    if scored.objects < FEWEST or len(scored.found) < FEWEST:
        return None
    steps = [step for step in _steps(scored) if step.rates.right]
    if precision is None:
        return max(steps, key=lambda step: (step.rates.f1 or 0.0, step.threshold), default=None)
    able = [step for step in steps if (step.rates.precision or 0.0) >= precision]
    return min(able, key=lambda step: step.threshold, default=None)


def _steps(scored: Scored) -> Iterator[Tuned]:
    """Every threshold that tells the found boxes apart, from the strictest on."""
    found = sorted(scored.found, reverse=True)
    right = 0
    for place, (confidence, is_right) in enumerate(found):
        right += is_right
        below = found[place + 1][0] if place + 1 < len(found) else confidence
        if below == confidence and place + 1 < len(found):
            continue  # no threshold parts equals
        yield Tuned((confidence + below) / 2, Rates(right, place + 1 - right, scored.objects - right))
