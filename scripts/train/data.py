"""Training photos held in memory, and endless augmented batches drawn from them.

A batch is 2×2 mosaics (Bochkovskiy et al. 2020) and single photos at random scale, flipped, recoloured, some blended
with another (mixup, Zhang et al. 2018). Boxes follow their photo through all of it.
"""

from __future__ import annotations

import json
import math
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

cv2.setNumThreads(1)

Pixels = NDArray[np.uint8]
PAD = 114
MAX_SIDE = 320
SUFFIXES = (".jpg", ".jpeg", ".png")


@dataclass(slots=True)
class Photo:
    """BGR pixels and, where known, boxes: [n, 5] = x1, y1, x2, y2 in pixels, class index. `truth` None: unlabelled."""

    pixels: Pixels
    truth: NDArray[np.float32] | None = None
    name: str = ""


@dataclass(slots=True)
class Batch:
    """Pixels [N, 3, S, S] float32 BGR 0..255; per sample the boxes that are known and the areas they are known for."""

    images: NDArray[np.float32]
    truth: list[NDArray[np.float32]]
    labelled: list[list[tuple[int, int, int, int]]]


def shrink(pixels: Pixels, longest: int = MAX_SIDE) -> Pixels:
    """No side longer than `longest`."""
    ratio = longest / max(pixels.shape[:2])
    if ratio >= 1:
        return pixels
    return np.asarray(cv2.resize(pixels, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA), np.uint8)


def read_photos(source: Path) -> Iterator[tuple[str, Pixels]]:
    """(relative name, BGR pixels) of every JPEG or PNG in a tar file or below a folder, by name; bad ones skipped."""
    if source.is_dir():
        for path in sorted(source.rglob("*")):
            if path.suffix.lower() in SUFFIXES and (pixels := cv2.imread(str(path))) is not None:
                yield str(path.relative_to(source)), np.asarray(pixels, np.uint8)
        return
    with tarfile.open(source) as archive:
        for member in sorted(archive.getmembers(), key=lambda member: member.name):
            stream = archive.extractfile(member) if member.name.lower().endswith(SUFFIXES) else None
            if stream is not None:
                pixels = cv2.imdecode(np.frombuffer(stream.read(), np.uint8), cv2.IMREAD_COLOR)
                if pixels is not None:
                    yield member.name, np.asarray(pixels, np.uint8)


def read_coco(folder: Path) -> list[Photo]:
    """A COCO set: `instances.json` and `images/`. Crowds are left out; classes are numbered by category id."""
    document = json.loads((folder / "instances.json").read_text())
    index = {c: i for i, c in enumerate(sorted(category["id"] for category in document["categories"]))}
    boxes: dict[int, list[list[float]]] = {}
    for a in document["annotations"]:
        if not a.get("iscrowd"):
            x, y, w, h = a["bbox"]
            boxes.setdefault(a["image_id"], []).append([x, y, x + w, y + h, index[a["category_id"]]])
    photos = []
    for image in sorted(document["images"], key=lambda image: image["file_name"]):
        pixels = cv2.imread(str(folder / "images" / image["file_name"]))
        if pixels is None:
            continue
        small = shrink(np.asarray(pixels, np.uint8))
        truth = np.array(boxes.get(image["id"], []), np.float32).reshape(-1, 5)
        truth[:, :4] *= small.shape[1] / image["width"]
        photos.append(Photo(small, truth, image["file_name"]))
    return photos


def repeat_factors(photos: list[Photo], threshold: float = 0.04, most: float = 3.0) -> NDArray[np.float64]:
    """How often to draw each photo, so that rare classes are seen more (Gupta et al. 2019, LVIS), as probabilities."""
    counts = np.zeros(80)
    present = [np.unique(p.truth[:, 4].astype(int)) if p.truth is not None else np.zeros(0, int) for p in photos]
    for classes in present:
        counts[classes] += 1
    by_class = np.clip(np.sqrt(threshold / np.maximum(counts / len(photos), 1e-6)), 1.0, most)
    weights = np.array([by_class[classes].max(initial=1.0) for classes in present])
    return np.asarray(weights / weights.sum(), np.float64)


@dataclass(slots=True)
class Pools:
    """`labelled`: photos with boxes. `extras`: other photos. `crumbs`: tiny ones, used as mosaic tiles only."""

    labelled: list[Photo]
    extras: list[Photo]
    crumbs: list[Photo]
    weights: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        self.weights = np.cumsum(repeat_factors(self.labelled))

    def draw(self, rng: np.random.Generator, extras: float, crumbs: float = 0.0) -> Photo:
        u = rng.random()
        if u < crumbs and self.crumbs:
            return self.crumbs[rng.integers(len(self.crumbs))]
        if u < crumbs + extras and self.extras:
            return self.extras[rng.integers(len(self.extras))]
        return self.labelled[min(int(np.searchsorted(self.weights, rng.random())), len(self.labelled) - 1)]


Window = tuple[int, int, int, int]


def moved(truth: NDArray[np.float32], matrix: NDArray[np.float32], window: Window) -> NDArray[np.float32]:
    """Boxes after `matrix`, clipped to the window; dropped if under 30 % or 3 px of them is left in it."""
    x0, y0, x1, y1 = window
    xs = truth[:, [0, 2]] * matrix[0, 0] + matrix[0, 2] + x0
    ys = truth[:, [1, 3]] * matrix[1, 1] + matrix[1, 2] + y0
    xs.sort(axis=1)
    area = np.maximum((xs[:, 1] - xs[:, 0]) * (ys[:, 1] - ys[:, 0]), 1e-6)
    out = np.stack([xs[:, 0].clip(x0, x1), ys[:, 0].clip(y0, y1), xs[:, 1].clip(x0, x1), ys[:, 1].clip(y0, y1)], 1)
    w, h = out[:, 2] - out[:, 0], out[:, 3] - out[:, 1]
    keep = (w * h > 0.3 * area) & (w > 3) & (h > 3)
    return np.asarray(np.concatenate([out, truth[:, 4:]], 1)[keep], np.float32)


def place(canvas: Pixels, photo: Photo, window: Window, scale: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draws a photo, its longer side `scale` px, at a random place of a window; returns its boxes there."""
    x0, y0, x1, y1 = window
    h, w = photo.pixels.shape[:2]
    ratio = scale / max(h, w)
    stretch = math.exp(rng.uniform(-0.12, 0.12))
    sx, sy = ratio * stretch, ratio / stretch
    flip = rng.random() < 0.5
    dx = rng.uniform(min(0.0, x1 - x0 - sx * w), max(0.0, x1 - x0 - sx * w))
    dy = rng.uniform(min(0.0, y1 - y0 - sy * h), max(0.0, y1 - y0 - sy * h))
    matrix = np.array([[-sx if flip else sx, 0, dx + (sx * w if flip else 0)], [0, sy, dy]], np.float32)
    source = photo.pixels
    if ratio < 0.55:  # bilinear sampling alone would alias
        source = np.asarray(cv2.resize(source, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
        exact = matrix.copy()
        exact[0, 0] *= w / source.shape[1]
        exact[1, 1] *= h / source.shape[0]
    else:
        exact = matrix
    canvas[y0:y1, x0:x1] = cv2.warpAffine(
        source, exact, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR, borderValue=(PAD, PAD, PAD)
    )
    return moved(photo.truth, matrix, window) if photo.truth is not None else np.zeros((0, 5), np.float32)


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def recoloured(pixels: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    if rng.random() < 0.7:
        gain = rng.uniform(0.75, 1.25) * rng.uniform(0.9, 1.1, 3).astype(np.float32)
        pixels = np.clip((pixels - PAD) * gain + (PAD + rng.uniform(-20, 20)), 0, 255)
    return pixels.astype(np.float32)


class Sampler:
    """Endless batches; the same seed draws the same ones."""

    def __init__(self, pools: Pools, seed: int, mosaic: float = 0.45, mixup: float = 0.08) -> None:
        self._pools = pools
        self._rng = np.random.default_rng(seed)
        self._mosaic = mosaic
        self._mixup = mixup

    def _single(self, size: int) -> tuple[Pixels, NDArray[np.float32], list[Window]]:
        rng = self._rng
        canvas = np.full((size, size, 3), PAD, np.uint8)
        photo = self._pools.draw(rng, extras=0.08)
        low = 0.45 if size < MAX_SIDE else 0.6
        window = (0, 0, size, size)
        truth = place(canvas, photo, window, MAX_SIDE * log_uniform(rng, low, 1.5), rng)
        return canvas, truth, [window] if photo.truth is not None else []

    def _mosaic_of_four(self, size: int) -> tuple[Pixels, NDArray[np.float32], list[Window]]:
        rng = self._rng
        canvas = np.full((size, size, 3), PAD, np.uint8)
        cx, cy = (int(size * rng.uniform(0.3, 0.7)) for _ in range(2))
        truths, labelled = [], []
        for window in ((0, 0, cx, cy), (cx, 0, size, cy), (0, cy, cx, size), (cx, cy, size, size)):
            photo = self._pools.draw(rng, extras=0.2, crumbs=0.15)
            if photo.truth is not None:
                scale = size * log_uniform(rng, 0.5, 1.2)
                labelled.append(window)
            else:
                side = max(photo.pixels.shape[:2])
                scale = min(size * log_uniform(rng, 0.4, 0.9), 2.0 * side)
            truths.append(place(canvas, photo, window, scale, rng))
        return canvas, np.concatenate(truths), labelled

    def batch(self, count: int, size: int) -> Batch:
        """`count` samples of `size` × `size` px."""
        rng = self._rng
        images, truth, labelled = [], [], []
        for _ in range(count):
            canvas, boxes, known = self._mosaic_of_four(size) if rng.random() < self._mosaic else self._single(size)
            pixels = canvas.astype(np.float32)
            if rng.random() < self._mixup:
                other, more, _ = self._single(size)
                share = rng.uniform(0.5, 0.8)
                pixels = pixels * share + other * np.float32(1 - share)
                boxes, known = more[:0], []  # what is still visible of either is the teacher's to say
            images.append(recoloured(pixels, rng))
            truth.append(boxes)
            labelled.append(known)
        return Batch(np.ascontiguousarray(np.stack(images).transpose(0, 3, 1, 2)), truth, labelled)
