"""Training photos, read and held in one flat tensor from which any device can draw."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

cv2.setNumThreads(1)

Pixels = NDArray[np.uint8]
MAX_SIDE = 320
MOST_BOXES = 32  # kept of a photo, the largest
LEVELS = 3  # whole, half and quarter size: sampling the whole photo at a smaller scale would alias
AHEAD = 32  # photos decoded at a time: they may be large, and only small copies are kept
SUFFIXES = (".jpg", ".jpeg", ".png")


@dataclass(slots=True)
class Photo:
    """BGR pixels and, where known, boxes: [n, 5] = x1, y1, x2, y2 in pixels, class index. `truth` None: unlabelled."""

    pixels: Pixels
    truth: NDArray[np.float32] | None = None
    name: str = ""


def shrink(pixels: Pixels, longest: int = MAX_SIDE) -> Pixels:
    """No side longer than `longest`."""
    ratio = longest / max(pixels.shape[:2])
    if ratio >= 1:
        return pixels
    return np.asarray(cv2.resize(pixels, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA), np.uint8)


def _files(source: Path) -> list[tuple[str, bytes]]:
    """(relative name, content) of every JPEG or PNG in a tar file or below a folder, by name."""
    if source.is_dir():
        paths = sorted(path for path in source.rglob("*") if path.suffix.lower() in SUFFIXES)
        return [(str(path.relative_to(source)), path.read_bytes()) for path in paths]
    files = []
    with tarfile.open(source) as archive:
        for member in sorted(archive.getmembers(), key=lambda member: member.name):
            stream = archive.extractfile(member) if member.name.lower().endswith(SUFFIXES) else None
            if stream is not None:
                files.append((member.name, stream.read()))
    return files


def _decoded(content: bytes) -> Pixels | None:
    if not content:
        return None  # for which OpenCV has an error, unlike for other bad files
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)  # type: ignore[return-value]


def read_photos(source: Path) -> Iterator[tuple[str, Pixels]]:
    """(relative name, BGR pixels) of every photo in a tar file or below a folder, by name; bad ones skipped."""
    files = _files(source)
    with ThreadPoolExecutor() as pool:
        for start in range(0, len(files), AHEAD):
            part = files[start : start + AHEAD]
            for (name, _), pixels in zip(part, pool.map(_decoded, [content for _, content in part]), strict=True):
                if pixels is not None:
                    yield name, pixels


def read_coco(folder: Path) -> list[Photo]:
    """A COCO set: `instances.json` and `images/`. Crowds are left out; classes are numbered by category id."""
    document = json.loads((folder / "instances.json").read_text())
    index = {c: i for i, c in enumerate(sorted(category["id"] for category in document["categories"]))}
    boxes: dict[int, list[list[float]]] = {}
    for a in document["annotations"]:
        if not a.get("iscrowd"):
            x, y, w, h = a["bbox"]
            boxes.setdefault(a["image_id"], []).append([x, y, x + w, y + h, index[a["category_id"]]])
    found = {name: shrink(pixels) for name, pixels in read_photos(folder / "images")}
    photos = []
    for image in sorted(document["images"], key=lambda image: image["file_name"]):
        if image["file_name"] not in found:
            continue
        small = found[image["file_name"]]
        truth = np.array(boxes.get(image["id"], []), np.float32).reshape(-1, 5)
        truth[:, :4] *= small.shape[1] / image["width"]
        photos.append(Photo(small, truth, image["file_name"]))
    return photos


def half(pixels: Pixels) -> Pixels:
    """Half the size, averaged."""
    h, w = (max(1, side // 2) for side in pixels.shape[:2])
    return np.asarray(cv2.resize(pixels, (w, h), interpolation=cv2.INTER_AREA), np.uint8)


def packed(pixels: Pixels) -> list[NDArray[np.int32]]:
    """Each level of a photo, one number a pixel: blue in the lowest byte, then green and red."""
    levels = []
    for _ in range(LEVELS):
        levels.append(cv2.cvtColor(pixels, cv2.COLOR_BGR2BGRA).view("<i4"))
        pixels = half(pixels)
    return levels


@dataclass(slots=True)
class Bank:
    """Photos of any size, whole, half and quarter size, on one device; rows of the tables are photos."""

    texels: Tensor  # int32, every pixel of every level of every photo
    start: Tensor  # [photos, LEVELS] int64, where a level begins in `texels`
    width: Tensor  # [photos, LEVELS] float32
    height: Tensor  # [photos, LEVELS] float32
    boxes: Tensor  # [photos, MOST_BOXES, 5] float32 as in `Photo`; class -1: no box
    labelled: Tensor  # [photos] bool

    def __len__(self) -> int:
        return len(self.start)

    def to(self, device: torch.device) -> Bank:
        return Bank(
            self.texels.to(device), self.start.to(device), self.width.to(device), self.height.to(device),
            self.boxes.to(device), self.labelled.to(device),
        )  # fmt: skip


def bank(photos: list[Photo]) -> Bank:
    """The photos as a `Bank` in main memory."""
    with ThreadPoolExecutor() as pool:
        levels = list(pool.map(packed, [photo.pixels for photo in photos]))
    starts, widths, heights = (np.zeros((len(photos), LEVELS), np.int64) for _ in range(3))
    boxes = np.zeros((len(photos), MOST_BOXES, 5), np.float32)
    boxes[:, :, 4] = -1
    end = 0
    for k, photo in enumerate(photos):
        for level, pixels in enumerate(levels[k]):
            starts[k, level], (heights[k, level], widths[k, level]) = end, pixels.shape[:2]
            end += pixels.size
        if photo.truth is not None and len(photo.truth):
            areas = (photo.truth[:, 2:4] - photo.truth[:, :2]).prod(1)
            largest = photo.truth[(-areas).argsort(kind="stable")[:MOST_BOXES]]
            boxes[k, : len(largest)] = largest
    known = np.array([photo.truth is not None for photo in photos])
    texels = np.concatenate([pixels.ravel() for photo in levels for pixels in photo])
    sizes = widths.astype(np.float32), heights.astype(np.float32)
    return Bank(*(torch.from_numpy(table) for table in (texels, starts, *sizes, boxes, known)))


def repeat_factors(photos: list[Photo], threshold: float = 0.04, most: float = 3.0) -> NDArray[np.float64]:
    """How often to draw each photo, so that rare classes are seen more (Gupta et al. 2019, LVIS), as probabilities."""
    counts = np.zeros(80)
    present = [np.unique(p.truth[:, 4].astype(int)) if p.truth is not None else np.zeros(0, int) for p in photos]
    for classes in present:
        counts[classes] += 1
    by_class = np.clip(np.sqrt(threshold / np.maximum(counts / len(photos), 1e-6)), 1.0, most)
    weights = np.array([by_class[classes].max(initial=1.0) for classes in present])
    return np.asarray(weights / weights.sum(), np.float64)
