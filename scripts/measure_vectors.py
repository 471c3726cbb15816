"""How much feature vectors tell: likeness, and tags taught from a few examples, on photos sorted into folders.

    python -m scripts.measure_vectors FOLDER --pack small [--classes 60] [--photos 30] [--examples 8]

FOLDER has a folder for each class, such as Caltech-101's. The classes' first photos are indexed as always; then

* alike: how many of a photo's five most similar are of its class (precision at 5, and by chance);
* taught: for every third class, a tag is learnt from some of its photos, while the rest of them lie unnamed among all
  others; which part of those is found at the chosen threshold, and which part of what is found is right, for several
  values of scikit-learn's C.

With `--vectors N` it also times one search among N random vectors of 256 numbers, from SQLite to the sorted list.
"""

import argparse
import os
import random
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from phototag.app.index import IndexOptions, run_index
from phototag.inference import teach
from phototag.inference.teach import Example, held_out, learn
from phototag.inference.vectors import confident, ranked
from phototag.metrics.matching import Scored
from phototag.metrics.tuning import tune
from phototag.settings import load_settings
from phototag.store import vectors
from phototag.store.engine import open_index
from phototag.store.models import current_model
from phototag.types import Task

SOFTNESS = (0.1, 0.3, 1.0, 10.0, 100.0)


def main() -> None:
    """Print both measures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pack", default="small")
    parser.add_argument("--classes", type=int, default=60)
    parser.add_argument("--photos", type=int, default=30)
    parser.add_argument("--examples", type=int, default=8)
    parser.add_argument("--vectors", type=int, default=0)
    options = parser.parse_args()
    if options.vectors:
        _time(options.vectors)
    with tempfile.TemporaryDirectory() as folder:
        found, classes = _indexed(options, Path(folder))
    print(f"{len(found)} photos of {len(set(classes.values()))} classes, {options.pack}")
    _alike(found, classes)
    for softness in SOFTNESS:
        teach.SOFTNESS = softness
        _taught(found, classes, options.examples)


def _indexed(options: argparse.Namespace, home: Path) -> tuple[dict[int, bytes], dict[int, str]]:
    """The vector and the class of each photo, by its id."""
    folders = sorted(p for p in options.folder.iterdir() if p.is_dir() and len(list(p.iterdir())) >= options.photos)
    for folder in folders[: options.classes]:
        (home / "photos" / folder.name).mkdir(parents=True)
        for photo in sorted(folder.iterdir())[: options.photos]:
            os.symlink(photo.resolve(), home / "photos" / folder.name / photo.name)
    settings = load_settings().with_options(db=str(home / "index.db"), pack=options.pack, follow_symlinks=True)
    run_index([home / "photos"], settings, IndexOptions(), lambda _: None)
    with open_index(settings.db, write=False) as index, index.read() as conn:
        rows = conn.exec_driver_sql("SELECT photo_id, path FROM v_photos").fetchall()
        model = current_model(conn, Task.CLASSIFY)
        found = vectors.of_photos(conn, model.id, [row[0] for row in rows])
    return found, {photo: Path(path).parent.name for photo, path in rows}


def _alike(found: Mapping[int, bytes], classes: Mapping[int, str]) -> None:
    photos, joined = list(found), b"".join(found.values())
    right = chance = 0.0
    for photo, vector in found.items():
        order = (photos[place] for place, _ in ranked([(0, joined)], len(photos), vector) if photos[place] != photo)
        right += sum(classes[other] == classes[photo] for other in islice(order, 5)) / 5
        chance += (sum(one == classes[photo] for one in classes.values()) - 1) / (len(found) - 1)
    print(f"alike: precision at 5 is {right / len(found):.3f}, by chance {chance / len(found):.3f}")


def _taught(found: Mapping[int, bytes], classes: Mapping[int, str], number: int) -> None:
    right = wrong = there = 0
    for name in sorted(set(classes.values()))[::3]:
        members = [photo for photo in found if classes[photo] == name]
        named = set(random.Random(0).sample(members, number))
        listed = {photo: Example(vector, photo in named, photo) for photo, vector in found.items()}
        judged = dict(zip(listed, held_out(list(listed.values())), strict=True))
        first = tune(_scored(listed, judged))
        if first is None:
            continue
        for photo, one in listed.items():
            if not one.shows and judged[photo] >= first.threshold:
                listed[photo] = replace(one, doubtful=True)
        judged = dict(zip(listed, held_out(list(listed.values())), strict=True))
        last = tune(_scored(listed, judged))
        if last is None:
            continue
        model = learn(list(listed.values()))
        tagged = [photo for photo, _ in confident(found.items(), 1, model, last.threshold) if photo not in named]
        right += sum(classes[photo] == name for photo in tagged)
        wrong += sum(classes[photo] != name for photo in tagged)
        there += len(members) - number
    print(
        f"taught by {number}, C = {teach.SOFTNESS}: {right / there:.0%} of the unnamed found, "
        f"{right / max(right + wrong, 1):.0%} of what is found is right"
    )


def _scored(listed: Mapping[int, Example], judged: Mapping[int, float]) -> Scored:
    shows = sum(one.shows for one in listed.values())
    return Scored(shows, [(judged[photo], one.shows) for photo, one in listed.items() if not one.doubtful])


def _time(number: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.db"
        random_numbers = np.random.default_rng(0)
        with open_index(path, write=True) as index, index.begin() as conn:
            conn.exec_driver_sql("INSERT INTO models (id, task, name, sha256) VALUES (1, 'classify', 'm', 's')")
            for start in range(0, number, vectors.SLOTS):
                rows = random_numbers.standard_normal((vectors.SLOTS, 256), dtype=np.float32)
                unit = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype("<f2")
                vectors.put(conn, 1, {start + place: row.tobytes() for place, row in enumerate(unit)})
        for _ in range(5):
            begun, worked = time.perf_counter(), time.process_time()
            with open_index(path, write=False) as index, index.read() as conn:
                best = next(ranked(vectors.read(conn, 1), vectors.SLOTS, unit[7].tobytes()))
            clock, processor = time.perf_counter() - begun, time.process_time() - worked
            print(f"{number:,} vectors: {clock:.2f} s, {processor:.2f} s of one core, best {best[1]:.3f}")


if __name__ == "__main__":
    main()
