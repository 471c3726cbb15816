"""What both trainings share: schedule, averaged weights, averaged gradients, checkpoints, command-line options."""

from __future__ import annotations

import argparse
import datetime
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

EMA_DECAY = 0.998
WARM_UP = 50  # steps
FINAL_RATE = 0.02  # of the base learning rate
CHECKPOINT_SECONDS = 120.0
LONGEST_STEP = 10.0  # seconds; what is beyond counts as a pause

Optimisers = list[tuple[torch.optim.Optimizer, float]]  # with their base learning rates


@dataclass(slots=True)
class Progress:
    """Where a run stands; `done` runs from 0 to 1 and sets image size and learning rate."""

    step: int = 0
    samples: int = 0
    done: float = 0.0
    seconds: float = 0.0
    statistics: list[tuple[Tensor, Tensor]] = field(default_factory=list)  # of the teacher's features (detector)

    def next_done(self, options: argparse.Namespace, begun: float, samples: int) -> float:
        """`done` after a step of `samples` that began at `begun` (epoch seconds): by samples or, with `--until`, by
        what the step took of the time left. Then 1 is reached at that time, and a pause (stopped process, busy machine)
        spreads what is left of the schedule over the time that is left."""
        if options.until is None:
            return self.done + samples / float(options.samples)
        left = options.until.timestamp() - time.time()
        took = min(time.time() - begun, LONGEST_STEP)
        return 1.0 if left <= 0 else self.done + (1 - self.done) * took / (left + took)


def set_learning_rate(optimisers: Optimisers, done: float, since_start: int) -> None:
    """Short warm-up (also after a resume), then a linear decay over the whole run: at a constant rate Muon stops
    gaining after some 50,000 samples."""
    factor = min(1.0, (since_start + 1) / WARM_UP) * max(FINAL_RATE, 1 - done)
    for optimiser, base in optimisers:
        for group in optimiser.param_groups:
            group["lr"] = base * factor


def image_size(sizes: str, done: float) -> tuple[int, int]:
    """(pixels, samples per process) for this share of the run; `sizes` is `192:32:0.45,…` = size : batch : until."""
    for entry in sizes.split(","):
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


def average_gradients(parameters: Sequence[nn.Parameter], done: float, options: argparse.Namespace, rank: int) -> float:
    """Averages gradients over the processes; returns rank 0's `done`, so that all agree on it."""
    if options.processes == 1:
        return done
    gradients = [p.grad if p.grad is not None else torch.zeros_like(p) for p in parameters]
    flat = torch.cat([torch.tensor([done if rank == 0 else 0.0]), *(g.reshape(-1) for g in gradients)])
    dist.all_reduce(flat)
    position = 1
    for p in parameters:
        p.grad = flat[position : position + p.numel()].view_as(p) / options.processes
        position += p.numel()
    return float(flat[0])


def step(optimisers: Optimisers, parameters: Sequence[nn.Parameter]) -> None:
    """Clips gradients, moves the weights, forgets the gradients."""
    nn.utils.clip_grad_norm_(parameters, 20.0)
    for optimiser, _ in optimisers:
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)


def save(path: Path, modules: dict[str, nn.Module], optimisers: Optimisers, progress: Progress) -> None:
    """Writes a checkpoint beside the old one and swaps them, so that a kill never costs more than minutes."""
    state: dict[str, Any] = {name: module.state_dict() for name, module in modules.items()}
    state["optimisers"] = [optimiser.state_dict() for optimiser, _ in optimisers]
    state["progress"] = asdict(progress)
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    os.replace(partial, path)


def restore(path: Path, modules: dict[str, nn.Module], optimisers: Optimisers, device: torch.device) -> Progress:
    """Loads a checkpoint into modules and optimisers; a fresh `Progress` where there is none yet."""
    if not path.exists():
        return Progress()
    state = torch.load(path, map_location=device, weights_only=False)
    for name, module in modules.items():
        module.load_state_dict(state[name])
    for (optimiser, _), saved in zip(optimisers, state["optimisers"], strict=True):
        optimiser.load_state_dict(saved)
    return Progress(**state["progress"])


class Log:
    """A line every half minute: clock, progress, samples a second, means of the losses since the last line."""

    def __init__(self, names: Sequence[str], progress: Progress, seconds: float = 30.0) -> None:
        self._names, self._seconds = names, seconds
        self._restart(progress)

    def _restart(self, progress: Progress) -> None:
        self._since, self._samples, self._steps = time.time(), progress.samples, 0
        self._sums = [0.0] * len(self._names)

    def add(self, values: Sequence[float], progress: Progress, size: int) -> None:
        self._sums = [a + b for a, b in zip(self._sums, values, strict=True)]
        self._steps += 1
        passed = time.time() - self._since
        if passed < self._seconds:
            return
        means = " ".join(
            f"{name} {total / self._steps:.3f}" for name, total in zip(self._names, self._sums, strict=True)
        )
        clock = datetime.datetime.now(datetime.UTC).strftime("%H:%M:%S")
        rate = (progress.samples - self._samples) / passed
        print(
            f"{clock} step {progress.step} samples {progress.samples} done {progress.done:.4f} {size}px"
            f" {rate:.0f}/s {means}",
            flush=True,
        )
        self._restart(progress)


def add_options(parser: argparse.ArgumentParser, sizes: str, samples: int) -> None:
    """The options of the schedule and of the machine."""
    parser.add_argument("--samples", type=int, default=samples, help="length of the run")
    parser.add_argument(
        "--until", type=datetime.datetime.fromisoformat, help="end of the run instead, such as 2026-01-31T21:00+00:00"
    )
    parser.add_argument(
        "--rewind", type=float, default=1.0, help="go back to this share of the run, to train for longer"
    )
    parser.add_argument("--sizes", default=sizes, help="image size : batch : until which share of the run, …")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1, help="per process")
    parser.add_argument("--port", type=int, default=29517)
    parser.add_argument("--seed", type=int, default=0)


def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _enter(rank: int, work: Callable[[argparse.Namespace, int], None], options: argparse.Namespace) -> None:
    torch.set_num_threads(options.threads)
    if options.processes > 1:
        address = f"tcp://127.0.0.1:{options.port}"
        dist.init_process_group("gloo", init_method=address, rank=rank, world_size=options.processes)
    work(options, rank)


def launch(work: Callable[[argparse.Namespace, int], None], options: argparse.Namespace) -> None:
    """Runs `work(options, rank)` in each of the run's processes."""
    options.work.mkdir(parents=True, exist_ok=True)
    if options.processes == 1:
        _enter(0, work, options)
    else:
        torch.multiprocessing.spawn(_enter, (work, options), options.processes)  # type: ignore[no-untyped-call]
