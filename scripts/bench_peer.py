"""The same photos through what others do: a straightforward loop, and a CLIP-sized image encoder.

    python -m scripts.bench_peer PHOTOS [--count 60] [--pack small]

loop      a first version of such a program: full decoding, one photo at a time, one process, onnxruntime as it comes
          (all cores for one photo), a commit per photo; the same models as phototag.
encoder   the same loop with a ViT-B/32 image encoder at 256 pixels (`scripts/vit.py`: random weights, made now), which
          is what CLIP-based searchers run for each photo.

Prints photos per second of the whole run, and of the run without what it takes to start (a run over one photo is
subtracted), seconds of processor per photo, and the peak memory of all processes (`scripts/measure_memory.py`).
"""

import argparse
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.bench_photos import shuffled
from scripts.measure_memory import watch
from scripts.vit import write_vit

if TYPE_CHECKING:
    from PIL import Image

SIDE = 256
Row = tuple[str, float, str | None]


def main() -> None:
    """Print one table, or be one of the others (`--be`)."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--pack", default="small")
    parser.add_argument("--be", choices=list(OTHERS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.be:
        loop(options.photos, OTHERS[options.be](options.photos.parent, options.pack))
        return
    with tempfile.TemporaryDirectory(prefix="phototag-peer-") as place:
        work = Path(place)
        for name, paths in (("one", shuffled(options.photos)[:1]), ("all", shuffled(options.photos)[: options.count])):
            (work / name).mkdir()
            for path in paths:
                shutil.copyfile(path, work / name / path.name)
        write_vit(work / "vit.onnx", SIDE)
        for name in ("phototag index", *OTHERS):
            _compare(name, work, options.pack, options.count)


def _compare(name: str, work: Path, pack: str, count: int) -> None:
    seen = {}
    for folder in ("one", "all"):
        words: list[str | Path] = ["-m", "scripts.bench_peer", work / folder, "--pack", pack, "--be", name]
        if name not in OTHERS:
            database = work / f"{folder}.db"
            words = ["-m", "phototag", "index", work / folder, "--pack", pack, "--db", database, "--quiet"]
        seen[folder] = watch(words)
    whole, start = seen["all"], seen["one"]
    steady = (count - 1) / max(whole.seconds - start.seconds, 1e-3)
    processors = 1000 * (whole.processors - start.processors) / (count - 1)
    print(
        f"{name:22} {count / whole.seconds:6.1f} photos/s, without starting {steady:6.1f}; "
        f"{processors:6.1f} ms of processor a photo; {whole.peak:5.0f} MB",
        flush=True,
    )


def loop(photos: Path, look: "Callable[[Image.Image], Iterator[Row]]") -> None:
    """Decode in full, look, commit: photo after photo."""
    from PIL import Image, ImageOps

    with closing(sqlite3.connect(photos.with_suffix(f".{os.getpid()}.db"))) as connection:
        connection.execute("CREATE TABLE found (path TEXT, label TEXT, confidence REAL, more TEXT)")
        for path in sorted(photos.iterdir()):
            image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
            connection.executemany("INSERT INTO found VALUES (?, ?, ?, ?)", [(str(path), *row) for row in look(image)])
            connection.commit()


def _models(_work: Path, pack: str) -> "Callable[[Image.Image], Iterator[Row]]":
    from phototag.app.index import model_files
    from phototag.app.models import choose_models
    from phototag.app.words import load_vocabulary
    from phototag.inference.analyser import open_analyser
    from phototag.settings import load_settings

    settings = load_settings().with_options(pack=pack)
    files = model_files(choose_models(settings), settings, load_vocabulary(settings))
    analysers = [open_analyser(model, threads=0) for model in files]

    def look(image: "Image.Image") -> Iterator[Row]:
        for analyser in analysers:
            [findings] = analyser.analyse([image])
            yield from ((one.name, one.confidence, None) for one in findings.labels)
            yield from ((one.label, one.confidence, repr(one.box)) for one in findings.detections)

    return look


def _encoder(work: Path, _pack: str) -> "Callable[[Image.Image], Iterator[Row]]":
    import numpy as np
    import onnxruntime
    from PIL import Image

    session = onnxruntime.InferenceSession(str(work / "vit.onnx"), providers=["CPUExecutionProvider"])

    def look(image: "Image.Image") -> Iterator[Row]:
        pixels = np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BICUBIC), np.float32) / 127.5 - 1
        [[embedding]] = session.run(None, {"image": np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])})
        yield "embedding", 1.0, embedding.tobytes().hex()

    return look


OTHERS = {"straightforward loop": _models, "ViT-B/32 encoder": _encoder}

if __name__ == "__main__":
    main()
