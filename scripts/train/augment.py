"""Batches of augmented photos, made of a `Bank` where it lies: on a GPU, thousands a second.

Each sample is a photo or a 2×2 mosaic (Bochkovskiy et al. 2020, arXiv:2004.10934) at random scales, flipped,
recoloured, sometimes blended with another (mixup, Zhang et al. 2018, arXiv:1710.09412). Every output pixel is looked up
in its photo by bilinear interpolation. Boxes follow their photos.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from scripts.train.data import LEVELS, Bank

PAD = 114.0
MOST_BOXES = 48  # of a sample, the largest
SMALLEST = 3.0  # px; boxes of which less is left, or less than 30 %, are dropped


@dataclass(slots=True)
class Batch:
    """Samples of S × S px on one device.

    `images` [N, 3, S, S] float32 BGR 0..255; `boxes` [N, MOST_BOXES, 5] x1, y1, x2, y2 in pixels and class, -1: none;
    `known` [N, S / 8, S / 8] bool: where in the sample, in steps of 8 px, all objects are known.
    """

    images: Tensor
    boxes: Tensor
    known: Tensor


@dataclass(slots=True)
class Placement:
    """Which photo lies in each window of each sample, and how. All [N, windows]; pixels of the sample = scale · pixels
    of the photo + shift, scale_x negative where flipped."""

    photo: Tensor
    scale_x: Tensor
    scale_y: Tensor
    shift_x: Tensor
    shift_y: Tensor


class Random:
    """Random numbers on a device, from one seed. A GPU's come from its one generator, which a CUDA graph can record."""

    def __init__(self, seed: int, device: torch.device) -> None:
        self.device = device
        self.generator = None
        if device.type == "cuda":
            torch.cuda.manual_seed(seed)
        else:
            self.generator = torch.Generator(device).manual_seed(seed)

    def uniform(self, shape: tuple[int, ...], low: float = 0.0, high: float = 1.0) -> Tensor:
        return torch.rand(shape, generator=self.generator, device=self.device) * (high - low) + low

    def log_uniform(self, shape: tuple[int, ...], low: float, high: float) -> Tensor:
        return self.uniform(shape, math.log(low), math.log(high)).exp()

    def normal(self, shape: tuple[int, ...]) -> Tensor:
        return torch.randn(shape, generator=self.generator, device=self.device)

    def chance(self, share: float, shape: tuple[int, ...]) -> Tensor:
        return self.uniform(shape) < share


def placed(bank: Bank, photo: Tensor, longest: Tensor, stretch: Tensor, window: Tensor, rng: Random) -> Placement:
    """Photos with their longer side at `longest` px, at random places of their windows [N, windows, 4], half of them
    flipped; larger ones show a random part."""
    shape = tuple(photo.shape)
    w, h = bank.width[photo, 0], bank.height[photo, 0]
    ratio = longest / torch.maximum(w, h)
    scale_x, scale_y = ratio * stretch, ratio / stretch
    x0, y0, x1, y1 = window.unbind(2)
    room_x, room_y = x1 - x0 - scale_x * w, y1 - y0 - scale_y * h
    shift_x = x0 + rng.uniform(shape) * room_x
    shift_y = y0 + rng.uniform(shape) * room_y
    flip = rng.chance(0.5, shape)
    return Placement(
        photo, torch.where(flip, -scale_x, scale_x), scale_y, torch.where(flip, shift_x + scale_x * w, shift_x), shift_y
    )


def drawn(bank: Bank, place: Placement, centre: Tensor, size: int) -> Tensor:
    """Samples [N, 3, size, size] whose windows meet at `centre` [N, 2] (x, y); grey where no photo lies."""
    device = bank.texels.device
    at = torch.arange(size, device=device) + 0.5
    level = (-torch.log2(place.scale_y.abs().clamp(max=1) * 0.9)).clamp(0, LEVELS - 1).floor().long()
    if place.photo.shape[1] == 1:
        which = torch.zeros(len(centre), size, size, dtype=torch.long, device=device)
    else:
        right, below = at[None] >= centre[:, :1], at[None] >= centre[:, 1:]
        which = right[:, None].long() + 2 * below[:, :, None].long()
    flat = which.flatten(1)

    def per_pixel(table: Tensor) -> Tensor:
        return table.gather(1, flat).view_as(which)

    def per_window(table: Tensor) -> Tensor:
        return table[place.photo, level]

    width, height = per_window(bank.width), per_window(bank.height)
    down_x, down_y = width / bank.width[place.photo, 0], height / bank.height[place.photo, 0]
    u = (at - per_pixel(place.shift_x)) * per_pixel(down_x / place.scale_x) - 0.5
    v = (at[:, None] - per_pixel(place.shift_y)) * per_pixel(down_y / place.scale_y) - 0.5
    w, h = per_pixel(width), per_pixel(height)
    inside = (u > -0.5) & (u < w - 0.5) & (v > -0.5) & (v < h - 0.5)
    left, top = u.floor(), v.floor()
    fx, fy = (u - left)[:, None], (v - top)[:, None]
    x0, x1 = left.clamp(min=0).minimum(w - 1).long(), (left + 1).clamp(min=0).minimum(w - 1).long()
    base = per_pixel(per_window(bank.start))
    wide = w.long()
    y0 = base + top.clamp(min=0).minimum(h - 1).long() * wide
    y1 = base + (top + 1).clamp(min=0).minimum(h - 1).long() * wide
    upper = unpacked(bank.texels[y0 + x0]).lerp(unpacked(bank.texels[y0 + x1]), fx)
    lower = unpacked(bank.texels[y1 + x0]).lerp(unpacked(bank.texels[y1 + x1]), fx)
    return torch.where(inside[:, None], upper.lerp(lower, fy), PAD)


def unpacked(texels: Tensor) -> Tensor:
    """Channels [N, 3, H, W] float32 of packed pixels [N, H, W]."""
    return torch.stack([(texels >> shift) & 255 for shift in (0, 8, 16)], 1).float()


def moved(bank: Bank, place: Placement, window: Tensor) -> Tensor:
    """The photos' boxes [N, MOST_BOXES, 5] in the sample, cut at their windows."""
    boxes = bank.boxes[place.photo]
    xs = boxes[..., 0:3:2] * place.scale_x[..., None, None] + place.shift_x[..., None, None]
    ys = boxes[..., 1:4:2] * place.scale_y[..., None, None] + place.shift_y[..., None, None]
    x, y = xs.sort(-1).values, ys
    area = (x[..., 1] - x[..., 0]) * (y[..., 1] - y[..., 0])
    low, high = window[:, :, None, :2], window[:, :, None, 2:]
    corners = torch.stack([x, y], -1).maximum(low[..., None, :]).minimum(high[..., None, :])
    side = corners[..., 1, :] - corners[..., 0, :]
    left = side.prod(-1)
    keep = (left > 0.3 * area) & (side.amin(-1) > SMALLEST) & (boxes[..., 4] >= 0)
    out = torch.cat([corners.flatten(-2), torch.where(keep, boxes[..., 4], -1.0)[..., None]], -1).flatten(1, 2)
    most = min(MOST_BOXES, out.shape[1])
    order = torch.where(keep, left, -1.0).flatten(1).topk(most, 1).indices
    return functional.pad(out.gather(1, order[..., None].expand(-1, -1, 5)), (0, 0, 0, MOST_BOXES - most), value=-1.0)


def recoloured(images: Tensor, rng: Random) -> Tensor:
    """Other contrast, brightness, white balance and saturation; a few grey, blurred or noisy."""
    n = len(images)

    def each(low: float, high: float, share: float, neutral: float, channels: int = 1) -> Tensor:
        value = rng.uniform((n, channels, 1, 1), low, high)
        return torch.where(rng.chance(share, (n, 1, 1, 1)), value, neutral)

    grey = images.mean(1, keepdim=True)
    saturation = each(0.4, 1.5, 0.6, 1.0) * (~rng.chance(0.04, (n, 1, 1, 1)))
    images = grey + (images - grey) * saturation
    gain = each(0.65, 1.4, 0.7, 1.0) * each(0.88, 1.12, 0.6, 1.0, 3)
    images = (images - PAD) * gain + (PAD + each(-28, 28, 0.6, 0.0))
    blurred = functional.avg_pool2d(images, 3, 1, 1, count_include_pad=False)
    images = torch.where(rng.chance(0.08, (n, 1, 1, 1)), blurred, images)
    return (images + each(0, 12, 0.15, 0.0) * rng.normal(tuple(images.shape))).clamp(0, 255)


def blended(images: Tensor, share: float, rng: Random) -> tuple[Tensor, Tensor, Tensor]:
    """(images, which [N] are blended with their neighbour, weight [N] of their own part); 0.5 to 0.85 of their own."""
    n = len(images)
    chosen = rng.chance(share, (n,))
    own = torch.where(chosen, rng.uniform((n,), 0.5, 0.85), 1.0)
    weight = own[:, None, None, None]
    return images * weight + images.roll(1, 0) * (1 - weight), chosen, own
