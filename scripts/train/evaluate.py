"""COCO average precision of a detector with YOLOX output, and a report per class.

python -m scripts.train.evaluate --detector models/tiny_detector.onnx --coco DIR --size 384
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from scripts.train import data
from scripts.train.student import STRIDES
from scripts.train.teacher import session

Floats = NDArray[np.float32]
Model = Callable[[Floats], Floats]  # images [1, 3, S, S] to YOLOX output [1, cells, 85]

OVERLAP = 0.45  # IoU above which boxes of a class are duplicates; best of 0.45, 0.55 and 0.65 on held-back photos
EVERYDAY = (
    "person", "car", "dog", "cat", "bird", "bicycle", "motorcycle", "bus", "train", "boat", "horse", "chair",
)  # fmt: skip


def letterbox(pixels: NDArray[Any], size: int) -> tuple[Floats, float]:
    """The photo at the top left of a grey square, [1, 3, size, size] BGR, and the ratio it was scaled by."""
    ratio = size / max(pixels.shape[:2])
    h, w = (max(1, round(side * ratio)) for side in pixels.shape[:2])
    canvas = np.full((size, size, 3), 114, np.uint8)
    how = cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR
    canvas[:h, :w] = cv2.resize(pixels, (w, h), interpolation=how)
    return np.ascontiguousarray(canvas.transpose(2, 0, 1)[None]).astype(np.float32), ratio


def decode(output: Floats, size: int) -> tuple[Floats, Floats]:
    """Boxes [cells, 4] (x1, y1, x2, y2 in input pixels) and scores [cells, classes] of one image's YOLOX output."""
    grids, strides = [], []
    for stride in STRIDES:
        side = size // stride
        y, x = np.mgrid[:side, :side]
        grids.append(np.stack([x, y], -1).reshape(-1, 2))
        strides.append(np.full((side * side, 1), stride))
    grid, stride_of = np.concatenate(grids), np.concatenate(strides)
    centre = (output[:, :2] + grid) * stride_of
    half = np.exp(output[:, 2:4].clip(-8, 8)) * stride_of / 2
    return (
        np.concatenate([centre - half, centre + half], 1).astype(np.float32),
        (output[:, 4:5] * output[:, 5:]).astype(np.float32),
    )


def suppress(
    boxes: Floats, scores: Floats, classes: NDArray[np.int64], overlap: float = OVERLAP, most: int = 100
) -> list[int]:
    """Indices kept by class-wise non-maximum suppression, best first."""
    shifted = boxes + classes[:, None] * 1e4
    area = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    order = scores.argsort()[::-1]
    kept: list[int] = []
    while len(order) and len(kept) < most:
        best, order = order[0], order[1:]
        kept.append(int(best))
        low = np.maximum(shifted[best, :2], shifted[order, :2])
        high = np.minimum(shifted[best, 2:], shifted[order, 2:])
        both = np.clip(high - low, 0, None).prod(1)
        order = order[both / (area[best] + area[order] - both + 1e-9) < overlap]
    return kept


@dataclass(frozen=True, slots=True)
class Found:
    """Detections of one photo: boxes [n, 4] in its own pixels, scores [n], class indices [n], best first."""

    boxes: Floats
    scores: Floats
    classes: NDArray[np.int64]


def detect(model: Model, pixels: NDArray[Any], size: int, floor: float = 0.01) -> Found:
    """Runs one photo through a detector; scores above `floor`, class-wise NMS."""
    image, ratio = letterbox(pixels, size)
    boxes, scores = decode(model(image)[0], size)
    cells, classes = np.nonzero(scores > floor)
    values = scores[cells, classes]
    top = values.argsort()[::-1][:1500]
    cells, classes, values = cells[top], classes[top], values[top]
    chosen = boxes[cells] / ratio
    limit = np.array([pixels.shape[1], pixels.shape[0]] * 2, np.float32)
    chosen = chosen.clip(0, limit)
    kept = suppress(chosen, values, classes)
    return Found(chosen[kept], values[kept], classes[kept])


@dataclass(frozen=True, slots=True)
class Report:
    """AP and AP50 over all classes and, by name, AP50 of each class that has objects; percent."""

    ap: float
    ap50: float
    by_size: tuple[float, float, float]
    by_class: dict[str, float]

    def pooled(self, names: tuple[str, ...] = EVERYDAY) -> float:
        """Mean AP50 of the named classes that have objects."""
        return float(np.mean([self.by_class[name] for name in names if name in self.by_class]))

    def line(self) -> str:
        small, medium, large = self.by_size
        return (
            f"AP {self.ap:.1f} AP50 {self.ap50:.1f} small/medium/large {small:.1f}/{medium:.1f}/{large:.1f}"
            f" everyday AP50 {self.pooled():.1f}"
        )


class CocoSet:
    """A labelled COCO folder (`instances.json`, `images/`), optionally limited to some files, decoded once."""

    def __init__(self, folder: Path, only: set[str] | None = None) -> None:
        document = json.loads((folder / "instances.json").read_text())
        if only is not None:
            document["images"] = [image for image in document["images"] if image["file_name"] in only]
            ids = {image["id"] for image in document["images"]}
            document["annotations"] = [a for a in document["annotations"] if a["image_id"] in ids]
        self.images: list[dict[str, Any]] = document["images"]
        self.pixels = [cv2.imread(str(folder / "images" / image["file_name"])) for image in self.images]
        from faster_coco_eval import COCO  # not needed to train

        with contextlib.redirect_stdout(io.StringIO()):
            self.truth = COCO(document)
        self.categories = sorted(self.truth.getCatIds())

    def objects(self, image: int) -> tuple[Floats, NDArray[np.int64]]:
        """Boxes [n, 4] (x1, y1, x2, y2 in pixels) and class indices [n] of a photo, without crowds."""
        rows = self.truth.loadAnns(self.truth.getAnnIds(imgIds=[image], iscrowd=False))
        boxes = np.array([row["bbox"] for row in rows], np.float32).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        return boxes, np.array([self.categories.index(row["category_id"]) for row in rows], np.int64)

    def report(self, model: Model, size: int) -> Report:
        rows = []
        for image, pixels in zip(self.images, self.pixels, strict=True):
            found = detect(model, pixels, size)
            for box, score, index in zip(found.boxes, found.scores, found.classes, strict=True):
                x1, y1, x2, y2 = (float(v) for v in box)
                rows.append(
                    {
                        "image_id": image["id"],
                        "category_id": self.categories[int(index)],
                        "bbox": [x1, y1, x2 - x1, y2 - y1],
                        "score": float(score),
                    }
                )
        if not rows:
            return Report(0.0, 0.0, (0.0, 0.0, 0.0), {})
        from faster_coco_eval import COCOeval_faster

        with contextlib.redirect_stdout(io.StringIO()):
            run = COCOeval_faster(self.truth, self.truth.loadRes(rows), "bbox")
            run.evaluate()
            run.accumulate()
            run.summarize()
        ap50 = run.eval["precision"][0, :, :, 0, 2]  # [recall, class] at IoU 0.5, all sizes, 100 detections
        names = {c["id"]: c["name"] for c in self.truth.loadCats(self.categories)}
        by_class = {
            names[category]: float(100 * ap50[:, k].mean())
            for k, category in enumerate(self.categories)
            if (ap50[:, k] > -1).any()
        }
        stats = [100 * float(v) for v in run.stats[:6]]
        return Report(stats[0], stats[1], (stats[3], stats[4], stats[5]), by_class)


def overlaps(a: Floats, b: Floats) -> Floats:
    """IoU [n, m] of boxes x1, y1, x2, y2."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    both = np.clip(high - low, 0, None).prod(2)
    areas = (a[:, 2:] - a[:, :2]).prod(1)[:, None] + (b[:, 2:] - b[:, :2]).prod(1)[None]
    return np.asarray(both / (areas - both + 1e-6), np.float32)


def matches(found: Found, boxes: Floats, classes: NDArray[np.int64]) -> list[bool]:
    """Whether each detection, best first, finds a true object (IoU at least 0.5, same class) not found before."""
    iou = overlaps(found.boxes, boxes) * (found.classes[:, None] == classes[None])
    right = []
    for row in iou:
        best = int(row.argmax()) if len(row) else -1
        right.append(best >= 0 and bool(row[best] >= 0.5))
        if right[-1]:
            iou[:, best] = 0
    return right


def pooled_ap50(model: Model, photos: list[data.Photo], size: int) -> float:
    """Area under precision over recall, 0..1, of all classes in one list: on few photos steadier than their mean."""
    scores: list[float] = []
    right: list[bool] = []
    objects = 0
    for photo in photos:
        assert photo.truth is not None
        found = detect(model, photo.pixels, size)
        scores += found.scores.tolist()
        right += matches(found, photo.truth[:, :4], photo.truth[:, 4].astype(np.int64))
        objects += len(photo.truth)
    if not scores:
        return 0.0
    hits = np.cumsum(np.array(right)[np.argsort(scores)[::-1]])
    precision = np.maximum.accumulate((hits / np.arange(1, len(hits) + 1))[::-1])[::-1]
    return float((precision * np.diff(hits, prepend=0)).sum() / objects)


def onnx_model(path: Path, threads: int = 2) -> Model:
    """A detector's ONNX file as a callable."""
    run = session(str(path), threads)
    name = run.get_inputs()[0].name
    return lambda images: np.asarray(run.run(None, {name: images})[0], np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--detector", type=Path, required=True)
    parser.add_argument("--coco", type=Path, required=True)
    parser.add_argument("--size", type=int, default=320)
    options = parser.parse_args()
    report = CocoSet(options.coco).report(onnx_model(options.detector), options.size)
    print(report.line())
    for name, value in sorted(report.by_class.items()):
        print(f"{name:16} {value:5.1f}")


if __name__ == "__main__":
    main()
