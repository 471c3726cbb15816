"""The same photos through a straightforward loop: what a first version of such a program does.

    python -m scripts.bench_peer PHOTOS [--count 60] [--pack small]

Full decoding, one photo at a time, one process, onnxruntime as it comes (all cores for one photo), a commit per photo;
beside it `phototag index` on the same photos, start-up and model loading included in both. Prints photos per second,
seconds of processor per photo, and the largest resident memory of any one process.
"""

import argparse
import multiprocessing
import os
import resource
import shutil
import sqlite3
import tempfile
import time
from pathlib import Path

from scripts.bench_index import run_index
from scripts.bench_photos import shuffled


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--pack", default="small")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="phototag-peer-") as place:
        work = Path(place)
        (work / "photos").mkdir()
        for path in shuffled(options.photos)[: options.count]:
            shutil.copyfile(path, work / "photos" / path.name)
        cost = run_index(work / "photos", options.pack, work)
        _row("phototag index", cost.clock, cost.processors, options.count)
        began, before = time.perf_counter(), _spent()
        loop = multiprocessing.get_context("spawn").Process(target=_loop, args=(work, options.pack))
        loop.start()
        loop.join()
        _row("straightforward loop", time.perf_counter() - began, _spent() - before, options.count)


def _row(name: str, seconds: float, processors: float, count: int) -> None:
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024  # of the largest so far: grows down the table
    print(
        f"{name:22} {count / seconds:6.1f} photos/s  {1000 * processors / count:6.1f} ms of processor  {peak:5.0f} MiB"
    )


def _spent() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _loop(work: Path, pack: str) -> None:
    from PIL import Image, ImageOps

    from phototag.app.index import model_files
    from phototag.app.models import choose_models
    from phototag.app.words import load_vocabulary
    from phototag.inference.analyser import open_analyser
    from phototag.settings import load_settings

    settings = load_settings().with_options(pack=pack)
    files = model_files(choose_models(settings), settings, load_vocabulary(settings))
    analysers = [open_analyser(model, threads=0) for model in files]
    connection = sqlite3.connect(work / "loop.db")
    connection.execute("CREATE TABLE found (path TEXT, label TEXT, confidence REAL, box TEXT)")
    for path in sorted((work / "photos").iterdir()):
        image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
        for analyser in analysers:
            [findings] = analyser.analyse([image])
            rows: list[tuple[str, str, float, str | None]] = []
            rows += [(os.fspath(path), one.name, one.confidence, None) for one in findings.labels]
            rows += [(os.fspath(path), one.label, one.confidence, repr(one.box)) for one in findings.detections]
            connection.executemany("INSERT INTO found VALUES (?, ?, ?, ?)", rows)
        connection.commit()
    connection.close()


if __name__ == "__main__":
    main()
