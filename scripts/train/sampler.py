"""Which photos the detector sees, how large, and how many in one sample."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from scripts.train import augment, data
from scripts.train.augment import Batch, Placement, Random

CRUMB = 64  # px; photos no larger serve as tiles of mosaics only
MOSAICS, BLENDS = 0.55, 0.12  # shares of the samples
EXTRAS_ALONE, EXTRAS_IN_MOSAICS, CRUMBS_IN_MOSAICS = 0.25, 0.25, 0.15


@dataclass(slots=True)
class Pools:
    """`labelled`: photos with boxes. `extras`: other photos. `crumbs`: tiny ones. Order of the bank's rows."""

    labelled: list[data.Photo]
    extras: list[data.Photo]
    crumbs: list[data.Photo]
    bank: data.Bank = field(init=False)
    weights: Tensor = field(init=False)  # cumulative, of the labelled photos

    def __post_init__(self) -> None:
        self.bank = data.bank([*self.labelled, *self.extras, *self.crumbs])
        self.weights = torch.from_numpy(np.cumsum(data.repeat_factors(self.labelled))).float()

    def to(self, device: torch.device) -> None:
        self.bank, self.weights = self.bank.to(device), self.weights.to(device)

    def draw(self, shape: tuple[int, ...], extras: float, crumbs: float, rng: Random) -> Tensor:
        """Rows of the bank, so that these shares of them are extras and crumbs, if there are any."""

        def among(first: int, count: int) -> Tensor:
            return first + (rng.uniform(shape) * count).long().clamp(max=max(count - 1, 0))

        n, m, k = len(self.labelled), len(self.extras), len(self.crumbs)
        extras, crumbs = extras * (m > 0), crumbs * (k > 0)
        photo = torch.searchsorted(self.weights, rng.uniform(shape)).clamp(max=n - 1)
        u = rng.uniform(shape)
        photo = torch.where(u < extras + crumbs, among(n, m), photo)
        return torch.where(u < crumbs, among(n + m, k), photo)


class Sampler:
    """Endless batches; the same seed draws the same ones on the same device."""

    def __init__(self, pools: Pools, seed: int, device: torch.device) -> None:
        self._pools = pools
        self._rng = Random(seed, device)

    def _single(self, count: int, size: int) -> tuple[Placement, Tensor, Tensor]:
        rng = self._rng
        photo = self._pools.draw((count, 1), EXTRAS_ALONE, 0.0, rng)
        window = torch.zeros(count, 1, 4, device=rng.device)
        window[..., 2:] = size
        longest = size * rng.log_uniform((count, 1), 0.6, 1.7)
        place = augment.placed(self._pools.bank, photo, longest, rng.log_uniform((count, 1), 0.85, 1.18), window, rng)
        return place, window, torch.full((count, 2), float(size), device=rng.device)

    def _mosaic(self, count: int, size: int) -> tuple[Placement, Tensor, Tensor]:
        rng, bank = self._rng, self._pools.bank
        photo = self._pools.draw((count, 4), EXTRAS_IN_MOSAICS, CRUMBS_IN_MOSAICS, rng)
        centre = (rng.uniform((count, 2), 0.3, 0.7) * size).round()
        cx, cy = centre.unbind(1)
        zero, end = torch.zeros_like(cx), torch.full_like(cx, size)
        corners = ((zero, zero, cx, cy), (cx, zero, end, cy), (zero, cy, cx, end), (cx, cy, end, end))
        window = torch.stack([torch.stack(corner, 1) for corner in corners], 1)
        side = torch.maximum(bank.width[photo, 0], bank.height[photo, 0])
        longest = torch.minimum(size * rng.log_uniform((count, 4), 0.4, 1.2), 2.5 * side)
        return (
            augment.placed(bank, photo, longest, rng.log_uniform((count, 4), 0.85, 1.18), window, rng),
            window,
            centre,
        )

    def batch(self, count: int, size: int) -> Batch:
        """`count` samples of `size` × `size` px."""
        rng, bank = self._rng, self._pools.bank
        mosaics = round(count * MOSAICS)
        parts = [self._single(count - mosaics, size), self._mosaic(mosaics, size)]
        images = torch.cat([augment.drawn(bank, place, centre, size) for place, _, centre in parts])
        boxes = torch.cat([augment.moved(bank, place, window) for place, window, _ in parts])
        known = torch.cat([self._known(place, centre, size) for place, _, centre in parts])
        order = rng.uniform((count,)).argsort()
        images, boxes, known = images[order], boxes[order], known[order]
        images, blended, _ = augment.blended(images, BLENDS, rng)
        # What is still visible of two blended photos is the teacher's to say.
        boxes = torch.where(blended[:, None, None], torch.full_like(boxes, -1), boxes)
        return Batch(augment.recoloured(images, rng), boxes, known & ~blended[:, None, None])

    def _known(self, place: Placement, centre: Tensor, size: int) -> Tensor:
        at = torch.arange(size // 8, device=centre.device) * 8 + 4.0
        labelled = self._pools.bank.labelled[place.photo]
        if labelled.shape[1] == 1:
            return labelled[:, :, None].expand(-1, len(at), len(at))
        right, below = at[None] >= centre[:, :1], at[None] >= centre[:, 1:]
        which = right[:, None].long() + 2 * below[:, :, None].long()
        return labelled.gather(1, which.flatten(1)).view_as(which)
