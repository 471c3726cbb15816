"""Times every kind of query on a synthetic index, inside the process and from the command line.

    python scripts/bench_query.py /tmp/million.db --photos 1000000

Makes the index where there is none (`scripts/synthetic_index.py`). "Inside" is the time from the text of a query to its
20 best hits with all they show, and to its counts; "process" is `phototag search` and `count` as a whole. Words are
drawn at random among those the index has, so that the 95th percentile is that of words, plus the commonest ones. Both
the wall clock and the processor's time are shown: on a machine with other work they differ. Before that it tells what
putting the planes right costs where some photos of a full chunk have changed.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from random import Random

from sqlalchemy import Connection

from phototag.app.thresholds import load_thresholds
from phototag.query.parser import parse
from phototag.query.quoting import word as quoted
from phototag.query.resolve import resolve
from phototag.query.thresholds import Thresholds
from phototag.query.vocabulary import Vocabulary
from phototag.settings import load_settings, shipped_folder
from phototag.store.answers import Question
from phototag.store.counts import count
from phototag.store.engine import open_index
from phototag.store.planes import refresh
from scripts.synthetic_index import build

TODAY = date(2026, 1, 1)
# {w} is any word, {o} and {p} objects.
KINDS = {
    "word": "{w}",
    "commonest words": "person",
    "and": "{w} and {o}",
    "two commonest, and": "person and car",
    "or": "{w} or {o}",
    "and not": "{o} and not {w}",
    "not": "not {o}",
    "threshold": "{w}@0.7",
    "count": "{o}>=2",
    "range": "{o}=1..3",
    "only": "only:({o},{p})",
    "any:object": "any:object",
    "size": "{o}.area>25%",
    "place": "{o}:left",
    "relation": "{o} left-of {p}",
    "relation, commonest": "person near car",
    "date": "{w} and taken:2024-06",
    "date alone": "taken:2024",
    "camera": '{o} and camera:"Camera 3"',
    "position": "{o} and near:48.85,2.35,100km",
    "path": "{w} and path:IMG_00",
}

CHANGED = (1, 32, 1_024, 4_096, 16_384, 65_535)  # photos of a chunk


class Clock:
    """Wall and processor milliseconds of calls."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.cpu: list[float] = []

    def time(self, call: Callable[[], object]) -> None:
        """Call once, and remember how long it took, children included."""
        wall, cpu = time.perf_counter(), _cpu()
        call()
        self.wall.append((time.perf_counter() - wall) * 1000)
        self.cpu.append((_cpu() - cpu) * 1000)

    def told(self) -> str:
        """Median and 95th percentile of the processor's time, and of the wall clock's."""
        return " | ".join(f"{_at(values, 0.5):.0f} / {_at(values, 0.95):.0f}" for values in (self.cpu, self.wall))


def _cpu() -> float:
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


def _at(values: list[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(part * len(ordered)), len(ordered) - 1)]


def texts(template: str, words: list[str], objects: list[str], number: int) -> list[str]:
    """Queries of one kind, always the same ones."""
    random = Random(template)
    made = []
    for _ in range(number):
        first, second = random.sample(objects, 2)
        made.append(template.format(w=quoted(random.choice(words)), o=quoted(first), p=quoted(second)))
    return list(dict.fromkeys(made)) if len(set(made)) > 1 else made


def renewals(conn: Connection, thresholds: Thresholds) -> None:
    """What it costs to put the planes of the first chunk right, by how many of its photos are stale."""
    for number in CHANGED:
        conn.exec_driver_sql("INSERT INTO stale_photos SELECT id FROM photos ORDER BY id LIMIT ?", (number,))
        begun = _cpu()
        refresh(conn, thresholds)
        spent = 1000 * (_cpu() - begun)
        print(f"planes of a chunk with {number:,} stale photos put right in {spent:.0f} ms of processor time")


def inside(conn: Connection, vocabulary: Vocabulary, thresholds: Thresholds, number: int) -> None:
    """The table of times inside the process."""
    words = list(conn.exec_driver_sql("SELECT DISTINCT n.name FROM names n ORDER BY n.name").scalars())
    objects = list(
        conn.exec_driver_sql(
            "SELECT name FROM names WHERE id IN (SELECT name_id FROM planes WHERE kind = 1) ORDER BY name"
        ).scalars()
    )
    print("| kind | example | search, CPU | search, wall | count, CPU | count, wall |\n|---|---|---|---|---|---|")
    for kind, template in KINDS.items():
        queries = texts(template, words, objects, number)
        search, counting = Clock(), Clock()
        for text in queries:

            def question(text: str = text) -> Question:
                return Question(conn, resolve(parse(text, vocabulary.knows), vocabulary, TODAY, text), thresholds)

            question().exists()
            search.time(lambda question=question: list(question().search(20)))  # type: ignore[misc]
            counting.time(lambda question=question: count(question()))  # type: ignore[misc]
        print(f"| {kind} | `{queries[0]}` | {search.told()} | {counting.told()} |", flush=True)


def processes(path: Path, number: int) -> None:
    """The times of whole processes."""
    for command in (["search", "person", "--limit", "20", "--json"], ["count", "person", "and", "not", "car"]):
        clock = Clock()
        for _ in range(number):
            whole = [sys.executable, "-m", "phototag", "--db", str(path), *command]
            clock.time(lambda whole=whole: subprocess.run(whole, check=True, capture_output=True))  # type: ignore[misc]
        print(f"`phototag {' '.join(command)}`: {clock.told()} (CPU | wall, ms, p50 / p95)", flush=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--photos", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=20, help="queries of each kind")
    arguments = parser.parse_args()
    if not arguments.path.exists():
        build(arguments.path, arguments.photos)
    vocabulary = Vocabulary.load(shipped_folder())
    thresholds = load_thresholds(load_settings(), vocabulary)
    with open_index(arguments.path, write=True) as index, index.begin() as conn:
        begun = time.process_time()
        chunks = refresh(conn, thresholds)
        print(f"planes: {chunks} chunks made anew in {time.process_time() - begun:.1f} s of processor time")
        size, planes = (
            conn.exec_driver_sql(f"SELECT sum({what}) {where}").scalar_one()
            for what, where in (("pgsize", "FROM dbstat"), ("length(bits)", "FROM planes"))
        )
        photos = conn.exec_driver_sql("SELECT count(*) FROM photos").scalar_one()
        print(f"{photos:,} photos, {size / photos:.0f} bytes a photo, {planes / photos:.1f} of them planes")
    with open_index(arguments.path, write=True) as index, index.rehearse() as conn:
        renewals(conn, thresholds)
    with open_index(arguments.path, write=False) as index, index.read() as conn:
        inside(conn, vocabulary, thresholds, arguments.queries)
    processes(arguments.path, max(arguments.queries // 2, 3))


if __name__ == "__main__":
    main()
