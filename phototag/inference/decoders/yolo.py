"""The heads of the YOLO line as they are commonly exported: boxes already in input pixels.

`yolo-objectness` (v5, v7): [n, cells, 5 + labels]; `yolo-anchor-free` (v8, v9, 11): [n, 4 + labels, cells];
`yolo-end-to-end` (v10 and exports with suppression inside): [n, k, 6].
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from phototag.inference.decoders.base import ImagesOnly, corners, pick
from phototag.inference.nms import Candidates, Floats
from phototag.inference.session import Tensor
from phototag.inference.spec import ModelSpec
from phototag.inference.tables import Table


@dataclass(frozen=True, slots=True)
class _OneTensor(ImagesOnly):
    output: str

    @property
    def outputs(self) -> tuple[str, ...]:
        """The one tensor."""
        return (self.output,)


@dataclass(frozen=True, slots=True)
class YoloRaw(_OneTensor):
    """Middle x, y, width, height in input pixels, then (with `objectness`) objectness, then the labels, all 0..1.

    A score is objectness times label, or the label alone.
    """

    objectness: bool
    several: bool

    def decode(self, outputs: Mapping[str, Tensor], floor: float) -> list[Candidates]:
        """The candidates of each image, none with a score below `floor`."""
        tensor = outputs[self.output].astype(np.float32, copy=False)
        return [self._one(image if self.objectness else image.T, floor) for image in tensor]

    def _one(self, cells: Floats, floor: float) -> Candidates:
        scores = cells[:, 5:] * cells[:, 4:5] if self.objectness else cells[:, 4:]
        places, labels, kept = pick(scores, floor, several=self.several)
        return Candidates(corners(cells[places, :2], cells[places, 2:4]), kept, labels)


@dataclass(frozen=True, slots=True)
class YoloEndToEnd(_OneTensor):
    """x1, y1, x2, y2 in input pixels, score, label."""

    def decode(self, outputs: Mapping[str, Tensor], floor: float) -> list[Candidates]:
        """The candidates of each image, none with a score below `floor`."""
        tensor = outputs[self.output].astype(np.float32, copy=False)
        found = [Candidates(image[:, :4], image[:, 4], image[:, 5].astype(np.int64)) for image in tensor]
        return [candidates.best(floor, len(candidates)) for candidates in found]


def read_objectness(head: Table, _spec: ModelSpec) -> YoloRaw:
    """The decoder for a catalog's `head` table of the v5 form."""
    return YoloRaw(head.text("output"), objectness=True, several=head.flag("several_labels_per_box"))


def read_anchor_free(head: Table, _spec: ModelSpec) -> YoloRaw:
    """The decoder for a catalog's `head` table of the v8 form."""
    return YoloRaw(head.text("output"), objectness=False, several=head.flag("several_labels_per_box"))


def read_end_to_end(head: Table, _spec: ModelSpec) -> YoloEndToEnd:
    """The decoder for a catalog's `head` table of the form with suppression inside."""
    return YoloEndToEnd(head.text("output"))
