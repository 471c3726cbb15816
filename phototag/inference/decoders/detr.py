"""Detectors of the DETR type, which emit a fixed number of objects.

Carion et al., "End-to-End Object Detection with Transformers", arXiv:2005.12872; the sigmoid form follows RT-DETR
(arXiv:2304.08069) and its descendants D-FINE (arXiv:2410.13842), DEIMv2 (arXiv:2509.20787) and RF-DETR.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from phototag.inference.decoders.base import ImagesOnly, corners, pick, sigmoid
from phototag.inference.nms import Candidates
from phototag.inference.session import Tensor
from phototag.inference.spec import ModelSpec
from phototag.inference.tables import Table


@dataclass(frozen=True, slots=True)
class Detr:
    """Reads the finished tensors: labels [n, k], boxes [n, k, 4] (x1, y1, x2, y2) and scores [n, k].

    The model scales its boxes to the (width, height) it gets as the input `size_input`; it is given its own input's
    size, so that the boxes come in input pixels like everybody's.
    """

    labels: str
    boxes: str
    scores: str
    size_input: str
    size: tuple[int, int]

    @property
    def outputs(self) -> tuple[str, ...]:
        """Labels, boxes, scores."""
        return self.labels, self.boxes, self.scores

    def extra_inputs(self, count: int, /) -> dict[str, Tensor]:
        """The size to which each image's boxes shall be scaled."""
        return {self.size_input: np.tile(np.array(self.size, np.int64), (count, 1))}

    def decode(self, outputs: Mapping[str, Tensor], floor: float) -> list[Candidates]:
        """The candidates of each image, none with a score below `floor`."""
        boxes = outputs[self.boxes].astype(np.float32, copy=False)
        scores = outputs[self.scores].astype(np.float32, copy=False)
        labels = outputs[self.labels].astype(np.int64, copy=False)
        return [Candidates(*image).best(floor, len(image[1])) for image in zip(boxes, scores, labels, strict=True)]


@dataclass(frozen=True, slots=True)
class DetrLogits(ImagesOnly):
    """Reads the raw tensors: logits [n, k, labels] (sigmoid) and boxes [n, k, 4] (middle x, y, width, height, in
    fractions of the input)."""

    logits: str
    boxes: str
    several: bool
    size: tuple[int, int]

    @property
    def outputs(self) -> tuple[str, ...]:
        """Logits and boxes."""
        return self.logits, self.boxes

    def decode(self, outputs: Mapping[str, Tensor], floor: float) -> list[Candidates]:
        """The candidates of each image, none with a score below `floor`."""
        found = []
        size = np.array(self.size, np.float32)
        for logits, boxes in zip(outputs[self.logits], outputs[self.boxes], strict=True):
            places, labels, scores = pick(sigmoid(logits.astype(np.float32)), floor, several=self.several)
            chosen = boxes[places].astype(np.float32)
            found.append(Candidates(corners(chosen[:, :2] * size, chosen[:, 2:] * size), scores, labels))
        return found


def read(head: Table, spec: ModelSpec) -> Detr:
    """The decoder for a catalog's `head` table of the finished form."""
    return Detr(
        labels=head.text("labels"),
        boxes=head.text("boxes"),
        scores=head.text("scores"),
        size_input=head.text("size_input"),
        size=(spec.input.width, spec.input.height),
    )


def read_logits(head: Table, spec: ModelSpec) -> DetrLogits:
    """The decoder for a catalog's `head` table of the raw form."""
    return DetrLogits(
        logits=head.text("logits"),
        boxes=head.text("boxes"),
        several=head.flag("several_labels_per_box"),
        size=(spec.input.width, spec.input.height),
    )
