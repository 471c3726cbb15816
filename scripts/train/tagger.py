"""Trains the tagger on the photos and targets of `tagset`, its trunk beginning as the detector's.

python -m scripts.train.tagger --detector DIR/detector.pt --work DIR
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from scripts.train import data, loop, optim, tagset
from scripts.train.student import Tagger

SOURCE_WEIGHTS = {"tiny-imagenet-15k.tar": 0.5}  # drawn less often than their number asks for
RAREST = 0.01  # tags rarer than this share of the photos are drawn more often
MOST_REPEATS = 6.0
SMOOTHING = 0.02
WEAK_NO = 0.3


def draw_weights(photos: list[tagset.TagPhoto]) -> NDArray[np.float64]:
    """Cumulative probabilities that favour photos of rare tags (square root of rarity, as in LVIS)."""
    targets = np.stack([photo.target for photo in photos]) > 0.5
    rarity = np.sqrt(RAREST / np.maximum(targets.mean(0), 1e-5)).clip(1, MOST_REPEATS)
    weights = np.where(targets, rarity[None], 1.0).max(1)
    weights *= np.array([SOURCE_WEIGHTS.get(photo.source, 1.0) for photo in photos])
    return np.asarray(np.cumsum(weights / weights.sum()), np.float64)


def augmented(pixels: data.Pixels, size: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """A random part (35–100 %) of a photo stretched to a square, often flipped and recoloured."""
    h, w = pixels.shape[:2]
    share, aspect = rng.uniform(0.35, 1.0), math.exp(rng.uniform(-0.25, 0.25))
    ch, cw = (max(16, round(side * min(1.0, math.sqrt(share) * a))) for side, a in ((h, aspect), (w, 1 / aspect)))
    ch, cw = min(ch, h), min(cw, w)
    y, x = int(rng.integers(h - ch + 1)), int(rng.integers(w - cw + 1))
    part = pixels[y : y + ch, x : x + cw]
    if rng.random() < 0.5:
        part = part[:, ::-1]
    how = cv2.INTER_AREA if ch > size else cv2.INTER_LINEAR
    square = cv2.resize(part, (size, size), interpolation=how).astype(np.float32)
    if rng.random() < 0.2:
        square[:] = square.mean(2, keepdims=True)
    return data.recoloured(square, rng)


def whole(pixels: data.Pixels, size: int) -> NDArray[np.float32]:
    """The whole photo stretched to a square, as phototag will show it, [3, size, size]."""
    how = cv2.INTER_AREA if min(pixels.shape[:2]) > size else cv2.INTER_LINEAR
    return np.ascontiguousarray(cv2.resize(pixels, (size, size), interpolation=how).transpose(2, 0, 1)).astype(
        np.float32
    )


class Sampler:
    """Endless batches (images [N, 3, S, S], targets, weights); some photos are blends of two (mixup)."""

    def __init__(self, photos: list[tagset.TagPhoto], seed: int, mixup: float = 0.15) -> None:
        self._photos, self._mixup = photos, mixup
        self._weights = draw_weights(photos)
        self._rng = np.random.default_rng(seed)

    def _draw(self, size: int) -> tuple[NDArray[np.float32], tagset.TagPhoto]:
        at = min(int(np.searchsorted(self._weights, self._rng.random())), len(self._photos) - 1)
        return augmented(self._photos[at].pixels, size, self._rng), self._photos[at]

    def batch(self, count: int, size: int) -> tuple[Tensor, Tensor, Tensor]:
        images, targets, weights = [], [], []
        for _ in range(count):
            image, photo = self._draw(size)
            target, weight = photo.target, photo.weight
            if self._rng.random() < self._mixup:
                other, second = self._draw(size)
                share = float(self._rng.beta(2, 2))
                image = image * share + other * (1 - share)
                target, weight = target * share + second.target * (1 - share), np.minimum(weight, second.weight)
            images.append(image.transpose(2, 0, 1))
            targets.append(target)
            weights.append(weight)
        return tuple(torch.from_numpy(np.stack(parts).astype(np.float32)) for parts in (images, targets, weights))  # type: ignore[return-value]


def tag_loss(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Cross-entropy of each tag, summed, plus that of the tags as rivals, which teaches the main one sooner; mean over
    photos. What nobody knows of a photo counts as a weak no: taught nothing, it would be said of every such photo."""
    smooth = target * (1 - SMOOTHING)
    each = functional.binary_cross_entropy_with_logits(logits, smooth, reduction="none") * weight.clamp(min=WEAK_NO)
    rivals = functional.cross_entropy(logits, target / target.sum(1, keepdim=True).clamp(min=1), reduction="none")
    return (each.sum(1) + rivals).mean()


class Trainer:
    """One process's share of a run."""

    def __init__(self, options: argparse.Namespace, rank: int) -> None:
        self.options, self.rank, self.device = options, rank, loop.device()
        torch.manual_seed(options.seed)
        photos, names = tagset.load(options.work / "tagset.npz")
        training, _ = tagset.split(photos)
        self.model = Tagger(len(names))
        if options.detector is not None:
            self.begin_with(options.detector)
        self.model = self.model.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.model).requires_grad_(False)
        self.modules: dict[str, nn.Module] = {"model": self.model, "average": self.average}
        self.optimisers = optim.build([self.model], ("output",))
        self.parameters = list(self.model.parameters())
        self.checkpoint = options.work / "tagger.pt"
        self.progress = loop.restore(self.checkpoint, self.modules, self.optimisers, self.device)
        self.progress.done = min(self.progress.done, options.rewind)
        self.started = self.progress.step
        self.sampler = Sampler(training, options.seed + 1000 * rank + self.progress.samples * 7919)

    def begin_with(self, checkpoint: Path) -> None:
        """Takes over the trunk of a detector's averaged weights."""
        state = torch.load(checkpoint, map_location="cpu", weights_only=False)["average"]
        prefix = "trunk."
        self.model.trunk.load_state_dict({k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)})

    def step(self, size: int, count: int) -> float:
        begun = time.time()
        progress = self.progress
        loop.set_learning_rate(self.optimisers, progress.done, progress.step - self.started)
        images, target, weight = (x.to(self.device) for x in self.sampler.batch(count, size))
        self.model.train()
        with torch.autocast(self.device.type, torch.bfloat16):
            logits = self.model.logits(images.contiguous(memory_format=torch.channels_last))
        loss = tag_loss(logits.float(), target, weight)
        loss.backward()  # type: ignore[no-untyped-call]
        samples = count * self.options.processes
        done = progress.next_done(self.options, begun, samples)
        progress.done = loop.average_gradients(self.parameters, done, self.options, self.rank)
        loop.step(self.optimisers, self.parameters)
        loop.follow(self.average, self.model, progress.step)
        progress.step += 1
        progress.samples += samples
        progress.seconds += time.time() - begun
        return float(loss.detach())

    def save(self) -> None:
        if self.rank == 0:
            loop.save(self.checkpoint, self.modules, self.optimisers, self.progress)

    def run(self) -> None:
        saved = time.time()
        log = loop.Log(("loss",), self.progress)
        while self.progress.done < 1:
            size, count = loop.image_size(self.options.sizes, self.progress.done)
            value = self.step(size, count)
            if self.rank == 0:
                log.add([value], self.progress, size)
            if time.time() - saved > loop.CHECKPOINT_SECONDS:
                self.save()
                saved = time.time()
        self.save()


def work(options: argparse.Namespace, rank: int) -> None:
    """One process of the run."""
    Trainer(options, rank).run()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--detector", type=Path, help="checkpoint whose trunk to begin with")
    parser.add_argument("--work", type=Path, required=True, help="folder of tagset.npz and of the checkpoint")
    loop.add_options(parser, "96:64:0.6,128:48:1", 200_000)
    loop.launch(work, parser.parse_args())


if __name__ == "__main__":
    main()
