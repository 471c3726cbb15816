"""YOLOX: one tensor of cells over several strides, with the boxes relative to their cells.

Ge et al., "YOLOX: Exceeding YOLO Series in 2021", arXiv:2107.08430.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from phototag.errors import ModelBrokenError
from phototag.inference.decoders.base import ImagesOnly, corners, grid, pick
from phototag.inference.nms import Candidates, Floats
from phototag.inference.session import Tensor
from phototag.inference.spec import ModelSpec
from phototag.inference.tables import Table


@dataclass(frozen=True, slots=True)
class Yolox(ImagesOnly):
    """Reads [n, cells, 5 + labels]: x, y, log width and log height in strides, objectness, labels (both 0..1).

    The cells of all `strides` follow one another; a score is objectness times label.
    """

    output: str
    strides: tuple[int, ...]
    several: bool
    size: tuple[int, int]

    @property
    def outputs(self) -> tuple[str, ...]:
        """The one tensor."""
        return (self.output,)

    def decode(self, outputs: Mapping[str, Tensor], floor: float) -> list[Candidates]:
        """The candidates of each image, none with a score below `floor`."""
        cells = [grid(*self.size, stride) for stride in self.strides]
        origin = np.concatenate(cells)
        scale = np.concatenate(
            [np.full(len(part), stride, np.float32) for part, stride in zip(cells, self.strides, strict=True)]
        )
        tensor = outputs[self.output].astype(np.float32, copy=False)
        if tensor.ndim != 3 or tensor.shape[1] != len(origin):
            raise ModelBrokenError(f"YOLOX has {len(origin)} cells over {self.size}, this output is {tensor.shape}")
        return [self._one(image, origin, scale, floor) for image in tensor]

    def _one(self, image: Floats, origin: Floats, scale: Floats, floor: float) -> Candidates:
        able = np.flatnonzero(image[:, 4] >= floor)  # a score never exceeds its objectness
        image, origin, scale = image[able], origin[able], scale[able, None]
        places, labels, scores = pick(image[:, 5:] * image[:, 4:5], floor, several=self.several)
        image, origin, scale = image[places], origin[places], scale[places]
        boxes = corners((image[:, :2] + origin) * scale, np.exp(image[:, 2:4]) * scale)
        return Candidates(boxes, scores, labels)


def read(head: Table, spec: ModelSpec) -> Yolox:
    """The decoder for a catalog's `head` table."""
    return Yolox(
        output=head.text("output"),
        strides=head.integers("strides"),
        several=head.flag("several_labels_per_box"),
        size=(spec.input.width, spec.input.height),
    )
