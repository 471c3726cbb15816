"""Learning a tag from examples: a linear model on feature vectors, judged on examples that it has not seen.

Logistic regression with balanced weights, by scikit-learn. A new tag has few examples and many other photos, of which
some show it, too, and nobody has said so. What a first model takes for it among them is therefore doubtful: the second
learns nothing from those (the two steps of Liu and others, Building text classifiers using positive and unlabeled
examples, 2003), but they are judged, and count as mistakes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from phototag.errors import UsageError
from phototag.inference.nms import Floats
from phototag.inference.vectors import Linear, confidences

FOLDS = 5
SOFTNESS = 0.3
"""scikit-learn's C. Where a tenth of the other photos show it as well, soft models find most of those, hard ones do not
(scripts/measure_vectors.py)."""


@dataclass(frozen=True, slots=True)
class Example:
    """A stored vector, whether it shows what is taught, and its scene: photos of one scene are much alike. From a
    `doubtful` one nothing is learnt."""

    vector: bytes
    shows: bool
    scene: int
    doubtful: bool = False


def learn(examples: Sequence[Example]) -> Linear:
    """A model of all examples but the doubtful. Raises UsageError when scikit-learn is not installed, and where no
    example is left that does not show it."""
    sure = [one for one in examples if not one.doubtful]
    return _fit(_matrix(sure), np.array([one.shows for one in sure]))


def held_out(examples: Sequence[Example]) -> list[float]:
    """Each example's confidence, the doubtful ones' too, from a model that has seen none of its scene, in `FOLDS` parts
    or as many as there are scenes that show it. Raises UsageError as `learn`, and for examples of a single scene."""
    matrix = _matrix(examples)
    shows = np.array([one.shows for one in examples])
    sure = np.array([not one.doubtful for one in examples])
    parts = _parts(examples)
    found = np.zeros(len(examples), np.float32)
    for part in range(max(parts) + 1):
        inside = np.array(parts) == part
        model = _fit(matrix[sure & ~inside], shows[sure & ~inside])
        found[inside] = confidences(matrix[inside], model)
    return [float(one) for one in found]


def _parts(examples: Sequence[Example]) -> list[int]:
    """The part of each example: scenes are dealt out, those that show it and the others apart."""
    order = np.random.RandomState(0)
    part_of: dict[tuple[int, bool], int] = {}
    number = min(FOLDS, len({one.scene for one in examples if one.shows}))
    if number < 2:
        raise UsageError(
            "all the examples are of one moment, so nobody can tell how well others would be found",
            hint="Add photos of other occasions.",
        )
    for shows in (True, False):
        scenes = sorted({one.scene for one in examples if one.shows is shows})
        for place, index in enumerate(order.permutation(len(scenes))):
            part_of[scenes[index], shows] = place % number
    return [part_of[one.scene, one.shows] for one in examples]


def _fit(matrix: Floats, shows: Any) -> Linear:
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise UsageError("scikit-learn is not installed", hint="Run: pip install 'phototag[teach]'") from error
    if shows.all():
        raise UsageError(
            "there are too few photos that do not show it", hint="Index more photos, or name some with --not."
        )
    model = LogisticRegression(C=SOFTNESS, class_weight="balanced", max_iter=2000)
    model.fit(matrix, shows)
    return Linear(model.coef_[0].astype(np.float32), float(model.intercept_[0]))


def _matrix(examples: Sequence[Example]) -> Floats:
    return np.stack([np.frombuffer(one.vector, "<f2") for one in examples]).astype(np.float32)
