"""Where the time of one photo goes: milliseconds of processor on one core, part by part.

    python -m scripts.bench_parts PHOTOS [--pack small] [--megapixels 12] [--count 200]

Per model: what it takes to prepare the photo, to run the model, and to read its answer. In the end, what preparing
costs in per cent of running.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from phototag.app.examine import least_size
from phototag.app.index import model_files
from phototag.app.models import choose_models
from phototag.app.words import load_vocabulary
from phototag.inference.analyser import Classifier, Detector, open_single
from phototag.inference.session import Session
from phototag.media.examine import open_photo
from phototag.settings import load_settings
from scripts.bench_photos import shuffled, write_photos

WARM_UP = 10
PREPARING = "prepare for "
RUNNING = "run "
WHOLE = "prepare, run and read "


class Clock:
    """Collects what parts of the work take."""

    def __init__(self) -> None:
        self.times: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Time what is done inside."""
        began = time.process_time()
        yield
        self.times[name].append(1000 * (time.process_time() - began))


def main() -> None:
    """Print what each part takes, and what share preparing has."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--pack", default="small")
    parser.add_argument("--megapixels", type=float)
    parser.add_argument("--count", type=int, default=200)
    options = parser.parse_args()
    settings = load_settings().with_options(pack=options.pack)
    files = model_files(choose_models(settings), settings, load_vocabulary(settings))
    models = [(open_single(file, threads=1), Session(file.path, threads=1)) for file in files]
    clock = Clock()
    with tempfile.TemporaryDirectory(prefix="phototag-bench-") as work:
        write_photos(options.photos, Path(work), options.count + WARM_UP, options.megapixels)
        for number, path in enumerate(shuffled(Path(work))):
            if number == WARM_UP:
                clock.times.clear()
            _look(path, models, clock)
    means = {part: statistics.fmean(times) for part, times in clock.times.items()}
    for part, mean in means.items():
        print(f"{part:40} {mean:6.2f} ms")
    preparing, running = (
        sum(mean for part, mean in means.items() if part.startswith(kind)) for kind in (PREPARING, RUNNING)
    )
    print(f"preparing takes {preparing / running:.1%} of running the models")


def _look(path: Path, models: Sequence[tuple[Classifier | Detector, Session]], clock: Clock) -> None:
    with clock.part("read, hash, EXIF"):
        photo = open_photo(os.fsencode(path))
    with clock.part("decode"):
        image = photo.decode(minimum=least_size([analyser for analyser, _ in models])).image
    for analyser, session in models:
        with clock.part(PREPARING + analyser.model.name):
            feeds = [batch for batch, _ in analyser.feeds([image])]
        with clock.part(RUNNING + analyser.model.name):
            session.run(feeds[0], tuple(session.outputs))
        with clock.part(WHOLE + analyser.model.name):
            analyser.analyse([image])


if __name__ == "__main__":
    main()
