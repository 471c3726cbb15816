"""How near `phototag index` comes to what this machine can do.

    python -m scripts.bench_index speed PHOTOS [--megapixels 12 | --as-is] [--short 200] [--long 1000] [--rounds 3]
    python -m scripts.bench_index unchanged PHOTOS [--files 100000]
    python -m scripts.bench_index grown DATABASE PHOTOS [--count 300]

`speed`: the ideal is as many processes as cores, each doing nothing but reading, scaled decoding, EXIF, hashing,
preprocessing and both models, photo after photo. Ideal and real run take turns; start-up is left out by the slope
between a short and a long run. On a machine that does other things as well the clock says little: so the processors'
time is compared too, and the share of time that workers slept is told (`scripts/idleness.py`). `unchanged` compares a
second run with a bare walk. `grown` adds photos to an empty index and to a large one, which
`scripts/synthetic_index.py` makes.
"""

import argparse
import json
import multiprocessing
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from pathlib import Path

from scripts.bench_photos import shuffled, write_photos
from scripts.idleness import idle_share

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
WARM_UP = 5


@dataclass(frozen=True, slots=True)
class Cost:
    """What some work took: seconds by the clock, and seconds of processors."""

    clock: float
    processors: float
    idle: float = 0.0  # the share of time that workers slept

    def __sub__(self, other: "Cost") -> "Cost":
        return Cost(self.clock - other.clock, self.processors - other.processors)

    def per(self, count: int) -> "Cost":
        """The cost of one of `count`."""
        return Cost(self.clock / count, self.processors / count)


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    speed = commands.add_parser("speed")
    speed.add_argument("photos", type=Path)
    speed.add_argument("--pack", default="small")
    speed.add_argument("--megapixels", type=float)
    speed.add_argument("--as-is", action="store_true", help="the photos are from bench_photos.py already")
    speed.add_argument("--short", type=int, default=200)
    speed.add_argument("--long", type=int, default=1000)
    speed.add_argument("--rounds", type=int, default=3)
    speed.set_defaults(run=_speed)
    unchanged = commands.add_parser("unchanged")
    unchanged.add_argument("photos", type=Path)
    unchanged.add_argument("--files", type=int, default=100_000)
    unchanged.set_defaults(run=_unchanged)
    grown = commands.add_parser("grown")
    grown.add_argument("database", type=Path)
    grown.add_argument("photos", type=Path)
    grown.add_argument("--count", type=int, default=300)
    grown.add_argument("--pack", default="small")
    grown.set_defaults(run=_grown)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="phototag-bench-") as work:
        options.run(options, Path(work))


def _speed(options: argparse.Namespace, work: Path) -> None:
    library = options.photos if options.as_is else work / "photos"
    if not options.as_is:
        write_photos(options.photos, library, options.long, options.megapixels)
    paths = shuffled(library)[: options.long]
    size = sum(path.stat().st_size for path in paths)
    print(f"{len(paths):,} photos of {size / len(paths) / 1e6:.2f} MB; {CORES} processes; pack {options.pack}")
    steps = options.long - options.short
    ratios, shares = [], []
    for number in range(options.rounds):
        busy, began, own = _busy(), time.perf_counter(), _children()
        ideal = run_ideal(paths[:steps], options.pack).per(steps)
        short = run_index(library, options.pack, work, limit=options.short)
        long = run_index(library, options.pack, work, limit=options.long)
        real = (long - short).per(steps)
        ratios.append(ideal.clock / real.clock)
        shares.append(ideal.processors / real.processors)
        others = (_busy() - busy - (_children() - own)) / (time.perf_counter() - began) / CORES
        told = f"ideal {_told(ideal)}; real {_told(real)}; efficiency {ratios[-1]:.3f}, {shares[-1]:.3f} by processors"
        print(f"round {number + 1}: {told}; workers slept {long.idle:.1%}; others had {others:.0%}", flush=True)
    print(f"efficiency {statistics.median(ratios):.3f} by the clock, {statistics.median(shares):.3f} by processors")


def _told(one: Cost) -> str:
    return f"{1 / one.clock:.1f} photos/s, {1000 * one.processors:.1f} ms of processor each"


def run_index(folder: Path, pack: str, work: Path, limit: int | None = None, database: Path | None = None) -> Cost:
    """One run of `phototag index` as a process of its own, into a new index unless one is given."""
    target = database or work / "bench.db"
    if database is None:
        for part in work.glob("bench.db*"):
            part.unlink()
    command = [sys.executable, "-m", "phototag", "index", str(folder), "--pack", pack, "--db", str(target), "--quiet"]
    if limit is not None:
        command += ["--limit", str(limit)]
    before = _children()
    began = time.perf_counter()
    process = subprocess.Popen([*command, "--json"], stdout=subprocess.DEVNULL)
    idle = idle_share(process)
    if process.returncode:
        sys.exit(f"phototag index ended with {process.returncode}")
    return Cost(time.perf_counter() - began, _children() - before, idle)


def _busy() -> float:
    """Seconds that all processors have worked since the machine started; 0 where the system does not tell."""
    try:
        ticks = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    except OSError:
        return 0.0
    idle, waiting, steal = ticks[3], ticks[4], ticks[7]
    return (sum(ticks[:8]) - idle - waiting - steal) / os.sysconf("SC_CLK_TCK")


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run_ideal(paths: Sequence[Path], pack: str) -> Cost:
    """The same work with nothing around it, in as many processes as cores; starting and loading left out."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(CORES + 1)
    spent = context.SimpleQueue()
    parts = [[str(path) for path in paths[start::CORES]] for start in range(CORES)]
    workers = [context.Process(target=_ideal, args=(part, pack, barrier, spent)) for part in parts]
    for worker in workers:
        worker.start()
    barrier.wait()
    began = time.perf_counter()
    processors = sum(spent.get() for _ in workers)
    clock = time.perf_counter() - began
    for worker in workers:
        worker.join()
    return Cost(clock, processors)


def _ideal(paths: list[str], pack: str, barrier: "Barrier", spent: "multiprocessing.queues.SimpleQueue[float]") -> None:
    from phototag.app.examine import least_size
    from phototag.app.index import model_files
    from phototag.app.models import choose_models
    from phototag.app.words import load_vocabulary
    from phototag.inference.analyser import open_analyser
    from phototag.media.examine import open_photo
    from phototag.settings import load_settings

    settings = load_settings().with_options(pack=pack)
    files = model_files(choose_models(settings), settings, load_vocabulary(settings))
    analysers = [open_analyser(model, threads=1) for model in files]
    minimum = least_size(analysers)

    def look(path: str) -> None:
        image = open_photo(os.fsencode(path)).decode(minimum=minimum).image
        for analyser in analysers:
            analyser.analyse([image])

    for path in paths[:WARM_UP]:
        look(path)
    barrier.wait()
    before = time.process_time()
    for path in paths:
        look(path)
    spent.put(time.process_time() - before)


def _unchanged(options: argparse.Namespace, work: Path) -> None:
    """A library of many files with 500 different contents, so that the first run is soon over."""
    library = work / "photos"
    write_photos(options.photos, work / "some", 500)
    some = shuffled(work / "some")
    for number in range(options.files):
        folder = library / f"{number // 100:05}"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(some[number % len(some)], folder / f"{number:07}.jpg")
    first = run_index(library, "small", work)
    walks: list[Cost] = []
    runs: list[Cost] = []
    for _ in range(3):
        began, before = time.perf_counter(), time.process_time()
        _walk(str(library))
        walks.append(Cost(time.perf_counter() - began, time.process_time() - before))
        runs.append(run_index(library, "small", work, database=work / "bench.db"))
    print(
        f"{options.files:,} files: first run {first.clock:.1f} s; then the best of three by the clock and by processors"
    )
    for name in ("clock", "processors"):
        walk, again = (min(getattr(cost, name) for cost in costs) for costs in (walks, runs))
        allowed = f"4 x walk + 1 s = {4 * walk + 1:.2f} s"
        print(f"{name}: unchanged {again:.2f} s, bare walk {walk:.2f} s, allowed {allowed}")


def _walk(folder: str) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            entry.stat()
            if entry.is_dir():
                _walk(entry.path)


def _grown(options: argparse.Namespace, work: Path) -> None:
    library = work / "photos"
    write_photos(options.photos, library, options.count)
    copy = work / "grown.db"
    shutil.copyfile(options.database, copy)
    step = options.count * 4 // 5
    speeds = {}
    for name, database in (("empty", work / "empty.db"), ("grown", copy)):
        start = run_index(library, options.pack, work, limit=options.count - step, database=database)
        rest = run_index(library, options.pack, work, database=database)
        again = run_index(library, options.pack, work, database=database)
        speeds[name] = rest - again
        told = f"start {start.clock:.2f} s; nothing to do {again.clock:.2f} s"
        print(f"{name}: {told}; {step} photos: {_told(speeds[name].per(step))}", flush=True)
    print(json.dumps({name: round(step / cost.clock, 1) for name, cost in speeds.items()}))


if __name__ == "__main__":
    main()
