"""What the detector learns by: the teacher's features, dense scores and boxes.

Feature distillation through 1×1 adapters (FitNets, Romero et al. 2015); scores by cross-entropy to the teacher's
probabilities (Hinton et al. 2015); boxes by GIoU (Rezatofighi et al. 2019) and an L1 term, weighted by objectness.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from scripts.train.student import NECK_CHANNELS, TRUNK_CHANNELS, Prediction
from scripts.train.teacher import FEATURE_CHANNELS, Targets

STEM_WEIGHT, TRUNK_WEIGHT, HEAD_WEIGHT = 0.25, 0.5, 1.0
MATCHED = 0.02  # cells of less objectness teach objectness alone


class Adapters(nn.ModuleList):
    """One 1×1 convolution per feature map, from the student's channels to the teacher's; thrown away after training."""

    def __init__(self) -> None:
        own = (*TRUNK_CHANNELS, *(NECK_CHANNELS,) * 6)
        super().__init__(nn.Conv2d(i, o, 1) for i, o in zip(own, FEATURE_CHANNELS, strict=True))


@dataclass(slots=True)
class Losses:
    """The five terms of the detector's loss, each a scalar."""

    features: Tensor
    objectness: Tensor
    classes: Tensor
    giou: Tensor
    l1: Tensor

    def total(self, feature_weight: float) -> Tensor:
        return feature_weight * self.features + self.objectness + self.classes + 2.0 * self.giou + 0.5 * self.l1

    def values(self) -> list[float]:
        return [float(x.detach()) for x in (self.features, self.objectness, self.classes, self.giou, self.l1)]


def channel_statistics(features: list[Tensor]) -> list[tuple[Tensor, Tensor]]:
    """(mean, standard deviation) of each channel of the teacher's maps, by which they are normalised."""
    return [(f.mean((0, 2, 3), keepdim=True), f.std((0, 2, 3), keepdim=True) + 1e-3) for f in features]


def giou_loss(a: Tensor, b: Tensor) -> Tensor:
    """1 − GIoU of boxes [n, 4] given as centre and log size in cells."""
    wa, wb = a[:, 2:].clamp(-6, 5).exp() / 2, b[:, 2:].exp() / 2
    low_a, high_a, low_b, high_b = a[:, :2] - wa, a[:, :2] + wa, b[:, :2] - wb, b[:, :2] + wb
    both = (torch.minimum(high_a, high_b) - torch.maximum(low_a, low_b)).clamp(min=0).prod(1)
    union = (2 * wa).prod(1) + (2 * wb).prod(1) - both + 1e-6
    hull = (torch.maximum(high_a, high_b) - torch.minimum(low_a, low_b)).prod(1) + 1e-6
    return 1 - both / union + (hull - union) / hull


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


def feature_loss(
    adapted: list[Tensor], features: list[Tensor], statistics: list[tuple[Tensor, Tensor]], objectness: list[Tensor]
) -> Tensor:
    """Squared error of normalised features; those of the head count most where the teacher sees an object."""
    total = torch.zeros((), device=objectness[0].device)
    for i, (own, goal, (mean, deviation)) in enumerate(zip(adapted, features, statistics, strict=True)):
        count = len(own)
        normal = torch.addcmul(-mean / deviation, goal[:count], 1 / deviation)
        scale = STEM_WEIGHT if i == 0 else TRUNK_WEIGHT if i < len(TRUNK_CHANNELS) else HEAD_WEIGHT
        weight = torch.full_like(normal[:, :1], scale)
        if i >= len(TRUNK_CHANNELS):
            seen = objectness[(i - len(TRUNK_CHANNELS)) % 3][:count]
            weight = (seen / (seen.mean() + 1e-4) * 0.7 + 0.3).clamp(max=50) * scale
        total = total + WeightedSquares.apply(own, normal, weight)  # type: ignore[no-untyped-call]
    return total


def distillation(
    prediction: Prediction, adapted: list[Tensor], targets: Targets, statistics: list[tuple[Tensor, Tensor]]
) -> Losses:
    """All terms for one batch; sums over cells are divided by the teacher's total objectness.

    `adapted` may hold the first samples only: features of half a batch teach as well and cost half.
    """
    objectness = [o.sigmoid() for o in targets.objectness]
    features = feature_loss(adapted, targets.features, statistics, objectness)
    scale = sum((o.sum() for o in objectness), torch.ones((), device=features.device))
    terms = torch.zeros(4, device=features.device)
    for level, seen in enumerate(objectness):
        own_box = prediction.boxes[level].float()
        cells = (seen[:, 0] > MATCHED).nonzero(as_tuple=True)
        weight = seen[:, 0][cells]
        box = own_box.permute(0, 2, 3, 1)[cells][:, :4]
        goal = targets.boxes[level].permute(0, 2, 3, 1)[cells]
        classes = prediction.classes[level].permute(0, 2, 3, 1)[cells].float()
        wanted = targets.classes[level].permute(0, 2, 3, 1)[cells].sigmoid()
        by_class = functional.binary_cross_entropy_with_logits(classes, wanted, reduction="none").sum(1)
        terms = terms + torch.stack(
            [
                functional.binary_cross_entropy_with_logits(own_box[:, 4:], seen, reduction="sum"),
                (by_class * weight).sum(),
                (giou_loss(box, goal) * weight).sum(),
                ((box - goal).abs().clamp(max=4).sum(1) * weight).sum(),
            ]
        )
    return Losses(features, *(terms / scale).unbind())
