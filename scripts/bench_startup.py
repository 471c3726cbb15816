"""How long `phototag search` takes on a small index, beside importing typer and SQLAlchemy alone.

    python -m scripts.bench_startup INDEX --rounds 20

Each round runs every command once, one after the other, so that whatever else the machine does weighs on all alike.
Prints medians of the clock and of the processor's time in milliseconds, and how many times the import each command
takes (processor).
"""

import argparse
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

IMPORT = "import typer, sqlalchemy"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("--word", default="person")
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    python = [sys.executable, "-m", "phototag", "--db", str(arguments.index)]
    commands = {
        f"python -c '{IMPORT}'": [sys.executable, "-c", IMPORT],
        "phototag --version": [*python, "--version"],
        f"phototag search {arguments.word} -n 20": [*python, "search", arguments.word, "-n", "20"],
        f"phototag count {arguments.word}": [*python, "count", arguments.word],
    }
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(arguments.rounds):
        for name, command in commands.items():
            times[name].append(_timed(command))
    base = statistics.median(cpu for _, cpu in times[next(iter(commands))])
    for name, measured in times.items():
        wall, cpu = (statistics.median(values) for values in zip(*measured, strict=True))
        print(f"{name}: clock {wall:.0f} ms, processor {cpu:.0f} ms, {cpu / base:.2f} times the import")


def _timed(command: list[str]) -> tuple[float, float]:
    """Milliseconds of the clock and of the processor."""
    wall, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return (time.perf_counter() - wall) * 1000, cpu * 1000


if __name__ == "__main__":
    main()
