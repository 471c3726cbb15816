"""Writes an index of photos that do not exist, for measuring queries: realistic skew, the real vocabulary.

    python scripts/synthetic_index.py /tmp/million.db --photos 1000000

Per photo about five labels out of 1,000 classes (Zipf) with every word above them, and about three objects out of 80
classes, a third of them persons; 16 years of dates, 40 cameras, places for half of the photos, 2,000 folders.
"""

import argparse
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from sqlalchemy import Connection
from sqlalchemy.schema import CreateIndex

from phototag.inference.labels import read_labels
from phototag.query.vocabulary import Vocabulary
from phototag.settings import shipped_folder
from phototag.store import tables
from phototag.store.engine import open_index

CHUNK = 20_000
FOLDERS = 2_000
LABELS, OBJECTS = 5, 3.0
FLOOR = 0.01
LATE = (
    "words_live",
    "detections_live",
    "analyses_live",
    "files_by_photo",
    "files_by_taken",
    "files_by_camera",
    "files_by_place",
    "photos_by_file",
)


class World:
    """The class names, what stands above each, and how often each comes."""

    def __init__(self) -> None:
        self.vocabulary = Vocabulary.load(shipped_folder())
        lists = [read_labels(shipped_folder() / "labels" / f"{name}.tsv") for name in ("imagenet-1k", "coco-80")]
        named = [
            [self.vocabulary.canonical(name, identity) for name, identity in zip(one.names, one.ids, strict=True)]
            for one in lists
        ]
        self.classes, self.objects = ([name for name in names if name] for names in named)
        above = {name: self.vocabulary.ancestors(name) for name in {*self.classes, *self.objects}}
        self.names = sorted({word for words in above.values() for word in words})
        ids = {name: number for number, name in enumerate(self.names, 1)}
        self.class_words = [np.array([ids[word] for word in above[name]]) for name in self.classes]
        self.class_ids = np.array([ids[name] for name in self.classes])
        self.object_ids = np.array([ids[name] for name in self.objects])


def zipf(number: int, exponent: float) -> np.ndarray:
    """Probabilities that fall as 1 / rank ** exponent."""
    weights = 1 / np.arange(1, number + 1) ** exponent
    return np.asarray(weights / weights.sum())


def word_rows(world: World, first: int, size: int, random: np.random.Generator) -> Iterable[tuple[object, ...]]:
    """Rows of `words`: each photo's labels, and the sums for every word above them."""
    order = np.random.default_rng(1).permutation(len(world.classes))
    picked = order[random.choice(len(world.classes), (size, LABELS), p=zipf(len(world.classes), 0.8))]
    best = random.beta(1.5, 1.5, (size, 1))
    shares = best * np.cumprod(np.hstack([np.ones((size, 1)), random.uniform(0.1, 0.6, (size, LABELS - 1))]), axis=1)
    shares = np.maximum(shares / np.maximum(shares.sum(axis=1, keepdims=True), 1), FLOOR)
    lengths = np.array([len(words) for words in world.class_words])
    flat = picked.ravel()
    words = np.concatenate([world.class_words[number] for number in flat])
    photos = np.repeat(np.repeat(np.arange(size), LABELS), lengths[flat])
    values = np.repeat(shares.ravel(), lengths[flat])
    own = np.repeat(world.class_ids[flat], lengths[flat]) == words
    keys, inverse = np.unique(photos * 100_000 + words, return_inverse=True)
    sums = np.minimum(np.bincount(inverse, values), 1.0)
    owns = np.bincount(inverse, values * own)
    yield from zip(
        (keys // 100_000 + first).tolist(),
        (keys % 100_000).tolist(),
        sums.tolist(),
        [value or None for value in owns.tolist()],
        strict=True,
    )


def detection_rows(world: World, first: int, size: int, random: np.random.Generator) -> Iterable[tuple[object, ...]]:
    """Rows of `detections`; objects of one photo tend to be of one class."""
    numbers = random.poisson(OBJECTS, size)
    photos = np.repeat(np.arange(size), numbers)
    weights = zipf(len(world.objects), 1.2)
    main = random.choice(len(world.objects), size, p=weights)
    other = random.choice(len(world.objects), photos.size, p=weights)
    labels = world.object_ids[np.where(random.random(photos.size) < 0.5, main[photos], other)]
    confidences = random.beta(2, 2, photos.size) * 0.9 + 0.1
    order = np.lexsort((-confidences, photos))
    starts = np.repeat(np.cumsum(numbers) - numbers, numbers)
    corners = np.sort(random.random((photos.size, 2, 2)), axis=1)
    yield from zip(
        (photos + first).tolist(),
        (np.arange(photos.size) - starts).tolist(),
        labels[order].tolist(),
        confidences[order].tolist(),
        *(corners[:, end, axis].tolist() for end in (0, 1) for axis in (0, 1)),
        strict=True,
    )


def file_rows(first: int, size: int, random: np.random.Generator) -> Iterable[tuple[object, ...]]:
    """Rows of `files`."""
    seconds = random.integers(0, 16 * 365 * 86400, size).astype("timedelta64[s]") + np.datetime64("2010-01-01T00:00:00")
    times = [str(moment) if known else None for moment, known in zip(seconds, random.random(size) > 0.03, strict=True)]
    cameras = [f"Camera {number}" for number in random.choice(40, size, p=zipf(40, 1.0))]
    places = random.choice(500, size, p=zipf(500, 1.0))
    located = random.random(size) < 0.5
    centers = np.random.default_rng(2).uniform((-60, -180), (70, 180), (500, 2))
    points = np.clip(centers[places] + random.normal(0, 0.1, (size, 2)), (-90, -180), (90, 180)).tolist()
    for row in range(size):
        photo = first + row
        latitude, longitude = points[row] if located[row] else (None, None)
        name = b"IMG_%07d.jpg" % photo
        yield photo, photo % FOLDERS + 1, name, photo, photo, times[row], cameras[row], latitude, longitude


def build(path: Path, photos: int) -> None:
    """Write the index."""
    world = World()
    random = np.random.default_rng(0)
    with open_index(path, write=True) as index:
        with index.begin() as conn:
            for name in LATE:
                conn.exec_driver_sql(f"DROP INDEX IF EXISTS {name}")
            _write_frame(conn, world)
        for first in range(1, photos + 1, CHUNK):
            with index.begin() as conn:
                _write_chunk(conn, world, first, min(CHUNK, photos + 1 - first), random)
        with index.begin() as conn:
            for table in tables.metadata.tables.values():
                for late in table.indexes:
                    if late.name in LATE:
                        conn.execute(CreateIndex(late))


def _write_frame(conn: Connection, world: World) -> None:
    conn.exec_driver_sql("INSERT INTO roots (id, path, added_at) VALUES (1, CAST('/photos' AS BLOB), '')")
    rows = [(number, b"%04d/%02d" % (2010 + number % 16, number)) for number in range(1, FOLDERS + 1)]
    conn.exec_driver_sql("INSERT INTO folders (id, root_id, path) VALUES (?, 1, ?)", rows)
    conn.exec_driver_sql("INSERT INTO names (id, name) VALUES (?, ?)", list(enumerate(world.names, 1)))
    models = [(1, "classify", "mobilenet-edgetpu"), (2, "detect", "yolox-nano")]
    conn.exec_driver_sql("INSERT INTO models (id, task, name, sha256, current) VALUES (?, ?, ?, '', 1)", models)


def _write_chunk(conn: Connection, world: World, first: int, size: int, random: np.random.Generator) -> None:
    shapes = random.choice([(4032, 3024), (3024, 4032), (6000, 4000), (1600, 1200)], size).tolist()
    photos = [(first + row, b"%020d" % (first + row), width, height) for row, (width, height) in enumerate(shapes)]
    conn.exec_driver_sql(
        "INSERT INTO photos (id, content, width, height, orientation, format, added_at) "
        "VALUES (?, ?, ?, ?, 1, 'jpeg', '')",
        photos,
    )
    conn.exec_driver_sql(
        "INSERT INTO files (id, folder_id, name, size, mtime_ns, device, inode, state, photo_id, run_id, taken_at, "
        "camera, latitude, longitude) VALUES (?, ?, ?, 5000000, 0, 0, ?, 0, ?, 1, ?, ?, ?, ?)",
        list(file_rows(first, size, random)),
    )
    ids = [(photo,) for photo, *_ in photos]
    conn.exec_driver_sql("UPDATE photos SET file_id = id WHERE id = ?", ids)
    conn.exec_driver_sql(
        "INSERT INTO analyses (photo_id, model_id, task, floor, at, live) VALUES (?, 1, 'classify', 0.01, '', 1)", ids
    )
    conn.exec_driver_sql(
        "INSERT INTO analyses (photo_id, model_id, task, floor, at, live) VALUES (?, 2, 'detect', 0.1, '', 1)", ids
    )
    conn.exec_driver_sql(
        "INSERT INTO words (photo_id, model_id, name_id, confidence, own, live) VALUES (?, 1, ?, ?, ?, 1)",
        list(word_rows(world, first, size, random)),
    )
    conn.exec_driver_sql(
        "INSERT INTO detections (photo_id, model_id, number, name_id, confidence, x1, y1, x2, y2, live) "
        "VALUES (?, 2, ?, ?, ?, ?, ?, ?, ?, 1)",
        list(detection_rows(world, first, size, random)),
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--photos", type=int, default=1_000_000)
    arguments = parser.parse_args()
    started = time.perf_counter()
    build(arguments.path, arguments.photos)
    size = arguments.path.stat().st_size
    seconds = time.perf_counter() - started
    print(f"{arguments.photos:,} photos in {seconds:.0f} s, {size / arguments.photos:.0f} bytes a photo")


if __name__ == "__main__":
    main()
