"""Lets known boxes correct the teacher: what it half saw is strengthened, what is not there is faded.

Boxes that the teacher sees nothing of are left out: a student this small spends itself on them in vain.

Cells are given to boxes as in SimOTA (Ge et al. 2021), with the teacher's own predictions as the cost, so a box that
the teacher saw well is taught at the cells where the teacher saw it. All boxes and cells of a batch at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from scripts.train.augment import Batch
from scripts.train.student import STRIDES
from scripts.train.teacher import Targets

SEEN = 0.3  # a teacher's score × IoU from which a box counts fully
CENTRE_RADIUS = 1.5  # cells around a box's centre that may learn it
LONGEST = {8: 96.0, 16: 192.0, 32: 1e9}  # px; larger boxes are left to coarser cells
SHORTEST = {8: 0.0, 16: 24.0, 32: 64.0}
OUT_OF_QUESTION = 1e4  # cost
CANDIDATES = 10


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of all strides in one row, for one input size: [cells] or [cells, 2], in pixels."""

    origin: Tensor  # column and row
    stride: Tensor
    longest: Tensor
    shortest: Tensor

    @property
    def centre(self) -> Tensor:
        return (self.origin + 0.5) * self.stride[:, None]


def grid(size: int, device: torch.device) -> Grid:
    """The cells of an image of `size` × `size` px."""
    origin, stride = [], []
    for step in STRIDES:
        side = torch.arange(size // step, device=device, dtype=torch.float32)
        y, x = torch.meshgrid(side, side, indexing="ij")
        origin.append(torch.stack([x, y], -1).flatten(0, 1))
        stride.append(torch.full((len(origin[-1]),), float(step), device=device))
    strides = torch.cat(stride)
    counts = [len(part) for part in stride]

    def per_cell(table: dict[int, float]) -> Tensor:
        return torch.cat([torch.full((n,), table[s], device=device) for n, s in zip(counts, STRIDES, strict=True)])

    return Grid(torch.cat(origin), strides, per_cell(LONGEST), per_cell(SHORTEST))


def overlaps(a: Tensor, b: Tensor) -> Tensor:
    """IoU [..., n, m] of boxes [..., n, 4] and [..., m, 4], x1, y1, x2, y2."""
    low = torch.maximum(a[..., :, None, :2], b[..., None, :, :2])
    high = torch.minimum(a[..., :, None, 2:4], b[..., None, :, 2:4])
    both = (high - low).clamp(min=0).prod(-1)
    areas = (a[..., 2:4] - a[..., :2]).prod(-1)[..., :, None] + (b[..., 2:4] - b[..., :2]).prod(-1)[..., None, :]
    return both / (areas - both + 1e-6)


def corners(boxes: Tensor, cells: Grid) -> Tensor:
    """x1, y1, x2, y2 in pixels [N, cells, 4] of raw boxes [N, 4, cells]."""
    raw = boxes.transpose(1, 2)
    centre = (raw[..., :2] + cells.origin) * cells.stride[:, None]
    half = raw[..., 2:].clamp(-8, 8).exp() * cells.stride[:, None] / 2
    return torch.cat([centre - half, centre + half], -1)


def assign(cells: Grid, iou: Tensor, score: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    """(whether a cell learns a box, which) [N, cells], from IoU and score [N, boxes, cells] and boxes [N, boxes, 5].

    Each box gets as many of its cheapest cells as SimOTA's dynamic k says; a cell, the box it is cheapest for.
    """
    middle = (truth[..., :2] + truth[..., 2:4]) / 2
    reach = CENTRE_RADIUS * cells.stride
    near = ((cells.centre - middle[:, :, None]).abs() < reach[:, None]).all(-1)
    side = (truth[..., 2:4] - truth[..., :2]).amax(-1)[..., None]
    able = near & (side <= cells.longest) & (side >= cells.shortest) & (truth[..., 4:] >= 0)
    cost = torch.where(able, -3 * (iou + 1e-3).log() - (score + 1e-3).log(), OUT_OF_QUESTION)
    wanted = torch.where(able, iou, 0.0).topk(CANDIDATES, 2).values.sum(2).clamp(1, CANDIDATES).long()
    cheapest = cost.topk(CANDIDATES, 2, largest=False).values
    limit = cheapest.gather(2, wanted[..., None] - 1)
    price = torch.where(able & (cost <= limit), cost, OUT_OF_QUESTION)
    best = price.min(1)
    return best.values < OUT_OF_QUESTION, best.indices


def known_cells(known: Tensor) -> Tensor:
    """[N, cells] from a map in steps of 8 px [N, h, w]: whether all objects are known around a cell's centre."""
    levels = [known, known[:, 1::2, 1::2], known[:, 2::4, 2::4]]
    return torch.cat([level.flatten(1) for level in levels], 1)


@torch.no_grad()
def correct(targets: Targets, batch: Batch, share: float) -> Targets:
    """The targets moved by `share` (0..1) towards the known boxes, where all objects are known."""
    if share == 0:
        return targets
    cells = grid(batch.images.shape[2], batch.images.device)
    truth, seen = batch.boxes, targets.objectness
    iou = overlaps(truth, corners(targets.boxes, cells)) * (truth[..., 4:] >= 0)
    kind = truth[..., 4].long().clamp(min=0)
    score = targets.classes.gather(1, kind[..., None].expand(-1, -1, seen.shape[1])) * seen[:, None]
    learns, owner = assign(cells, iou, score, truth)
    visible = ((score * iou).amax(2) / SEEN).clamp(max=1)
    part = share * visible.gather(1, owner) * learns
    objectness = torch.where(known_cells(batch.known), seen * (1 - share), seen)
    objectness = torch.where(iou.amax(1) > 0.5, seen, objectness)  # duplicates of a true box stay the teacher's
    objectness = torch.where(learns, seen * (1 - part) + part, objectness)
    classes = targets.classes * (1 - part[:, None])
    classes = classes.scatter_add(1, kind.gather(1, owner)[:, None], part[:, None])
    own = truth.gather(1, owner[..., None].expand(-1, -1, 5))
    size = (own[..., 2:4] - own[..., :2]).clamp(min=1) / cells.stride[:, None]
    middle = (own[..., :2] + own[..., 2:4]) / 2 / cells.stride[:, None] - cells.origin
    place = torch.cat([middle, size.log()], -1).transpose(1, 2)
    boxes = torch.where((part > share / 2)[:, None], place, targets.boxes)
    return Targets(targets.features, objectness, classes, boxes)
