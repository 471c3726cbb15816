"""Trains the detector: random weights, YOLOX-nano as teacher, photos with and without boxes.

    python -m scripts.train.detector --teacher yolox_nano.onnx --coco DIR --photos TAR_OR_DIR … --work DIR

Two single-threaded processes that average gradients use two cores better than one process with two threads. On a CUDA
machine one process does it (`--processes 1`). Stop it at any time: the same command continues from the last checkpoint.
"""

from __future__ import annotations

import argparse
import copy
import time
from pathlib import Path

import torch
import torch.distributed as dist

from scripts.train import data, loop, losses, optim, truth
from scripts.train.student import Detector
from scripts.train.teacher import Targets, Teacher

HELD_BACK_EVERY = 20  # every twentieth photo of the first labelled set is never trained on
LOSSES = ("feat", "obj", "cls", "giou", "l1")


def held_back(photos: list[data.Photo]) -> set[str]:
    """File names of the photos kept for choosing thresholds and image size."""
    return {photo.name for photo in photos[::HELD_BACK_EVERY]}


def load_pools(options: argparse.Namespace) -> data.Pools:
    """Every photo of the run, decoded; unlabelled ones of 64 px or less serve as mosaic tiles only."""
    labelled: list[data.Photo] = []
    for folder in options.coco:
        photos = data.read_coco(folder)
        out = held_back(photos) if not labelled else set()
        labelled += [photo for photo in photos if photo.name not in out]
    extras: list[data.Photo] = []
    crumbs: list[data.Photo] = []
    for source in options.photos:
        for name, pixels in data.read_photos(source):
            small = max(pixels.shape[:2]) <= 64
            (crumbs if small else extras).append(data.Photo(data.shrink(pixels), None, name))
    return data.Pools(labelled, extras, crumbs)


class Trainer:
    """One process's share of a run."""

    def __init__(self, options: argparse.Namespace, rank: int) -> None:
        self.options, self.rank, self.device = options, rank, loop.device()
        torch.manual_seed(options.seed)
        self.model = Detector().to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.adapters = losses.Adapters().to(self.device)
        self.average = copy.deepcopy(self.model).requires_grad_(False)
        self.modules = {"model": self.model, "adapters": self.adapters, "average": self.average}
        self.optimisers = optim.build([self.model, self.adapters], ("class_out", "box_out"))
        self.parameters = [*self.model.parameters(), *self.adapters.parameters()]
        self.checkpoint = options.work / "detector.pt"
        self.progress = loop.restore(self.checkpoint, self.modules, self.optimisers, self.device)
        self.progress.done = min(self.progress.done, options.rewind)
        self.started = self.progress.step
        self.teacher = Teacher(options.teacher, options.threads)
        self.pools = load_pools(options)
        self.sampler = data.Sampler(self.pools, options.seed + 1000 * rank + self.progress.samples * 7919)

    def targets(self, batch: data.Batch) -> Targets:
        """The teacher's answers, corrected by the known boxes; fixes the features' statistics at the first batch."""
        targets = self.teacher(batch.images)
        if not self.progress.statistics:
            self.progress.statistics = losses.channel_statistics(targets.features)
            if self.options.processes > 1:
                for pair in self.progress.statistics:
                    for tensor in pair:
                        dist.broadcast(tensor, 0)
        truth.correct(targets, batch, self.options.truth_share)
        return targets.to(self.device)

    def loss(self, size: int, count: int) -> losses.Losses:
        batch = self.sampler.batch(count, size)
        targets = self.targets(batch)
        images = torch.from_numpy(batch.images).to(self.device, memory_format=torch.channels_last)
        half = (count + 1) // 2
        with torch.autocast(self.device.type, torch.bfloat16):
            prediction = self.model(images)
            adapted = [layer(x[:half]) for layer, x in zip(self.adapters, prediction.features, strict=True)]
        statistics = [(mean.to(self.device), deviation.to(self.device)) for mean, deviation in self.progress.statistics]
        return losses.distillation(prediction, adapted, targets, statistics)

    def step(self, size: int, count: int) -> list[float]:
        begun = time.time()
        progress = self.progress
        loop.set_learning_rate(self.optimisers, progress.done, progress.step - self.started)
        self.model.train()
        terms = self.loss(size, count)
        terms.total(1.0 - 0.7 * progress.done).backward()  # type: ignore[no-untyped-call]
        samples = count * self.options.processes
        done = progress.next_done(self.options, begun, samples)
        progress.done = loop.average_gradients(self.parameters, done, self.options, self.rank)
        loop.step(self.optimisers, self.parameters)
        loop.follow(self.average, self.model, progress.step)
        progress.step += 1
        progress.samples += samples
        progress.seconds += time.time() - begun
        return terms.values()

    def save(self) -> None:
        if self.rank == 0:
            loop.save(self.checkpoint, self.modules, self.optimisers, self.progress)

    def run(self) -> None:
        """Trains to the end of the run; rank 0 logs and writes checkpoints."""
        saved = time.time()
        log = loop.Log(LOSSES, self.progress)
        while self.progress.done < 1:
            size, count = loop.image_size(self.options.sizes, self.progress.done)
            values = self.step(size, count)
            if self.rank == 0:
                log.add(values, self.progress, size)
            if time.time() - saved > loop.CHECKPOINT_SECONDS:
                self.save()
                saved = time.time()
        self.save()


def work(options: argparse.Namespace, rank: int) -> None:
    """One process of the run."""
    trainer = Trainer(options, rank)
    if rank == 0:
        pools, weights = trainer.pools, sum(p.numel() for p in trainer.model.parameters())
        print(
            f"{len(pools.labelled)} labelled, {len(pools.extras)} other, {len(pools.crumbs)} tiny photos;"
            f" {weights / 1e6:.2f} M weights; continuing at {trainer.progress.samples} samples,"
            f" {trainer.progress.done:.3f} done",
            flush=True,
        )
    trainer.run()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teacher", type=Path, required=True, help="yolox_nano.onnx")
    parser.add_argument("--coco", type=Path, action="append", required=True, help="labelled COCO folder, repeatable")
    parser.add_argument(
        "--photos", type=Path, action="append", default=[], help="unlabelled, tar or folder, repeatable"
    )
    parser.add_argument("--work", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument("--truth-share", type=float, default=0.3, help="weight of known boxes against the teacher")
    loop.add_options(parser, "192:24:0.65,256:16:1", 400_000)
    loop.launch(work, parser.parse_args())


if __name__ == "__main__":
    main()
