"""SSD with its post-processing inside, as TensorFlow's object detection models are exported."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from phototag.inference.decoders.base import ImagesOnly
from phototag.inference.nms import Candidates
from phototag.inference.session import Tensor
from phototag.inference.spec import ModelSpec
from phototag.inference.tables import Table


@dataclass(frozen=True, slots=True)
class Ssd(ImagesOnly):
    """Reads boxes [n, k, 4] (y1, x1, y2, x2 in fractions of the input), scores [n, k] and labels [n, k], where the
    label list's first name has the number `first_label`."""

    boxes: str
    scores: str
    labels: str
    first_label: int
    size: tuple[int, int]

    @property
    def outputs(self) -> tuple[str, ...]:
        """Boxes, scores, labels."""
        return self.boxes, self.scores, self.labels

    def decode(self, outputs: Mapping[str, Tensor], floor: float) -> list[Candidates]:
        """The candidates of each image, none with a score below `floor`."""
        width, height = self.size
        boxes = outputs[self.boxes][:, :, [1, 0, 3, 2]] * np.array([width, height, width, height], np.float32)
        scores = outputs[self.scores].astype(np.float32, copy=False)
        labels = outputs[self.labels].astype(np.int64) - self.first_label
        return [Candidates(*image).best(floor, len(image[1])) for image in zip(boxes, scores, labels, strict=True)]


def read(head: Table, spec: ModelSpec) -> Ssd:
    """The decoder for a catalog's `head` table."""
    return Ssd(
        boxes=head.text("boxes"),
        scores=head.text("scores"),
        labels=head.text("labels"),
        first_label=head.integer("first_label"),
        size=(spec.input.width, spec.input.height),
    )
