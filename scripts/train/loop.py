"""What both trainings share: schedule, averaged weights, checkpoints, command-line options."""

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
from torch import Tensor, nn

from scripts.train.optim import Optimisers

EMA_DECAY = 0.998
WARM_UP = 100  # steps
FINAL_RATE = 0.02  # of the base learning rate
LAYOUTS = {"channels_last": torch.channels_last, "contiguous": torch.contiguous_format}
LONGEST_STEP = 10.0  # seconds; what is beyond counts as a pause


@dataclass(slots=True)
class Progress:
    """Where a run stands; `done` runs from 0 to 1 and sets image size and learning rate."""

    step: int = 0
    samples: int = 0
    done: float = 0.0
    seconds: float = 0.0
    spreads: list[Tensor] = field(default_factory=list)  # of the teacher's features

    def advance(self, options: argparse.Namespace, begun: float, samples: int) -> None:
        """Counts a step of `samples` that began at `begun` (epoch seconds)."""
        self.done = self.next_done(options, begun, samples)
        self.step += 1
        self.samples += samples
        self.seconds += time.time() - begun

    def next_done(self, options: argparse.Namespace, begun: float, samples: int) -> float:
        """`done` after such a step: by samples or, with `--until`, by what the step took of the time left. Then 1 is
        reached at that time, and a pause (stopped process, busy machine) spreads what is left of the schedule over the
        time that is left."""
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
            if group["params"][0].is_cuda:  # a tensor, so that a recorded step follows it
                if not isinstance(group["lr"], Tensor):
                    group["lr"] = torch.zeros((), device=group["params"][0].device)
                group["lr"].fill_(base * factor)
            else:
                group["lr"] = base * factor


def image_size(sizes: str, done: float) -> tuple[int, int]:
    """(pixels, samples) of a step at this share of the run; `sizes` is `192:32:0.45,…` = size : batch : until."""
    for entry in sizes.split(","):
        size, batch, until = entry.split(":")
        if done < float(until):
            break
    return int(size), int(batch)


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, rate: float | Tensor) -> None:
    """Moves the moving average of weights and buffers by `rate` of the way."""
    pairs = zip(average.state_dict().values(), model.state_dict().values(), strict=True)
    floats = [(mine, theirs) for mine, theirs in pairs if mine.dtype.is_floating_point]
    away = torch._foreach_sub([theirs for _, theirs in floats], [mine for mine, _ in floats])
    torch._foreach_mul_(away, rate)
    torch._foreach_add_([mine for mine, _ in floats], away)


def average_rate(step: int) -> float:
    """By how much the moving average follows at a step: quickly at first."""
    return 1 - min(EMA_DECAY, (step + 1) / (step + 20))


class Knob:
    """A number that changes from step to step; on a GPU kept there, so that a recorded step follows it."""

    def __init__(self, device: torch.device) -> None:
        self.value: float | Tensor = torch.zeros((), device=device) if device.type == "cuda" else 0.0

    def set(self, value: float) -> None:
        if isinstance(self.value, Tensor):
            self.value.fill_(value)
        else:
            self.value = value


class Recorded:
    """Calls a function of hashable arguments that returns a tensor; on a GPU each combination of arguments is recorded
    once as a CUDA graph and replayed from then on, since launching thousands of kernels takes longer than running them.

    The function must do the same work every time and take what changes from memory on the device.
    """

    WARM_UP = 3  # ordinary calls before the recording

    def __init__(self, function: Callable[..., Tensor], device: torch.device) -> None:
        self._function, self._on = function, device.type == "cuda"
        self._recordings: dict[tuple[Any, ...], tuple[Any, Tensor]] = {}

    def __call__(self, *arguments: Any) -> Tensor:
        if not self._on:
            return self._function(*arguments)
        if arguments not in self._recordings:
            self._recordings[arguments] = self._record(arguments)
        graph, result = self._recordings[arguments]
        graph.replay()
        return result.clone()

    def _record(self, arguments: tuple[Any, ...]) -> tuple[Any, Tensor]:
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(self.WARM_UP):
                self._function(*arguments)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            result = self._function(*arguments)
        return graph, result


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


def save_average(path: Path, average: nn.Module, progress: Progress) -> None:
    """Writes the averaged weights alone, kernels in half precision: enough to export, half the size."""
    state = {name: value.half() if value.ndim > 1 else value for name, value in average.state_dict().items()}
    partial = path.with_suffix(".partial")
    torch.save({"average": state, "progress": asdict(progress)}, partial)
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
    """Every few seconds a line: clock, progress, samples a second, means of the losses since the last line.

    Losses stay on their device in between, so that a GPU is not waited for at every step.
    """

    def __init__(self, names: Sequence[str], progress: Progress, seconds: float) -> None:
        self._names, self._seconds = names, seconds
        self._restart(progress)

    def _restart(self, progress: Progress) -> None:
        self._since, self._samples, self._values = time.time(), progress.samples, list[Tensor]()

    def add(self, terms: Tensor, progress: Progress, size: int) -> None:
        self._values.append(terms.detach())
        if time.time() - self._since < self._seconds:
            return
        sums = torch.stack(self._values).mean(0).tolist()
        means = " ".join(f"{name} {value:.3f}" for name, value in zip(self._names, sums, strict=True))
        clock = datetime.datetime.now(datetime.UTC).strftime("%H:%M:%S")
        rate = (progress.samples - self._samples) / (time.time() - self._since)
        print(
            f"{clock} step {progress.step} samples {progress.samples} done {progress.done:.4f} {size}px"
            f" {rate:.0f}/s {means}",
            flush=True,
        )
        self._restart(progress)


def add_options(parser: argparse.ArgumentParser, sizes: str, samples: int) -> None:
    """The options of the schedule and of the machine."""
    parser.add_argument("--work", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument("--samples", type=int, default=samples, help="length of the run")
    parser.add_argument(
        "--until", type=datetime.datetime.fromisoformat, help="end of the run instead, such as 2026-01-31T21:00+00:00"
    )
    parser.add_argument(
        "--rewind", type=float, default=1.0, help="go back to this share of the run, to train for longer"
    )
    parser.add_argument("--sizes", default=sizes, help="image size : batch : until which share of the run, …")
    parser.add_argument("--layout", choices=sorted(LAYOUTS), default="channels_last", help="of pixels in memory")
    parser.add_argument("--benchmark", action="store_true", help="let cuDNN try its algorithms: a slow start")
    parser.add_argument("--threads", type=int, default=2, help="on a CPU")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save-every", type=float, default=120.0, help="seconds between checkpoints")
    parser.add_argument("--copy", type=Path, help="file for the averaged weights alone, written with each checkpoint")
    parser.add_argument("--log-every", type=float, default=30.0, help="seconds between lines of the log")


def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def prepare(options: argparse.Namespace) -> None:
    """Folders, threads and seeds of a run."""
    options.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)
    torch.backends.cudnn.benchmark = options.benchmark
    torch.manual_seed(options.seed)
