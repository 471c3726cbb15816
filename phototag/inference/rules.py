"""What a model's outputs give away: one rule a family of models."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from phototag.inference.session import Session, Tensor

STRIDES = (8, 16, 32)
KNOWN_LISTS = {80: "coco-80.tsv", 91: "coco-91.tsv", 1000: "imagenet-1k.tsv"}
"""Label lists of phototag's that are known by their length."""

Shape = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Outputs:
    """The outputs by name, for an input of `width` x `height` in `layout`, as one run on noise gave them."""

    tensors: Mapping[str, Tensor]
    width: int
    height: int
    layout: str

    def shapes(self, rank: int) -> dict[str, Shape]:
        """The outputs with `rank` dimensions."""
        return {name: tensor.shape for name, tensor in self.tensors.items() if tensor.ndim == rank}

    def cells(self, strides: tuple[int, ...] = STRIDES) -> int:
        """How many cells the feature maps of `strides` have together."""
        return sum((self.width // stride) * (self.height // stride) for stride in strides)


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule found: the entry of the families' file, part of the head, how many labels (0: can't be told)."""

    customs: str
    head: dict[str, Any]
    labels: int
    why: str


def _detr(session: Session, outputs: Outputs) -> Found | None:
    sizes = [name for name, (_, shape) in session.inputs.items() if len(shape) == 2]
    names = {"labels", "boxes", "scores"}
    if len(sizes) != 1 or not names <= outputs.tensors.keys():
        return None
    head = {"labels": "labels", "boxes": "boxes", "scores": "scores", "size_input": sizes[0]}
    return Found("detr", head, 0, "finished labels, boxes and scores, with the photo's size as an input: DETR type")


def _ssd(_session: Session, outputs: Outputs) -> Found | None:
    names = {
        kind: next((n for n in outputs.tensors if kind in n.lower()), "") for kind in ("boxes", "scores", "classes")
    }
    if not all(names.values()) or outputs.tensors[names["boxes"]].shape[-1] != 4:
        return None
    head = {"boxes": names["boxes"], "scores": names["scores"], "labels": names["classes"]}
    return Found("ssd", head, 0, "finished boxes, scores and classes: SSD with its post-processing")


def _detr_logits(_session: Session, outputs: Outputs) -> Found | None:
    threes = outputs.shapes(3)
    boxes = [name for name, shape in threes.items() if shape[2] == 4]
    logits = [name for name, shape in threes.items() if shape[2] != 4]
    if len(boxes) != 1 or len(logits) != 1 or threes[boxes[0]][1] != threes[logits[0]][1]:
        return None
    head = {"logits": logits[0], "boxes": boxes[0]}
    labels = threes[logits[0]][2]
    customs = "rf-detr" if labels == 91 else "detr-logits"  # RF-DETR alone kept COCO's ids
    return Found(customs, head, labels, "logits and boxes of the same objects: raw DETR type")


def _nanodet(_session: Session, outputs: Outputs) -> Found | None:
    by_cells: dict[int, dict[int, str]] = {}
    for name, shape in outputs.shapes(3).items():
        by_cells.setdefault(shape[1], {})[shape[2]] = name
    strides = [stride for stride in (8, 16, 32, 64) if len(by_cells.get(outputs.cells((stride,)), {})) == 2]
    if not strides or 2 * len(strides) != len(outputs.tensors):
        return None
    levels = [by_cells[outputs.cells((stride,))] for stride in strides]
    widths = set(levels[0])
    if any(set(level) != widths for level in levels) or not any(width % 4 == 0 and width <= 64 for width in widths):
        return None
    distances = min(width for width in widths if width % 4 == 0)
    [labels] = widths - {distances}
    scores = [level[labels] for level in levels]
    values = np.concatenate([outputs.tensors[name].ravel() for name in scores])
    head = {
        "scores": scores,
        "distances": [level[distances] for level in levels],
        "strides": strides,
        "bins": distances // 4,
        "logits": bool(values.min() < 0 or values.max() > 1),
    }
    return Found("nanodet", head, labels, "scores and distance distributions per stride: NanoDet")


def _one_map(_session: Session, outputs: Outputs) -> Found | None:
    fours = outputs.shapes(4)
    if len(outputs.tensors) != 1 or len(fours) != 1:
        return None
    [(name, shape)] = fours.items()
    if shape[1] <= 5 or outputs.width // shape[3] != 16:
        return None
    return Found("fastestdet", {"output": name}, shape[1] - 5, "one map of stride 16: FastestDet")


def _one_list(_session: Session, outputs: Outputs) -> Found | None:
    threes = outputs.shapes(3)
    if len(threes) != 1:
        return None
    [(name, (_, rows, columns))] = threes.items()
    head = {"output": name}
    if columns == 6 and rows <= 1000:
        return Found("yolo-end-to-end", head, 0, f"{rows} finished rows of six: YOLO with suppression inside")
    if columns == outputs.cells() and rows > 4:
        return Found("yolo-anchor-free", head, rows - 4, "labels without objectness, cells last: YOLOv8, 9 or 11")
    if rows == 3 * outputs.cells() and columns > 5:
        return Found("yolo-objectness", head, columns - 5, "three anchors a cell with objectness: YOLOv5 or 7")
    if rows == outputs.cells() and columns > 5:
        return _yolox(name, outputs.tensors[name], columns - 5)
    return None


def _yolox(name: str, tensor: Tensor, labels: int) -> Found:
    """YOLOX is exported raw, or with its boxes decoded: then the sizes are pixels, far larger than any logarithm."""
    decoded = float(np.abs(tensor[..., 2:4]).mean()) > 8.0
    if decoded:
        return Found(
            "yolox-decoded", {"output": name}, labels, "one row a cell, boxes in pixels: YOLOX, decoded inside"
        )
    return Found("yolox", {"output": name}, labels, "one row a cell with objectness, boxes relative: YOLOX")


def _classifier(session: Session, outputs: Outputs) -> Found | None:
    vectors = {name: tensor for name, tensor in outputs.tensors.items() if tensor.ndim in (2, 4)}
    able = {name: t.reshape(len(t), -1) for name, t in vectors.items() if t.size == len(t) * t.shape[1] > len(t)}
    if not able:
        return None
    known = [name for name in able if able[name].shape[1] in KNOWN_LISTS]
    preferred = [name for name in able if "prob" in name.lower() or "softmax" in name.lower()]
    name = next(iter([n for n in preferred if n in known] + known + preferred + list(able)))
    values = able[name].astype(np.float32)
    if values.min() < 0 or values.max() > 1:
        activation, why = "softmax", "logits of labels that exclude one another"
    elif np.allclose(values.sum(axis=1), 1, atol=0.05):
        activation, why = "probabilities", "probabilities that add up to 1"
    else:
        activation, why = "independent", "confidences of labels that don't exclude one another"
    customs = "classifier-nhwc" if outputs.layout == "nhwc" else "classifier"
    if session.metadata.get("task") == "classify":  # Ultralytics' exporter
        customs = "classifier-yolo"
    head = {"output": name, "activation": activation}
    return Found(customs, head, values.shape[1], f"one vector: a classifier with {why}")


RULES: tuple[Callable[[Session, Outputs], Found | None], ...] = (
    _detr,
    _ssd,
    _detr_logits,
    _nanodet,
    _one_map,
    _one_list,
    _classifier,
)
"""In this order: the first that fits wins."""
