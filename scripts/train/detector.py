"""Trains the detector: random weights, YOLOX-nano as teacher, photos with and without boxes.

    python -m scripts.train.detector --teacher yolox_nano.onnx --coco DIR --photos TAR_OR_DIR … --work DIR

Two single-threaded processes that average gradients use two cores better than one process with two threads. On a CUDA
machine one process does it (`--processes 1`). Stop it at any time: the same command continues from the last checkpoint.
"""

from __future__ import annotations

import argparse
import copy
import datetime
import math
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn

from scripts.train import data, losses, optim, truth
from scripts.train.student import Detector
from scripts.train.teacher import Teacher

EMA_DECAY = 0.998
WARM_UP = 50  # steps
DECAY_FROM = 0.4  # share of the run after which the learning rate falls, linearly, to FINAL_RATE
FINAL_RATE = 0.02
HELD_BACK_EVERY = 20  # every twentieth photo of the first labelled set is never trained on
CHECKPOINT_SECONDS = 120.0
LONGEST_STEP = 10.0  # seconds; what is beyond counts as a pause


@dataclass(slots=True)
class Progress:
    """Where a run stands; `done` runs from 0 to 1 and sets image size and learning rate."""

    step: int = 0
    samples: int = 0
    done: float = 0.0
    seconds: float = 0.0
    statistics: list[tuple[Tensor, Tensor]] = field(default_factory=list)


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


def learning_rate(progress: Progress, since_start: int) -> float:
    """Factor on the base rates: short warm-up (also after a resume), constant, linear decay."""
    decay = (1 - progress.done) / (1 - DECAY_FROM)
    return min(1.0, (since_start + 1) / WARM_UP) * min(1.0, max(FINAL_RATE, decay))


def image_size(options: argparse.Namespace, done: float) -> tuple[int, int]:
    """(pixels, samples per process) for this share of the run: `--sizes 192:24:0.45,…` = size : batch : until."""
    for entry in options.sizes.split(","):
        size, batch, until = entry.split(":")
        if done < float(until):
            break
    return int(size), int(batch)


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, step: int) -> None:
    """Moves the exponential moving average of weights and buffers."""
    rate = 1 - min(EMA_DECAY, (step + 1) / (step + 20))
    source = [*model.parameters(), *model.buffers()]
    for mine, theirs in zip([*average.parameters(), *average.buffers()], source, strict=True):
        if mine.dtype.is_floating_point:
            mine.lerp_(theirs, rate)


class Trainer:
    """One process's share of a run."""

    def __init__(self, options: argparse.Namespace, rank: int) -> None:
        self.options, self.rank = options, rank
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(options.seed)
        self.model = Detector().to(self.device, memory_format=torch.channels_last)
        self.adapters = losses.Adapters().to(self.device)
        self.average = copy.deepcopy(self.model).requires_grad_(False)
        self.optimisers = optim.build([self.model, self.adapters], ("class_out", "box_out"))
        self.parameters = [*self.model.parameters(), *self.adapters.parameters()]
        self.progress = Progress()
        self.checkpoint = options.work / "detector.pt"
        if self.checkpoint.exists():
            self.restore()
        self.teacher = Teacher(options.teacher, options.threads)
        seed = options.seed + 1000 * rank + self.progress.samples * 7919
        self.sampler = data.Sampler(load_pools(options), seed)
        self.started = self.progress.step

    def restore(self) -> None:
        saved: dict[str, Any] = torch.load(self.checkpoint, map_location=self.device, weights_only=False)
        self.model.load_state_dict(saved["model"])
        self.adapters.load_state_dict(saved["adapters"])
        self.average.load_state_dict(saved["average"])
        for (optimiser, _), state in zip(self.optimisers, saved["optimisers"], strict=True):
            optimiser.load_state_dict(state)
        self.progress = Progress(**saved["progress"])

    def save(self) -> None:
        """Writes the checkpoint beside the old one and swaps them, so that a kill never costs more than minutes."""
        partial = self.checkpoint.with_suffix(".partial")
        state = {
            "model": self.model.state_dict(),
            "adapters": self.adapters.state_dict(),
            "average": self.average.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser, _ in self.optimisers],
            "progress": {name: getattr(self.progress, name) for name in Progress.__slots__},  # type: ignore[attr-defined]
        }
        torch.save(state, partial)
        os.replace(partial, self.checkpoint)

    def loss(self, size: int, count: int) -> losses.Losses:
        batch = self.sampler.batch(count, size)
        targets = self.teacher(batch.images)
        truth.correct(targets, batch, self.options.truth_share)
        targets = targets.to(self.device)
        if not self.progress.statistics:
            self.progress.statistics = losses.channel_statistics(targets.features)
            if self.options.processes > 1:
                for pair in self.progress.statistics:
                    for tensor in pair:
                        dist.broadcast(tensor, 0)
        images = torch.from_numpy(batch.images).to(self.device, memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16):
            prediction = self.model(images)
            half = (count + 1) // 2
            adapted = [layer(x[:half]) for layer, x in zip(self.adapters, prediction.features, strict=True)]
        return losses.distillation(prediction, adapted, targets, self.progress.statistics)

    def advance(self, done: float) -> float:
        """Averages gradients over the processes; returns rank 0's share of work done, so that all agree on it."""
        if self.options.processes == 1:
            return done
        flat = torch.cat([torch.tensor([done if self.rank == 0 else 0.0])] + [self.grad(p).reshape(-1) for p in self.parameters])
        dist.all_reduce(flat)
        position = 1
        for p in self.parameters:
            self.grad(p).copy_(flat[position : position + p.numel()].view_as(p)).div_(self.options.processes)
            position += p.numel()
        return float(flat[0])

    @staticmethod
    def grad(parameter: Tensor) -> Tensor:
        assert parameter.grad is not None
        return parameter.grad

    def step(self, begun: float) -> list[float]:
        """One optimiser step; `begun` is when it began (epoch seconds)."""
        size, count = image_size(self.options, self.progress.done)
        factor = learning_rate(self.progress, self.progress.step - self.started)
        for optimiser, base in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = base * factor
        self.model.train()
        terms = self.loss(size, count)
        terms.total(1.0 - 0.7 * self.progress.done).backward()  # type: ignore[no-untyped-call]
        samples = count * self.options.processes
        self.progress.done = self.advance(self.next_done(begun, samples))
        nn.utils.clip_grad_norm_(self.parameters, 20.0)
        for optimiser, _ in self.optimisers:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        follow(self.average, self.model, self.progress.step)
        self.progress.step += 1
        self.progress.samples += samples
        self.progress.seconds += time.time() - begun
        return terms.values()

    def next_done(self, begun: float, samples: int) -> float:
        """By samples, or, with `--until`, by what this step took of the time left: 1 is reached at that time, and a
        pause (stopped process, busy machine) spreads what is left of the schedule over the time that is left."""
        done = self.progress.done
        if self.options.until is None:
            return done + samples / self.options.samples
        left = self.options.until.timestamp() - time.time()
        took = min(time.time() - begun, LONGEST_STEP)
        return 1.0 if left <= 0 else done + (1 - done) * took / (left + took)

    def run(self) -> None:
        """Trains to the end of the run; rank 0 logs every 30 seconds and writes checkpoints."""
        logged = saved = time.time()
        sums, steps, samples = np.zeros(5), 0, self.progress.samples
        while self.progress.done < 1:
            sums += self.step(time.time())
            steps += 1
            now = time.time()
            if self.rank == 0 and now - logged > 30:
                rate = (self.progress.samples - samples) / (now - logged)
                terms = " ".join(f"{name} {v:.3f}" for name, v in zip(("feat", "obj", "cls", "giou", "l1"), sums / steps, strict=True))
                clock = datetime.datetime.now(datetime.UTC).strftime("%H:%M:%S")
                size, _ = image_size(self.options, self.progress.done)
                print(f"{clock} step {self.progress.step} samples {self.progress.samples} done {self.progress.done:.4f} {size}px {rate:.0f}/s {terms}", flush=True)
                sums, steps, samples, logged = np.zeros(5), 0, self.progress.samples, now
            if self.rank == 0 and now - saved > CHECKPOINT_SECONDS:
                self.save()
                saved = time.time()
        if self.rank == 0:
            self.save()


def work(rank: int, options: argparse.Namespace) -> None:
    """Entry point of one process."""
    torch.set_num_threads(options.threads)
    if options.processes > 1:
        dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{options.port}", rank=rank, world_size=options.processes)
    trainer = Trainer(options, rank)
    if rank == 0:
        pools = trainer.sampler._pools
        print(f"{len(pools.labelled)} labelled, {len(pools.extras)} other, {len(pools.crumbs)} tiny photos;"
              f" {sum(p.numel() for p in trainer.model.parameters()) / 1e6:.2f} M weights;"
              f" continuing at {trainer.progress.samples} samples, {trainer.progress.done:.3f} done", flush=True)
    trainer.run()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teacher", type=Path, required=True, help="yolox_nano.onnx")
    parser.add_argument("--coco", type=Path, action="append", required=True, help="labelled COCO folder, repeatable")
    parser.add_argument("--photos", type=Path, action="append", default=[], help="unlabelled photos, tar or folder, repeatable")
    parser.add_argument("--work", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument("--samples", type=int, default=1_000_000, help="length of the run")
    parser.add_argument("--until", type=datetime.datetime.fromisoformat, help="end of the run instead, such as 2026-01-31T21:00+00:00")
    parser.add_argument("--sizes", default="192:32:0.5,256:20:0.8,320:14:1", help="image size : batch : until (0..1)")
    parser.add_argument("--truth-share", type=float, default=0.5, help="weight of known boxes against the teacher's answer")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1, help="per process")
    parser.add_argument("--port", type=int, default=29517)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def main() -> None:
    options = parse()
    options.work.mkdir(parents=True, exist_ok=True)
    if options.processes == 1:
        work(0, options)
    else:
        torch.multiprocessing.spawn(work, (options,), options.processes)


if __name__ == "__main__":
    main()
