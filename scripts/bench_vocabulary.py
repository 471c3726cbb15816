"""How long the vocabulary takes: loading it, finding words, and suggesting some for a typing error.

python scripts/bench_vocabulary.py
"""

import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from phototag.query.vocabulary import Vocabulary

MODELS = Path(__file__).parent.parent / "models"


def milliseconds(work: Callable[[], object], times: int) -> float:
    """The median of `times` runs."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def main() -> int:
    """Print one line per measurement."""
    vocabulary = Vocabulary.load(MODELS)
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    print(f"{len(vocabulary.parents)} names, {len(vocabulary.meanings)} words")
    for name, work in {
        "load": lambda: Vocabulary.load(MODELS),
        "load and find a German word": lambda: Vocabulary.load(MODELS).resolve("Hunde"),
        "find a plural": lambda: vocabulary.resolve("golden retrievers"),
        "all names below “animal”": lambda: vocabulary.below("animal"),
        "suggest for a typing error": lambda: vocabulary.suggestions("elefnt"),
        "suggest for nonsense": lambda: vocabulary.suggestions("zzzzzzzzzzzz"),
    }.items():
        print(f"{milliseconds(work, 15):8.3f} ms  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
