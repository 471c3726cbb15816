"""Trains the tagger on the photos and targets of `tagset`, with MobileNet-EdgeTPU as an online teacher.

    python -m scripts.train.tagger --teacher mobilenet_edgetpu_224_1.0_uint8_probs.onnx --targets DIR/tagset.npz \\
        --source DIR_OR_TAR [--source …] --work DIR

The teacher's features at the ends of stages, its pooled vector and its class probabilities (FitNets, Romero et al.
2015; Hinton et al. 2015) are learnt from the same augmented view beside the tags.
"""

from __future__ import annotations

import argparse
import copy
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from scripts.train import augment, data, loop, losses, optim, tagset, teacher
from scripts.train.augment import Placement, Random
from scripts.train.tagnet import CHANNELS, Tagger

SOURCE_WEIGHTS = {"tiny-imagenet-15k.tar": 0.6}  # drawn less often than their number asks for
RAREST = 0.01  # tags rarer than this share of the photos are drawn more often
MOST_REPEATS = 6.0
SMOOTHING = 0.02
WEAK_NO = 0.3
BLENDS, ERASED = 0.25, 0.25  # shares of the samples
TEMPERATURE = 2.0
NAMES = ("tags", "classes", "pooled", "feat")
WEIGHTS = (1.0, 3.0, 1.0, 0.5)


def draw_weights(photos: list[tagset.TagPhoto]) -> NDArray[np.float64]:
    """Cumulative probabilities that favour photos of rare tags (square root of rarity, as in LVIS)."""
    targets = np.stack([photo.target for photo in photos]) > 0.5
    rarity = np.sqrt(RAREST / np.maximum(targets.mean(0), 1e-5)).clip(1, MOST_REPEATS)
    weights = np.where(targets, rarity[None], 1.0).max(1)
    weights *= np.array([SOURCE_WEIGHTS.get(photo.source, 1.0) for photo in photos])
    return np.asarray(np.cumsum(weights / weights.sum()), np.float64)


def whole(pixels: data.Pixels, size: int) -> NDArray[np.float32]:
    """The whole photo stretched to a square, as phototag will show it, [3, size, size]."""
    how = cv2.INTER_AREA if min(pixels.shape[:2]) > size else cv2.INTER_LINEAR
    return np.ascontiguousarray(cv2.resize(pixels, (size, size), interpolation=how).transpose(2, 0, 1)).astype(
        np.float32
    )


@dataclass(slots=True)
class Samples:
    """`images` [N, 3, 224, 224] BGR 0..255, `targets` and `weights` [N, tags]."""

    images: Tensor
    targets: Tensor
    weights: Tensor


class Sampler:
    """Endless samples: a random part (30–100 %) of a photo stretched to a square, flipped, recoloured; some are blends
    of two (mixup), some have a part erased (Zhong et al. 2020, arXiv:1708.04896)."""

    def __init__(self, photos: list[tagset.TagPhoto], seed: int, device: torch.device) -> None:
        self._rng = Random(seed, device)
        self._bank = data.bank([data.Photo(photo.pixels, None, photo.name) for photo in photos]).to(device)
        self._odds = torch.from_numpy(draw_weights(photos)).float().to(device)
        self._targets = torch.from_numpy(np.stack([photo.target for photo in photos])).to(device)
        self._weights = torch.from_numpy(np.stack([photo.weight for photo in photos])).to(device)

    def _placement(self, photo: Tensor, size: int) -> Placement:
        rng, shape = self._rng, tuple(photo.shape)
        width, height = self._bank.width[photo, 0], self._bank.height[photo, 0]
        side, aspect = rng.uniform(shape, 0.3, 1.0).sqrt(), rng.log_uniform(shape, 0.78, 1.28)
        w, h = width * (side * aspect).clamp(max=1), height * (side / aspect).clamp(max=1)
        scale_x, scale_y = size / w, size / h
        shift_x = -rng.uniform(shape) * (width - w) * scale_x
        shift_y = -rng.uniform(shape) * (height - h) * scale_y
        flip = rng.chance(0.5, shape)
        return Placement(
            photo, torch.where(flip, -scale_x, scale_x), scale_y,
            torch.where(flip, size - shift_x, shift_x), shift_y,
        )  # fmt: skip

    def _erased(self, images: Tensor) -> Tensor:
        n, size, rng = len(images), images.shape[2], self._rng
        at = torch.arange(size, device=images.device).float()
        inside = []
        for _ in range(2):
            start, length = rng.uniform((n, 1), -0.2, 0.9) * size, rng.uniform((n, 1), 0.2, 0.5) * size
            inside.append((at >= start) & (at < start + length))
        hole = inside[0][:, None, None] & inside[1][:, None, :, None] & rng.chance(ERASED, (n, 1, 1, 1))
        return torch.where(hole, augment.PAD, images)

    def batch(self, count: int) -> Samples:
        rng, size = self._rng, teacher.EDGE_SIZE
        photo = torch.searchsorted(self._odds, rng.uniform((count,))).clamp(max=len(self._odds) - 1)
        place = self._placement(photo[:, None], size)
        images = augment.drawn(self._bank, place, torch.full((count, 2), float(size), device=rng.device), size)
        images, blended, own = augment.blended(images, BLENDS, rng)
        targets, weights = self._targets[photo], self._weights[photo]
        targets = targets * own[:, None] + targets.roll(1, 0) * (1 - own[:, None])
        weights = torch.where(blended[:, None], torch.minimum(weights, weights.roll(1, 0)), weights)
        return Samples(self._erased(augment.recoloured(images, rng)), targets, weights)


def tag_loss(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Cross-entropy of each tag, summed, plus that of the tags as rivals, which teaches the main one sooner; mean over
    photos. What nobody knows of a photo counts as a weak no: taught nothing, it would be said of every such photo."""
    smooth = target * (1 - SMOOTHING)
    each = functional.binary_cross_entropy_with_logits(logits, smooth, reduction="none") * weight.clamp(min=WEAK_NO)
    rivals = functional.cross_entropy(logits, target / target.sum(1, keepdim=True).clamp(min=1), reduction="none")
    return (each.sum(1) + rivals).mean()


def class_loss(logits: Tensor, goal: Tensor) -> Tensor:
    """Divergence from the teacher's class probabilities, softened."""
    own, wanted = (functional.log_softmax(x.float() / TEMPERATURE, 1) for x in (logits, goal))
    return functional.kl_div(own, wanted, log_target=True, reduction="batchmean") * TEMPERATURE**2


class Adapters(nn.Module):
    """From the student's features to the teacher's; thrown away after training."""

    def __init__(self) -> None:
        super().__init__()
        self.stages = nn.ModuleList(nn.Conv2d(i, o, 1) for i, o in zip(CHANNELS, teacher.EDGE_CHANNELS, strict=True))
        self.pooled = nn.Linear(Tagger.WIDE, teacher.EDGE_POOLED_CHANNELS)


class Trainer:
    """A run: its networks, photos and progress."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.device, self.layout = options, loop.device(), loop.LAYOUTS[options.layout]
        photos, names = tagset.load(options.targets, options.source)
        training, self.held = tagset.split(photos)
        self.model = Tagger(len(names)).to(self.device, memory_format=self.layout)  # type: ignore[call-overload]
        self.adapters = Adapters().to(self.device)
        self.average = copy.deepcopy(self.model).requires_grad_(False).eval()
        self.modules = {"model": self.model, "adapters": self.adapters, "average": self.average}
        self.optimisers = optim.build([self.model, self.adapters], ("output",))
        self.parameters = [*self.model.parameters(), *self.adapters.parameters()]
        self.checkpoint = options.work / "tagger.pt"
        self.progress = loop.restore(self.checkpoint, self.modules, self.optimisers, self.device)
        self.progress.done = min(self.progress.done, options.rewind)
        self.started = self.progress.step
        self.teacher = teacher.ClassTeacher(options.teacher).to(self.device)
        if self.device.type == "cuda":
            self.teacher = self.teacher.to(torch.bfloat16, memory_format=self.layout)  # type: ignore[call-overload]
        self.sampler = Sampler(training, options.seed + self.progress.samples, self.device)
        self.follow = loop.Knob(self.device)
        self.learn = loop.Recorded(self.learn_once, self.device)

    def terms(self, size: int, count: int) -> Tensor:
        """The four losses, as in `NAMES`."""
        samples = self.sampler.batch(count)
        low = torch.bfloat16 if self.device.type == "cuda" else torch.float32
        goals = self.teacher(samples.images.to(low))
        if not self.progress.spreads:
            self.progress.spreads = [*losses.spreads(goals.features), goals.pooled.float().std()]
        images = teacher.resized(samples.images, size).contiguous(memory_format=self.layout)
        with torch.autocast(self.device.type, torch.bfloat16):
            ends = self.model.stage_ends(images)
            pooled = self.model.pooled(ends[-1])
            tags, classes = self.model.logits(pooled), self.model.classes(pooled)
            adapted = [layer(x) for layer, x in zip(self.adapters.stages, ends, strict=True)]
            vector = self.adapters.pooled(pooled)
        features = torch.zeros((), device=self.device)
        for own, goal, spread in zip(adapted, goals.features, self.progress.spreads, strict=False):
            small = functional.adaptive_avg_pool2d(goal.float(), tuple(own.shape[2:]))
            features = features + ((own.float() - small) / spread).square().mean()
        apart = (vector.float() - goals.pooled.float()) / self.progress.spreads[-1]
        return torch.stack([
            tag_loss(tags.float(), samples.targets, samples.weights), class_loss(classes, goals.logits),
            apart.square().mean(), features,
        ])  # fmt: skip

    def learn_once(self, size: int, count: int) -> Tensor:
        """Draws a batch, learns from it, moves the weights and their average; the loss terms."""
        found = self.terms(size, count)
        sum(weight * term for weight, term in zip(WEIGHTS, found, strict=True)).backward()  # type: ignore[union-attr]
        loop.step(self.optimisers, self.parameters)
        loop.follow(self.average, self.model, self.follow.value)
        return found.detach()

    def step(self, size: int, count: int) -> Tensor:
        """One step; its loss terms."""
        begun, progress = time.time(), self.progress
        loop.set_learning_rate(self.optimisers, progress.done, progress.step - self.started)
        self.follow.set(loop.average_rate(progress.step))
        self.model.train()
        terms = self.learn(size, count)
        progress.advance(self.options, begun, count)
        return terms

    @torch.no_grad()
    @torch.backends.cudnn.flags(benchmark=False)
    def judge(self, size: int) -> str:
        """How often the averaged weights' most probable tag is right, of the held-back photos whose class is a tag."""
        photos = [photo for photo in self.held if photo.own.any()]
        right: dict[str, list[bool]] = {}
        for photo in photos:
            image = torch.from_numpy(whole(photo.pixels, size))[None].to(self.device)
            best = int(self.average(image)[0].argmax())
            right.setdefault(photo.source, []).append(bool(photo.own[best]))
        every = [value for values in right.values() for value in values]
        parts = " ".join(f"{source} {100 * np.mean(values):.1f}" for source, values in right.items())
        return f"held back at {size} px: top-1 {100 * np.mean(every):.1f} of {len(every)} ({parts})"

    def save(self) -> None:
        loop.save(self.checkpoint, self.modules, self.optimisers, self.progress)
        if self.options.copy is not None:
            loop.save_average(self.options.copy, self.average, self.progress)

    def run(self) -> None:
        """Trains to the end of the run, logging and writing checkpoints."""
        saved = time.time()
        log = loop.Log(NAMES, self.progress, self.options.log_every)
        while self.progress.done < 1:
            size, count = loop.image_size(self.options.sizes, self.progress.done)
            log.add(self.step(size, count), self.progress, size)
            if time.time() - saved > self.options.save_every:
                self.save()
                saved = time.time()
        self.save()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teacher", type=Path, required=True, help="MobileNet-EdgeTPU as ONNX")
    parser.add_argument("--targets", type=Path, required=True, help="tagset.npz")
    parser.add_argument("--source", type=Path, action="append", required=True, help="photos of the targets, repeatable")
    parser.add_argument("--judge", type=int, action="append", default=[], help="size to look at in the end, repeatable")
    loop.add_options(parser, "128:32:0.6,160:24:1", 200_000)
    options = parser.parse_args()
    loop.prepare(options)
    trainer = Trainer(options)
    print(f"continuing at {trainer.progress.samples} samples on {trainer.device}", flush=True)
    trainer.run()
    for size in options.judge:
        print(trainer.judge(size), flush=True)


if __name__ == "__main__":
    main()
