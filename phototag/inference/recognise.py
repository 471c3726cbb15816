"""Guessing how an ONNX file wants to be used, from its inputs, outputs and metadata.

A guess is the table that a catalog would have for the model; whoever adds the model can override any key of it.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from phototag.errors import ModelBrokenError
from phototag.inference.metadata import names_in, side_in
from phototag.inference.session import Session, Tensor

FAMILIES_FILE = "families.toml"
TYPES = {"tensor(float)": "float32", "tensor(float16)": "float16", "tensor(uint8)": "uint8"}
STRIDES = (8, 16, 32)
USUAL_SIDE = {"detect": 640, "classify": 224}
KNOWN_LISTS = {80: "coco-80.tsv", 91: "coco-91.tsv", 1000: "imagenet-1k.tsv"}
UNTOLD_LISTS = {"detr": "coco-80.tsv", "ssd": "coco-91.tsv", "yolo-end-to-end": "coco-80.tsv"}
CROP = 224 / 256
"""The customary part of the short side that a classifier sees."""

Shape = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Image:
    """The image input: `batch`, `width` and `height` are 0 where the file leaves them open."""

    name: str
    layout: str
    dtype: str
    batch: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Outputs:
    """The outputs' shapes by name, for an input of `width` x `height`, as one run on noise gave them."""

    tensors: Mapping[str, Tensor]
    width: int
    height: int

    def shapes(self, rank: int) -> dict[str, Shape]:
        """The outputs with `rank` dimensions."""
        return {name: tensor.shape for name, tensor in self.tensors.items() if tensor.ndim == rank}

    def cells(self, strides: tuple[int, ...] = STRIDES) -> int:
        """How many cells the feature maps of `strides` have together."""
        return sum((self.width // stride) * (self.height // stride) for stride in strides)


@dataclass(frozen=True, slots=True)
class Guess:
    """`table` is a catalog's `models.NAME` table without its builds and labels; `labels` the names that the file
    carries, or (); `label_count` how many it needs (0: can't be told); `label_file` a list of phototag's that fits, or
    ""; `notes` what was guessed and from what, for the user to check."""

    table: dict[str, Any]
    labels: tuple[str, ...]
    label_count: int
    label_file: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """What a rule found: the entry of the families' file, part of the head, how many labels (0: can't be told)."""

    customs: str
    head: dict[str, Any]
    labels: int
    why: str


def recognise(session: Session, families: Path) -> Guess:
    """The guess for an open model; `families` is the file with what is customary for each family.

    Raises ModelBrokenError, saying what the file has instead, when it fits no family that phototag knows.
    """
    image = image_input(session)
    metadata = session.metadata
    side = side_in(metadata)
    detects = any(len(shape) == 3 for _, shape in session.outputs.values())
    usual = side or USUAL_SIDE["detect" if detects else "classify"]
    width, height = image.width or usual, image.height or usual
    outputs = Outputs(_run_on_noise(session, image, width, height), width, height)
    found = next((guess for rule in RULES if (guess := rule(session, outputs))), None)
    if found is None:
        shapes = ", ".join(f"{name} {list(tensor.shape)}" for name, tensor in outputs.tensors.items())
        raise ModelBrokenError(
            f"{session.path.name} fits no family of models that phototag knows; its outputs are {shapes}",
            hint="Describe it in a TOML file and give that with --spec.",
        )
    customs = tomllib.loads(families.read_text("utf-8"))[found.customs]
    table = _table(image, width, height, found, customs, metadata)
    labels = names_in(metadata)
    notes = [found.why, f"pixels as is customary for {found.customs}: check colours, scale and fit"]
    if not (image.width and image.height):
        notes.append(f"the file takes any size: {width} x {height} {'from its metadata' if side else 'is usual'}")
    if labels and found.labels and len(labels) != found.labels:
        notes.append(f"the file carries {len(labels)} names for {found.labels} labels: they are not used")
        labels = ()
    return Guess(table, labels, found.labels, "" if labels else _label_file(found), tuple(notes))


def _label_file(found: _Found) -> str:
    return KNOWN_LISTS.get(found.labels, "") if found.labels else UNTOLD_LISTS[found.customs]


def image_input(session: Session) -> Image:
    """The input that takes the images. Raises ModelBrokenError when there is none that phototag can feed."""
    for name, (kind, shape) in session.inputs.items():
        if len(shape) != 4:
            continue
        layout = "nchw" if shape[1] == 3 else "nhwc" if shape[3] == 3 else ""
        if not layout or kind not in TYPES:
            wanted = ", ".join(TYPES.values())
            raise ModelBrokenError(
                f"{session.path.name} takes {kind} {list(shape)}, phototag can give three channels of {wanted}"
            )
        batch, height, width = (shape[place] for place in ((0, 2, 3) if layout == "nchw" else (0, 1, 2)))
        sizes = [size if isinstance(size, int) and size > 0 else 0 for size in (batch, width, height)]
        return Image(name, layout, TYPES[kind], *sizes)
    raise ModelBrokenError(f"{session.path.name} has no image input: its inputs are {', '.join(session.inputs)}")


def _run_on_noise(session: Session, image: Image, width: int, height: int) -> dict[str, Tensor]:
    shape = (image.batch or 1, 3, height, width) if image.layout == "nchw" else (image.batch or 1, height, width, 3)
    noise = np.random.default_rng(0).random(shape)
    feeds: dict[str, Tensor] = {image.name: (noise * 255 if image.dtype == "uint8" else noise).astype(image.dtype)}
    for name, (_, other) in session.inputs.items():
        if name != image.name and len(other) == 2 and other[1] == 2:
            feeds[name] = np.array([[width, height]] * shape[0], np.int64)
    return session.run(feeds, tuple(session.outputs))


def _detr(session: Session, outputs: Outputs) -> _Found | None:
    sizes = [name for name, (_, shape) in session.inputs.items() if len(shape) == 2]
    names = {"labels", "boxes", "scores"}
    if len(sizes) != 1 or not names <= outputs.tensors.keys():
        return None
    head = {"labels": "labels", "boxes": "boxes", "scores": "scores", "size_input": sizes[0]}
    return _Found("detr", head, 0, "finished labels, boxes and scores, with the photo's size as an input: DETR type")


def _ssd(_session: Session, outputs: Outputs) -> _Found | None:
    names = {
        kind: next((n for n in outputs.tensors if kind in n.lower()), "") for kind in ("boxes", "scores", "classes")
    }
    if not all(names.values()) or outputs.tensors[names["boxes"]].shape[-1] != 4:
        return None
    head = {"boxes": names["boxes"], "scores": names["scores"], "labels": names["classes"]}
    return _Found("ssd", head, 0, "finished boxes, scores and classes: SSD with its post-processing")


def _detr_logits(_session: Session, outputs: Outputs) -> _Found | None:
    threes = outputs.shapes(3)
    boxes = [name for name, shape in threes.items() if shape[2] == 4]
    logits = [name for name, shape in threes.items() if shape[2] != 4]
    if len(boxes) != 1 or len(logits) != 1 or threes[boxes[0]][1] != threes[logits[0]][1]:
        return None
    head = {"logits": logits[0], "boxes": boxes[0]}
    labels = threes[logits[0]][2]
    customs = "rf-detr" if labels == 91 else "detr-logits"  # RF-DETR alone kept COCO's ids
    return _Found(customs, head, labels, "logits and boxes of the same objects: raw DETR type")


def _nanodet(_session: Session, outputs: Outputs) -> _Found | None:
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
    return _Found("nanodet", head, labels, "scores and distance distributions per stride: NanoDet")


def _one_map(_session: Session, outputs: Outputs) -> _Found | None:
    fours = outputs.shapes(4)
    if len(outputs.tensors) != 1 or len(fours) != 1:
        return None
    [(name, shape)] = fours.items()
    if shape[1] <= 5 or outputs.width // shape[3] != 16:
        return None
    return _Found("fastestdet", {"output": name}, shape[1] - 5, "one map of stride 16: FastestDet")


def _one_list(_session: Session, outputs: Outputs) -> _Found | None:
    threes = outputs.shapes(3)
    if len(threes) != 1:
        return None
    [(name, (_, rows, columns))] = threes.items()
    head = {"output": name}
    if columns == 6 and rows <= 1000:
        return _Found("yolo-end-to-end", head, 0, f"{rows} finished rows of six: YOLO with suppression inside")
    if columns == outputs.cells() and rows > 4:
        return _Found("yolo-anchor-free", head, rows - 4, "labels without objectness, cells last: YOLOv8, 9 or 11")
    if rows == 3 * outputs.cells() and columns > 5:
        return _Found("yolo-objectness", head, columns - 5, "three anchors a cell with objectness: YOLOv5 or 7")
    if rows == outputs.cells() and columns > 5:
        return _yolox(name, outputs.tensors[name], columns - 5)
    return None


def _yolox(name: str, tensor: Tensor, labels: int) -> _Found:
    """YOLOX is exported raw, or with its boxes decoded: then the sizes are pixels, far larger than any logarithm."""
    decoded = float(np.abs(tensor[..., 2:4]).mean()) > 8.0
    if decoded:
        return _Found(
            "yolox-decoded", {"output": name}, labels, "one row a cell, boxes in pixels: YOLOX, decoded inside"
        )
    return _Found("yolox", {"output": name}, labels, "one row a cell with objectness, boxes relative: YOLOX")


def _classifier(session: Session, outputs: Outputs) -> _Found | None:
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
    customs = "classifier-nhwc" if image_input(session).layout == "nhwc" else "classifier"
    if session.metadata.get("task") == "classify":  # Ultralytics' exporter
        customs = "classifier-yolo"
    head = {"output": name, "activation": activation}
    return _Found(customs, head, values.shape[1], f"one vector: a classifier with {why}")


RULES: tuple[Callable[[Session, Outputs], _Found | None], ...] = (
    _detr,
    _ssd,
    _detr_logits,
    _nanodet,
    _one_map,
    _one_list,
    _classifier,
)
"""In this order: the first that fits wins."""


def _table(
    image: Image, width: int, height: int, found: _Found, customs: Mapping[str, Any], metadata: Mapping[str, str]
) -> dict[str, Any]:
    pixels = dict(customs["input"])
    if pixels["fit"] == "crop":
        pixels["short_side"] = round(max(width, height) / CROP)
    if image.dtype == "uint8":
        pixels.update(scale=1.0, mean=[0.0, 0.0, 0.0], std=[1.0, 1.0, 1.0])
    return {
        "task": customs["task"],
        "licence": metadata.get("license", "not stated"),
        "source": metadata.get("author", "added by the user"),
        "accuracy": "none published",
        "note": metadata.get("description", ""),
        "tested": False,
        "embedded": False,
        "input": {
            "width": width,
            "height": height,
            "batch": image.batch or 1,
            "layout": image.layout,
            "dtype": image.dtype,
            **pixels,
        },
        "head": {**customs["head"], **found.head},
        "confidence": dict(customs["confidence"]),
    }
