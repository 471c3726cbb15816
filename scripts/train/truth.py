"""Lets known boxes correct the teacher: what it half saw is strengthened, what is not there is faded.

Boxes that the teacher sees nothing of are left out: a student this small spends itself on them in vain.

Cells are given to boxes as in SimOTA (Ge et al. 2021), with the teacher's own predictions as the cost, so a box that
the teacher saw well is taught at the cells where the teacher saw it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from scripts.train.data import Batch
from scripts.train.student import STRIDES
from scripts.train.teacher import Targets

Floats = NDArray[np.float32]
LEAST = 6e-6  # probability kept from 0 and 1, whose logits are infinite
SEEN = 0.3  # a teacher's score × IoU from which a box counts fully
CENTRE_RADIUS = 1.5  # cells around a box's centre that may learn it
LONGEST = {8: 96.0, 16: 192.0, 32: 1e9}  # px; larger boxes are left to coarser cells
SHORTEST = {8: 0.0, 16: 24.0, 32: 64.0}


def sigmoid(x: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(1 / (1 + np.exp(-x)))


def logit(p: NDArray[Any]) -> NDArray[Any]:
    q = p.clip(LEAST, 1 - LEAST)
    return np.asarray(np.log(q) - np.log1p(-q))


class Grid:
    """Cell positions of an image size, all strides in one row."""

    def __init__(self, size: int) -> None:
        origin, stride = [], []
        for step in STRIDES:
            y, x = np.mgrid[: size // step, : size // step]
            origin.append(np.stack([x, y], -1).reshape(-1, 2))
            stride.append(np.full(len(origin[-1]), step))
        self.origin = np.concatenate(origin).astype(np.float32)
        self.stride = np.concatenate(stride).astype(np.float32)
        self.centre = (self.origin + 0.5) * self.stride[:, None]
        self.longest = np.array([LONGEST[int(s)] for s in self.stride], np.float32)
        self.shortest = np.array([SHORTEST[int(s)] for s in self.stride], np.float32)
        counts = [(size // step) ** 2 for step in STRIDES]
        self.starts = np.concatenate([[0], np.cumsum(counts)])


def overlaps(a: Floats, b: Floats) -> Floats:
    """IoU [n, m] of boxes x1, y1, x2, y2."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    both = np.clip(high - low, 0, None).prod(2)
    areas = (a[:, 2:] - a[:, :2]).prod(1)[:, None] + (b[:, 2:] - b[:, :2]).prod(1)[None]
    return np.asarray(both / (areas - both + 1e-6), np.float32)


def assign(grid: Grid, iou: Floats, score: Floats, truth: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(cells, boxes) pairs: each box gets as many of its cheapest cells as SimOTA's dynamic k says; a cell, one box."""
    middle = (truth[:, :2] + truth[:, 2:4]) / 2
    inside = np.asarray(
        (np.abs(grid.centre[:, None] - middle[None]) < CENTRE_RADIUS * grid.stride[:, None, None]).all(2), bool
    )
    side = (truth[:, 2:4] - truth[:, :2]).max(1)
    fitting = (side[None] <= grid.longest[:, None]) & (side[None] >= grid.shortest[:, None])
    cost = -3 * np.log(iou + 1e-3) - np.log(score + 1e-3) + np.where(inside & fitting, 0, 1e4)
    owner = np.full(len(cost), -1)
    price = np.full(len(cost), 1e4)
    for k in np.asarray((truth[:, 2:4] - truth[:, :2]).prod(1)).argsort()[
        ::-1
    ]:  # small boxes last: they keep contested cells
        candidates = np.where(inside[:, k] & fitting[:, k], iou[:, k], 0)
        count = max(1, int(np.sort(candidates)[-10:].sum()))
        cheapest = np.argpartition(cost[:, k], count)[:count]
        won = cheapest[cost[cheapest, k] < price[cheapest]]
        owner[won], price[won] = k, cost[won, k]
    cells = np.nonzero(owner >= 0)[0]
    return cells, owner[cells]


def correct(targets: Targets, batch: Batch, share: float) -> None:
    """Moves targets (on the CPU) in place by `share` (0..1) towards the known boxes, inside the labelled areas."""
    size = batch.images.shape[2]
    grid = Grid(size)
    for index, (truth, areas) in enumerate(zip(batch.truth, batch.labelled, strict=True)):
        if areas:
            correct_one(targets, index, truth, areas, grid, share)


def correct_one(
    targets: Targets, index: int, truth: Floats, areas: list[tuple[int, int, int, int]], grid: Grid, share: float
) -> None:
    def flat(levels: list[Any]) -> list[NDArray[Any]]:
        return [level[index].numpy().reshape(level.shape[1], -1) for level in levels]

    objectness, boxes, classes = flat(targets.objectness), flat(targets.boxes), flat(targets.classes)
    seen = sigmoid(np.concatenate([o[0] for o in objectness]))
    offset = np.concatenate(boxes, 1).T
    centre = (offset[:, :2] + grid.origin) * grid.stride[:, None]
    half = np.exp(offset[:, 2:].clip(-8, 8)) * grid.stride[:, None] / 2
    known = np.zeros(len(seen), bool)
    for x1, y1, x2, y2 in areas:
        known |= ((grid.centre >= (x1, y1)) & (grid.centre < (x2, y2))).all(1)
    wanted = np.where(known, seen * (1 - share), seen)
    if len(truth):
        iou = overlaps(np.concatenate([centre - half, centre + half], 1), truth[:, :4])
        kinds = truth[:, 4].astype(int)
        score = sigmoid(np.concatenate(classes, 1)[kinds].T) * seen[:, None]
        cells, owners = assign(grid, iou, score, truth)
        near = iou.max(1) > 0.5  # duplicates of a true box stay as the teacher has them
        wanted = np.where(near, seen, wanted)
        visible = ((score * iou).max(0) / SEEN).clip(0, 1)[owners]
        shares = share * visible
        wanted[cells] = seen[cells] * (1 - shares) + shares
        size = (truth[owners, 2:4] - truth[owners, :2]) / grid.stride[cells, None]
        middle = (truth[owners, :2] + truth[owners, 2:4]) / 2 / grid.stride[cells, None] - grid.origin[cells]
        places = np.concatenate([middle, np.log(size)], 1)
        for cell, kind, place, part in zip(cells, kinds[owners], places, shares, strict=True):
            level = int(np.searchsorted(grid.starts, cell, "right")) - 1
            at = cell - grid.starts[level]
            p = sigmoid(classes[level][:, at]) * (1 - part)
            p[kind] += part
            classes[level][:, at] = logit(p)
            if part > share / 2:
                boxes[level][:, at] = place
    for level, values in enumerate(objectness):
        values[0] = logit(wanted[grid.starts[level] : grid.starts[level + 1]])
