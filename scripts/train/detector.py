"""Trains the detector: random weights, YOLOX-nano as teacher, photos with and without boxes.

    python -m scripts.train.detector --teacher yolox_nano.onnx --coco DIR --photos TAR_OR_DIR [--photos …] --work DIR

Uses a CUDA device if PyTorch finds one, else the CPU. Stop it at any time: the same command continues from the last
checkpoint.
"""

from __future__ import annotations

import argparse
import copy
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from scripts.train import data, evaluate, loop, losses, optim, sampler, truth
from scripts.train.student import Detector, ExportDetector
from scripts.train.teacher import DetectionTeacher

HELD_BACK_EVERY = 20  # every twentieth photo of the first labelled set is never trained on


def held_back(photos: list[data.Photo]) -> set[str]:
    """File names of the photos kept for choosing thresholds and image size."""
    return {photo.name for photo in photos[::HELD_BACK_EVERY]}


def load_pools(options: argparse.Namespace) -> tuple[sampler.Pools, list[data.Photo]]:
    """Every photo of the run, decoded, and the held-back ones; tiny unlabelled ones serve as mosaic tiles only."""
    labelled: list[data.Photo] = []
    held: list[data.Photo] = []
    for folder in options.coco:
        photos = data.read_coco(folder)
        out = held_back(photos) if not labelled else set()
        labelled += [photo for photo in photos if photo.name not in out]
        held += [photo for photo in photos if photo.name in out]
    extras: list[data.Photo] = []
    crumbs: list[data.Photo] = []
    for source in options.photos:
        for name, pixels in data.read_photos(source):
            small = max(pixels.shape[:2]) <= sampler.CRUMB
            (crumbs if small else extras).append(data.Photo(data.shrink(pixels), None, name))
    return sampler.Pools(labelled, extras, crumbs), held


class Trainer:
    """A run: its networks, photos and progress."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.device, self.layout = options, loop.device(), loop.LAYOUTS[options.layout]
        self.model = Detector().to(self.device, memory_format=self.layout)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.model).requires_grad_(False).eval()
        self.modules = {"model": self.model, "average": self.average}
        self.optimisers = optim.build([self.model], ("class_out", "box_out"))
        self.parameters = list(self.model.parameters())
        self.checkpoint = options.work / "detector.pt"
        self.progress = loop.restore(self.checkpoint, self.modules, self.optimisers, self.device)
        self.progress.done = min(self.progress.done, options.rewind)
        self.started = self.progress.step
        self.teacher = DetectionTeacher(options.teacher).to(self.device)
        if self.device.type == "cuda":
            self.teacher = self.teacher.to(torch.bfloat16, memory_format=self.layout)  # type: ignore[call-overload]
        self.pools, self.held = load_pools(options)
        self.pools.to(self.device)
        self.sampler = sampler.Sampler(self.pools, options.seed + self.progress.samples, self.device)
        self.hints, self.feature_weight, self.follow = (loop.Knob(self.device) for _ in range(3))
        self.learn = loop.Recorded(self.learn_once, self.device)

    def loss(self, size: int, count: int, hinted: bool) -> losses.Losses:
        batch = self.sampler.batch(count, size)
        images = batch.images.contiguous(memory_format=self.layout)
        targets = self.teacher(images.bfloat16() if self.device.type == "cuda" else images)
        if not self.progress.spreads:
            self.progress.spreads = losses.spreads(targets.features)
        with torch.autocast(self.device.type, torch.bfloat16):
            prediction = self.model(images, losses.Hints(targets.features, self.hints.value if hinted else None))
        return losses.distillation(
            prediction, truth.correct(targets, batch, self.options.truth_share), self.progress.spreads
        )

    def learn_once(self, size: int, count: int, hinted: bool) -> torch.Tensor:
        """Draws a batch, learns from it, moves the weights and their average; the loss terms."""
        found = self.loss(size, count, hinted)
        found.total(self.feature_weight.value).backward()  # type: ignore[no-untyped-call]
        loop.step(self.optimisers, self.parameters)
        loop.follow(self.average, self.model, self.follow.value)
        return found.terms.detach()

    def step(self, size: int, count: int) -> torch.Tensor:
        """One step; its loss terms."""
        begun, progress = time.time(), self.progress
        loop.set_learning_rate(self.optimisers, progress.done, progress.step - self.started)
        share = self.options.hints * max(0.0, 1 - progress.done / self.options.hints_until)
        self.hints.set(share)
        self.feature_weight.set(1.0 - self.options.feature_fade * progress.done)
        self.follow.set(loop.average_rate(progress.step))
        self.model.train()
        terms = self.learn(size, count, share > 0)
        progress.advance(self.options, begun, count)
        return terms

    def save(self) -> None:
        loop.save(self.checkpoint, self.modules, self.optimisers, self.progress)
        if self.options.copy is not None:
            loop.save_average(self.options.copy, self.average, self.progress)

    @torch.no_grad()
    @torch.backends.cudnn.flags(benchmark=False)
    def judge(self, size: int) -> str:
        """What the averaged weights find in the held-back photos."""
        model = ExportDetector(self.average)

        def run(images: NDArray[np.float32]) -> NDArray[np.float32]:
            return np.asarray(model(torch.from_numpy(images).to(self.device)).float().cpu().numpy(), np.float32)

        return f"held back at {size} px: pooled AP50 {100 * evaluate.pooled_ap50(run, self.held, size):.1f}"

    def run(self) -> None:
        """Trains to the end of the run, logging and writing checkpoints."""
        saved = time.time()
        log = loop.Log(losses.NAMES, self.progress, self.options.log_every)
        while self.progress.done < 1:
            size, count = loop.image_size(self.options.sizes, self.progress.done)
            log.add(self.step(size, count), self.progress, size)
            if time.time() - saved > self.options.save_every:
                self.save()
                saved = time.time()
        self.save()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teacher", type=Path, required=True, help="yolox_nano.onnx")
    parser.add_argument("--coco", type=Path, action="append", required=True, help="labelled COCO folder, repeatable")
    parser.add_argument(
        "--photos", type=Path, action="append", default=[], help="unlabelled, tar or folder, repeatable"
    )
    parser.add_argument("--truth-share", type=float, default=0.3, help="weight of known boxes against the teacher")
    parser.add_argument("--hints", type=float, default=0.5, help="share of stages' inputs that are the teacher's")
    parser.add_argument("--hints-until", type=float, default=0.6, help="share of the run after which none are")
    parser.add_argument("--feature-fade", type=float, default=0.8, help="by how much the features' weight falls")
    parser.add_argument("--judge", type=int, action="append", default=[], help="size to look at in the end, repeatable")
    loop.add_options(parser, "192:24:0.65,256:16:1", 400_000)
    options = parser.parse_args()
    loop.prepare(options)
    trainer = Trainer(options)
    pools, weights = trainer.pools, sum(p.numel() for p in trainer.model.parameters())
    print(
        f"{len(pools.labelled)} labelled, {len(pools.extras)} other, {len(pools.crumbs)} tiny photos;"
        f" {weights / 1e6:.2f} M weights; continuing at {trainer.progress.samples} samples,"
        f" {trainer.progress.done:.3f} done, on {trainer.device}",
        flush=True,
    )
    trainer.run()
    for size in options.judge:
        print(trainer.judge(size), flush=True)


if __name__ == "__main__":
    main()
