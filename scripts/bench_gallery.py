"""Times what the gallery in the browser asks for: the first page of hits, one far down, facets, neighbours.

    python scripts/bench_gallery.py /tmp/million.db        an index from scripts/synthetic_index.py

Thumbnails are left aside. Each figure is the median of `--repeat` runs: wall time and processor time in milliseconds.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

from phototag.app.gallery import Gallery
from phototag.settings import Settings, load_settings
from phototag.web.views import PAGE

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


def first_page(gallery: Gallery, query: str, start: int = 0) -> int:
    """One page as the server reads it, with an index of its own; how many photos it has."""
    with gallery.open() as answers:
        return len(gallery.page(gallery.ask(answers, query), "score", slice(start, start + PAGE)))


def all_facets(gallery: Gallery, query: str) -> int:
    """The facets and the total."""
    with gallery.open() as answers:
        return gallery.facets(gallery.ask(answers, query)).total


def row(query: str, settings: Settings, repeat: int) -> str:
    """One query's line of the table. Each first page works out the order of the hits anew."""
    galleries = [Gallery(settings) for _ in range(repeat)]
    unused, gallery = iter(galleries), galleries[-1]
    first = measured(repeat, lambda: first_page(next(unused), query))
    deep = measured(1, lambda: first_page(gallery, query, 7_200))
    facets = measured(1, lambda: all_facets(gallery, query))
    return f"{query or '(everything)':22} {first:>16} {deep:>16} {facets:>16} {all_facets(gallery, query):9,}"


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("db")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    settings = replace(load_settings(), db=options.db)
    print(f"{'query':22} {'first page':>16} {'page at 7,200':>16} {'facets, total':>16} {'hits':>9}")
    for query in QUERIES:
        print(row(query, settings, options.repeat))


if __name__ == "__main__":
    main()
