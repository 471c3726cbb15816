"""Candidates for objects, and the suppression of those that show the same object twice."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a decoder found in one image: `boxes` [n, 4] (x1, y1, x2, y2 in input pixels), `scores` [n] from 0 to 1,
    `labels` [n], the number of each one's label."""

    boxes: Floats
    scores: Floats
    labels: Ints

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, places: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> "Candidates":
        """Those at `places` (numbers, or one truth value each)."""
        return Candidates(self.boxes[places], self.scores[places], self.labels[places])

    def best(self, floor: float, limit: int) -> "Candidates":
        """At most `limit` of those with a score of at least `floor`, best first; equals keep their order."""
        kept = self.take(self.scores >= floor)
        return kept.take(np.argsort(-kept.scores, kind="stable")[:limit])


def pairwise_iou(first: Floats, second: Floats) -> Floats:
    """Intersection over union [n, m] of boxes [n, 4] and [m, 4]; 0 where both are empty."""
    top_left = np.maximum(first[:, None, :2], second[None, :, :2])
    bottom_right = np.minimum(first[:, None, 2:], second[None, :, 2:])
    common = np.prod(np.clip(bottom_right - top_left, 0.0, None), axis=2)
    areas = [np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (first, second)]
    union = areas[0][:, None] + areas[1][None, :] - common
    ratio: Floats = np.divide(common, union, out=np.zeros_like(common), where=union > 0)
    return ratio


def suppress(candidates: Candidates, iou: float) -> Candidates:
    """Greedy non-maximum suppression within each label: best first, dropping what overlaps one kept by more than `iou`.

    The answer depends on the candidates alone: equal scores keep their order.
    """
    ordered = candidates.best(0.0, len(candidates))
    kept = np.ones(len(ordered), np.bool_)
    for label in np.unique(ordered.labels):  # a few overlaps per label instead of all pairs
        places = np.flatnonzero(ordered.labels == label)
        boxes = ordered.boxes[places]
        rivals = pairwise_iou(boxes, boxes) > iou
        for row, place in enumerate(places):
            if kept[place]:
                kept[places[row + 1 :]] &= ~rivals[row, row + 1 :]
    return ordered.take(kept)
