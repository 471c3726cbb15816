"""Times what the gallery in the browser asks the server for: the first page, the total, facets, pages far down.

    python scripts/bench_gallery.py /tmp/million.db        an index from scripts/synthetic_index.py

Thumbnails are left aside. Each figure is the median of `--repeat` runs: wall time and processor time in milliseconds.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from starlette.testclient import TestClient

from phototag.app.gallery import Gallery
from phototag.app.thumbnails import Thumbnails
from phototag.settings import Settings, load_settings
from phototag.web.server import application

QUERIES = ("", "dog", "person", "dog and not person", "person>=2", "taken:2019", "dog or cat")


def measured(repeat: int, work: Callable[[], object]) -> str:
    """The medians of wall and processor time."""
    walls, processors = [], []
    for _ in range(repeat):
        wall, processor = time.perf_counter(), time.process_time()
        work()
        walls.append(1000 * (time.perf_counter() - wall))
        processors.append(1000 * (time.process_time() - processor))
    return f"{statistics.median(walls):7.0f} ({statistics.median(processors):.0f})"


def client(settings: Settings) -> TestClient:
    """A server that has answered nothing yet, asked without a network."""
    thumbnails = Thumbnails(settings, settings.folders.cache / "thumbnails")
    return TestClient(application(Gallery(settings), thumbnails))


def ask(asked: TestClient, path: str, query: str, **parameters: int) -> Any:
    """The answer of the server."""
    answer = asked.get(path, params={"q": query, **parameters})
    answer.raise_for_status()
    return answer


def row(query: str, settings: Settings, repeat: int) -> str:
    """One query's line of the table. Each first page works out the order of the hits anew."""
    servers = [client(settings) for _ in range(repeat)]
    unused, server = iter(servers), servers[-1]
    columns = [
        measured(repeat, lambda: ask(next(unused), "/", query)),
        measured(repeat, lambda: ask(server, "/total", query)),
        measured(repeat, lambda: ask(server, "/facets", query)),
        measured(1, lambda: ask(server, "/hits", query, start=840)),
        measured(1, lambda: ask(server, "/hits", query, start=60_000)),
        measured(repeat, lambda: ask(server, "/hits", query, start=60_120)),
    ]
    total = ask(server, "/total", query).json()["photos"]
    return f"{query or '(everything)':20} {' '.join(f'{column:>14}' for column in columns)} {total:10,}"


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("db")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    settings = replace(load_settings(), db=options.db)
    names = ("first page", "total", "facets", "from 840", "from 60,000", "from 60,120")
    print(f"{'query':20} {' '.join(f'{name:>14}' for name in names)} {'hits':>10}")
    for query in QUERIES:
        print(row(query, settings, options.repeat))


if __name__ == "__main__":
    main()
