"""The summary that makes counts fast: for every word, the set of photos that it finds, as bits.

* a `TAG` plane: the photos whose labels have the word, at its threshold;
* an `OBJECT` plane per label and `nth`: the photos with at least `nth` boxes of the label, at its threshold;
* a `SEEN` plane per task: the photos with a live analysis; and one of all reachable photos.

Planes hold for the thresholds that they were made with (`plane_thresholds`); a query with others does without.
Whatever changes a photo's answers marks its chunk as stale (`phototag.store.liveness`); while any is, nobody looks at
the planes.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from phototag.query.thresholds import Thresholds
from phototag.store.bits import CHUNK, packed, unpacked
from phototag.store.lexicon import Lexicon, read_lexicon
from phototag.store.reading import Connection
from phototag.types import Task

TAG, OBJECT, SEEN = 0, 1, 2
TASKS = {Task.CLASSIFY: 0, Task.DETECT: 1}  # the `name_id` of a SEEN plane
REACHABLE = 2
KINDS = {Task.CLASSIFY: TAG, Task.DETECT: OBJECT}


def ready(conn: Connection) -> bool:
    """Whether the planes are there, and true."""
    row = conn.exec_driver_sql(
        "SELECT NOT EXISTS (SELECT 1 FROM stale_chunks) AND EXISTS (SELECT 1 FROM plane_thresholds)"
    )
    return bool(row.scalar_one())


@dataclass(frozen=True, slots=True)
class Planes:
    """What there is: the thresholds of each (kind, name), and the names that any object has."""

    made: Mapping[tuple[int, int], str]
    boxed: frozenset[int]


def read_planes(conn: Connection) -> Planes:
    """What planes an index has."""
    made = conn.exec_driver_sql("SELECT kind, name_id, thresholds FROM plane_thresholds")
    boxed = conn.exec_driver_sql("SELECT DISTINCT name_id FROM planes WHERE kind = ?", (OBJECT,))
    return Planes({(kind, name): text for kind, name, text in made}, frozenset(boxed.scalars()))


def seen(conn: Connection) -> tuple[int, int, int, int]:
    """How many photos are reachable, classified, detected in, and both. Only while the planes are `ready`."""
    chunks: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    rows = conn.exec_driver_sql("SELECT chunk, name_id, bits FROM planes WHERE kind = ?", (SEEN,))
    for chunk, which, stored in rows:
        chunks[chunk][which] = int.from_bytes(unpacked(stored), "little")
    sets = [
        (reachable, classified, detected, classified & detected) for classified, detected, reachable in chunks.values()
    ]
    photos, classified, detected, complete = (
        (sum(one.bit_count() for one in several) for several in zip(*sets, strict=True)) if sets else (0, 0, 0, 0)
    )
    return photos, classified, detected, complete


def signature(lexicon: Lexicon, thresholds: Thresholds, task: Task, name: str, asked: float | None = None) -> str:
    """The thresholds of a name in every model, as `plane_thresholds` keeps them."""
    return ",".join(f"{model}:{least!r}" for model, least in _thresholds(lexicon, thresholds, task, name, asked))


def refresh(conn: Connection, thresholds: Thresholds) -> int:
    """Make the stale chunks anew, or all of them if the thresholds are not those of before; returns how many."""
    lexicon = read_lexicon(conn)
    wanted = {
        (KINDS[task], number): signature(lexicon, thresholds, task, name)
        for task in Task
        for name, number in lexicon.names.items()
    }
    kept = {(kind, name): text for kind, name, text in conn.exec_driver_sql("SELECT * FROM plane_thresholds")}
    if any(wanted[key] != text for key, text in kept.items()) or not kept:
        conn.exec_driver_sql("INSERT OR IGNORE INTO stale_chunks SELECT DISTINCT id / ? FROM photos", (CHUNK,))
    chunks = conn.exec_driver_sql("SELECT chunk FROM stale_chunks ORDER BY chunk").scalars().all()
    for chunk in chunks:
        conn.exec_driver_sql("DELETE FROM planes WHERE chunk = ?", (chunk,))
        rows = [(*key, chunk, packed(members)) for key, members in _members(conn, lexicon, thresholds, chunk)]
        if rows:
            conn.exec_driver_sql("INSERT INTO planes (kind, name_id, nth, chunk, bits) VALUES (?, ?, ?, ?, ?)", rows)
    if wanted != kept:
        conn.exec_driver_sql("DELETE FROM plane_thresholds")
        if wanted:
            conn.exec_driver_sql(
                "INSERT INTO plane_thresholds VALUES (?, ?, ?)", [(*key, text) for key, text in wanted.items()]
            )
    conn.exec_driver_sql("DELETE FROM stale_chunks")
    return len(chunks)


def _members(
    conn: Connection, lexicon: Lexicon, thresholds: Thresholds, chunk: int
) -> Iterator[tuple[tuple[int, int, int], list[int]]]:
    """Each plane's (kind, name, nth) and its members in one chunk."""
    found: dict[tuple[int, int, int], list[int]] = defaultdict(list)
    bounds = (chunk * CHUNK, chunk * CHUNK + CHUNK - 1)
    for photo, task in conn.exec_driver_sql(
        "SELECT photo_id, task FROM analyses WHERE live AND photo_id BETWEEN ? AND ?", bounds
    ):
        found[SEEN, TASKS[Task(task)], 1].append(photo % CHUNK)
    reachable = conn.exec_driver_sql("SELECT id FROM photos WHERE file_id IS NOT NULL AND id BETWEEN ? AND ?", bounds)
    found[SEEN, REACHABLE, 1] = [photo % CHUNK for photo in reachable.scalars()]
    least = _least(lexicon, thresholds, Task.CLASSIFY)
    for photo, model, name, confidence in conn.exec_driver_sql(
        "SELECT photo_id, model_id, name_id, confidence FROM words WHERE live AND photo_id BETWEEN ? AND ?", bounds
    ):
        if confidence >= least[model, name]:
            found[TAG, name, 1].append(photo % CHUNK)
    least = _least(lexicon, thresholds, Task.DETECT)
    numbers: dict[tuple[int, int], int] = defaultdict(int)
    for photo, model, name, confidence in conn.exec_driver_sql(
        "SELECT photo_id, model_id, name_id, confidence FROM detections WHERE live AND photo_id BETWEEN ? AND ?", bounds
    ):
        if confidence >= least[model, name]:
            numbers[photo, name] += 1
            found[OBJECT, name, numbers[photo, name]].append(photo % CHUNK)
    yield from found.items()


def _least(lexicon: Lexicon, thresholds: Thresholds, task: Task) -> dict[tuple[int, int], float]:
    return {
        (model, number): least
        for name, number in lexicon.names.items()
        for model, least in _thresholds(lexicon, thresholds, task, name, None)
    }


def _thresholds(
    lexicon: Lexicon, thresholds: Thresholds, task: Task, name: str, asked: float | None
) -> Iterator[tuple[int, float]]:
    """From which confidence on a name counts in each model; the user is always sure."""
    for model, known in lexicon.models[task]:
        yield model, 0.0 if model in lexicon.users else thresholds.of(task, known, name, asked)
