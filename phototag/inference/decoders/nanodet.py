"""NanoDet: label scores and side distances per stride, the distances as distributions over bins.

Li et al., "Generalized Focal Loss", arXiv:2006.04388; RangiLyu/nanodet.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from phototag.inference.decoders.base import ImagesOnly, grid, pick, sigmoid
from phototag.inference.nms import Candidates, Floats
from phototag.inference.session import Tensor
from phototag.inference.spec import ModelSpec
from phototag.inference.tables import Table


@dataclass(frozen=True, slots=True)
class NanoDet(ImagesOnly):
    """Reads, per stride, scores [n, cells, labels] and distances [n, cells, 4 * bins].

    A side's distance from the middle of its cell is the mean of the softmax over its bins, times the stride.
    """

    scores: tuple[str, ...]
    distances: tuple[str, ...]
    strides: tuple[int, ...]
    bins: int
    logits: bool
    several: bool
    size: tuple[int, int]

    @property
    def outputs(self) -> tuple[str, ...]:
        """The scores, then the distances, of all strides."""
        return (*self.scores, *self.distances)

    def decode(self, outputs: Mapping[str, Tensor], floor: float) -> list[Candidates]:
        """The candidates of each image, none with a score below `floor`."""
        tensors = [outputs[name].astype(np.float32, copy=False) for name in self.outputs]
        return [self._one([tensor[place] for tensor in tensors], floor) for place in range(len(tensors[0]))]

    def _one(self, tensors: list[Floats], floor: float) -> Candidates:
        levels = len(self.strides)
        found = [
            self._level(tensors[level], tensors[levels + level], stride, floor)
            for level, stride in enumerate(self.strides)
        ]
        return Candidates(
            np.concatenate([part.boxes for part in found]),
            np.concatenate([part.scores for part in found]),
            np.concatenate([part.labels for part in found]),
        )

    def _level(self, scores: Floats, distances: Floats, stride: int, floor: float) -> Candidates:
        places, labels, kept = pick(sigmoid(scores) if self.logits else scores, floor, several=self.several)
        weights = distances[places].reshape(-1, 4, self.bins)
        weights = np.exp(weights - weights.max(axis=2, keepdims=True))
        steps = np.arange(self.bins, dtype=np.float32)
        sides = (weights @ steps) / weights.sum(axis=2) * stride
        middles = (grid(*self.size, stride)[places] + 0.5) * stride
        boxes = np.concatenate([middles - sides[:, :2], middles + sides[:, 2:]], axis=1)
        return Candidates(boxes.astype(np.float32), kept, labels)


def read(head: Table, spec: ModelSpec) -> NanoDet:
    """The decoder for a catalog's `head` table."""
    strides = head.integers("strides")
    scores, distances = head.texts("scores"), head.texts("distances")
    if not len(scores) == len(distances) == len(strides):
        raise head.error("scores", "must name one tensor per stride, as distances must")
    return NanoDet(
        scores=scores,
        distances=distances,
        strides=strides,
        bins=head.integer("bins"),
        logits=head.flag("logits"),
        several=head.flag("several_labels_per_box"),
        size=(spec.input.width, spec.input.height),
    )
