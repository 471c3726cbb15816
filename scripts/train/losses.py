"""What the detector learns by: the teacher's features, dense scores and boxes.

Features at the ends of stages (FitNets, Romero et al. 2015), and stages fed with the teacher's features of the stage
before (LIT, Koratana et al. 2019, arXiv:1810.01937); scores by cross-entropy to the teacher's probabilities (Hinton et
al. 2015); boxes by GIoU (Rezatofighi et al. 2019) and an L1 term, weighted by objectness.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from scripts.train.student import STRIDES, TRUNK_CHANNELS, Prediction
from scripts.train.teacher import Targets, in_a_row

TRUNK_WEIGHT, HEAD_WEIGHT = 0.5, 1.0
HEAD_FROM = len(TRUNK_CHANNELS) + len(STRIDES)  # the features before are the trunk's and the neck's
MATCHED = 0.02  # cells of less objectness teach objectness alone
NAMES = ("feat", "obj", "cls", "giou", "l1")


class Hints:
    """Gives a stage, for a share of the samples, the teacher's features in place of the student's."""

    def __init__(self, features: list[Tensor], share: float | Tensor | None) -> None:
        self._features, self._share = features, share

    def __call__(self, stage: int, own: Tensor) -> Tensor:
        if self._share is None:
            return own
        chosen = torch.rand(len(own), 1, 1, 1, device=own.device) < self._share
        return torch.where(chosen, self._features[stage].to(own.dtype), own)


def spreads(features: list[Tensor]) -> list[Tensor]:
    """Standard deviation [1, c, 1, 1] of each channel of the teacher's maps, by which errors are divided."""
    return [f.float().std((0, 2, 3), keepdim=True) + 1e-3 for f in features]


class WeightedSquares(torch.autograd.Function):
    """Mean over all elements of weight · (own − goal)², weight [N, 1, h, w], in few passes over memory."""

    @staticmethod
    def forward(ctx: Any, own: Tensor, goal: Tensor, weight: Tensor) -> Tensor:
        error = own - goal.to(own.dtype)
        weighted = error * (weight / own.numel()).to(own.dtype)
        ctx.save_for_backward(weighted)
        return (error * weighted).sum(dtype=torch.float32)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (weighted,) = ctx.saved_tensors
        return weighted * (2.0 * gradients[0]).to(weighted.dtype), None, None


def feature_loss(own: list[Tensor], goals: list[Tensor], spread: list[Tensor], seen: list[Tensor]) -> Tensor:
    """Squared error of features in units of their spread; the head's count most where the teacher sees an object."""
    total = torch.zeros((), device=own[0].device)
    for k, (mine, goal, deviation) in enumerate(zip(own, goals, spread, strict=True)):
        weight = torch.full_like(goal[:, :1], TRUNK_WEIGHT)
        if k >= HEAD_FROM:
            here = seen[(k - HEAD_FROM) % len(seen)]
            weight = (here / (here.mean() + 1e-4) * 0.7 + 0.3).clamp(max=50) * HEAD_WEIGHT
        inverse = (1 / deviation).to(mine.dtype)
        total = total + WeightedSquares.apply(mine * inverse, goal * inverse, weight)  # type: ignore[no-untyped-call]
    return total


def giou_loss(a: Tensor, b: Tensor) -> Tensor:
    """1 − GIoU of boxes [N, 4, cells] given as centre and log size in cells."""
    wa, wb = a[:, 2:].clamp(-6, 5).exp() / 2, b[:, 2:].clamp(-6, 5).exp() / 2
    low_a, high_a, low_b, high_b = a[:, :2] - wa, a[:, :2] + wa, b[:, :2] - wb, b[:, :2] + wb
    both = area((torch.minimum(high_a, high_b) - torch.maximum(low_a, low_b)).clamp(min=0))
    union = area(2 * wa) + area(2 * wb) - both + 1e-6
    hull = area(torch.maximum(high_a, high_b) - torch.minimum(low_a, low_b)) + 1e-6
    return 1 - both / union + (hull - union) / hull


def area(sides: Tensor) -> Tensor:
    """[N, cells] of [N, 2, cells]; `prod` would make a GPU wait for its gradient."""
    return sides[:, 0] * sides[:, 1]


def answers(prediction: Prediction, targets: Targets) -> Tensor:
    """[4]: objectness, classes, GIoU and L1 terms, each summed over cells and divided by the teacher's objectness."""
    raw = in_a_row(prediction.boxes)
    box, objectness = raw[:, :4], raw[:, 4]
    seen = targets.objectness
    weight = torch.where(seen > MATCHED, seen, 0.0)
    by_class = functional.binary_cross_entropy_with_logits(
        in_a_row(prediction.classes), targets.classes, reduction="none"
    ).sum(1)
    terms = [
        functional.binary_cross_entropy_with_logits(objectness, seen, reduction="sum"),
        (by_class * weight).sum(),
        (giou_loss(box, targets.boxes) * weight).sum(),
        ((box - targets.boxes).abs().clamp(max=4).sum(1) * weight).sum(),
    ]
    return torch.stack(terms) / (seen.sum() + 1)


@dataclass(slots=True)
class Losses:
    """The five terms of the detector's loss, named in `NAMES` [5]."""

    terms: Tensor

    def total(self, feature_weight: float | Tensor) -> Tensor:
        features, objectness, classes, giou, l1 = self.terms
        return feature_weight * features + objectness + classes + 2.0 * giou + 0.5 * l1


def distillation(prediction: Prediction, targets: Targets, spread: list[Tensor]) -> Losses:
    """All terms for one batch. Features learn from the teacher as it is, answers from `targets` as corrected."""
    counts = [level[0, 0].numel() for level in prediction.classes]
    rows = targets.objectness.split(counts, 1)
    seen = [row.view(len(row), 1, *level.shape[2:]) for row, level in zip(rows, prediction.classes, strict=True)]
    features = feature_loss(prediction.features, targets.features, spread, seen)
    return Losses(torch.cat([features[None], answers(prediction, targets)]))
