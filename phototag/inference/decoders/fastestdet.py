"""FastestDet: one feature map, one box a cell (dog-qiuqiu/FastestDet)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from phototag.inference.decoders.base import ImagesOnly, corners, pick, sigmoid
from phototag.inference.nms import Candidates, Floats
from phototag.inference.session import Tensor
from phototag.inference.spec import ModelSpec
from phototag.inference.tables import Table


@dataclass(frozen=True, slots=True)
class FastestDet(ImagesOnly):
    """Reads [n, 5 + labels, rows, columns]: objectness, x and y (tanh, in cells from the cell's corner), width and
    height (sigmoid, in fractions of the input), labels. A score is objectness^a * label^b."""

    output: str
    objectness_power: float
    label_power: float
    size: tuple[int, int]

    @property
    def outputs(self) -> tuple[str, ...]:
        """The one tensor."""
        return (self.output,)

    def decode(self, outputs: Mapping[str, Tensor], floor: float) -> list[Candidates]:
        """The candidates of each image, none with a score below `floor`."""
        return [self._one(image.astype(np.float32, copy=False), floor) for image in outputs[self.output]]

    def _one(self, image: Floats, floor: float) -> Candidates:
        _, rows, columns = image.shape
        cells = image.reshape(len(image), -1).T
        scores = cells[:, :1] ** self.objectness_power * cells[:, 5:] ** self.label_power
        places, labels, kept = pick(scores, floor, several=False)
        corner = np.stack([places % columns, places // columns], axis=1)
        chosen = cells[places]
        size = np.array(self.size, np.float32)
        centers = (corner + np.tanh(chosen[:, 1:3])) / np.array([columns, rows], np.float32) * size
        return Candidates(corners(centers.astype(np.float32), sigmoid(chosen[:, 3:5]) * size), kept, labels)


def read(head: Table, spec: ModelSpec) -> FastestDet:
    """The decoder for a catalog's `head` table."""
    return FastestDet(
        output=head.text("output"),
        objectness_power=head.number("objectness_power"),
        label_power=head.number("label_power"),
        size=(spec.input.width, spec.input.height),
    )
