"""What every decoder offers, and the arithmetic that they share."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Protocol

import numpy as np
import numpy.typing as npt

from phototag.inference.nms import Candidates, Floats, Ints
from phototag.inference.session import Tensor


class Decoder(Protocol):
    """Turns output tensors into candidates."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the tensors that `decode` needs."""
        ...

    def extra_inputs(self, count: int, /) -> dict[str, Tensor]:
        """What the model wants besides the images of a batch of `count`."""
        ...

    def decode(self, outputs: Mapping[str, Tensor], floor: float) -> list[Candidates]:
        """The candidates of each image, none with a score below `floor`."""
        ...


class ImagesOnly:
    """The part of a decoder whose model takes nothing but images."""

    __slots__ = ()

    def extra_inputs(self, _count: int, /) -> dict[str, Tensor]:
        """Nothing."""
        return {}


@lru_cache(maxsize=32)
def grid(width: int, height: int, stride: int) -> Floats:
    """The cells [n, 2] (x, y) of a feature map of `stride` over an input of `width` x `height` pixels, row by row."""
    rows, columns = np.mgrid[0 : -(-height // stride), 0 : -(-width // stride)]
    cells: Floats = np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.float32)
    return cells


def pick(scores: Floats, floor: float, *, several: bool) -> tuple[npt.NDArray[np.intp], Ints, Floats]:
    """From `scores` [places, labels]: the place, the label and the score of each one at or above `floor`.

    Each place gives its best label alone, or with `several` every label.
    """
    if several:
        places, labels = np.nonzero(scores >= floor)
        return places, labels.astype(np.int64), scores[places, labels]
    best = scores.argmax(axis=1)
    top = scores[np.arange(len(scores)), best]
    places = np.flatnonzero(top >= floor)
    return places, best[places].astype(np.int64), top[places]


def corners(centers: Floats, sizes: Floats) -> Floats:
    """Boxes [n, 4] (x1, y1, x2, y2) from centres [n, 2] and sizes [n, 2]."""
    boxes: Floats = np.concatenate([centers - sizes / 2, centers + sizes / 2], axis=1).astype(np.float32)
    return boxes


def sigmoid(values: Floats) -> Floats:
    """1 / (1 + exp(-x)), without overflow."""
    result: Floats = (0.5 * (1.0 + np.tanh(0.5 * values))).astype(np.float32)
    return result
