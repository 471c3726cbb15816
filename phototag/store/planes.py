"""The summary that makes counts fast: for every word, the set of photos that it finds, as bits.

* a `TAG` plane: the photos whose labels have the word, at its threshold;
* an `OBJECT` plane per label and `nth`: the photos with at least `nth` boxes of the label, at its threshold; the same
  for boxes of `ANY` label, and for those in each place of the picture (`PLACES`);
* a `SEEN` plane per task: the photos with a live analysis; and one of all reachable photos;
* a `MONTH` plane per month: the reachable photos taken in it.

Planes hold for the thresholds that they were made with (`plane_thresholds`); a query with others does without.
Whatever changes a photo's answers marks it as stale (`phototag.store.liveness`). The few that a correction marks are
answered from their rows, beside the planes; only while there are more than `MOST_STALE` does nobody look at the planes.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from phototag.query.boxes import places_of
from phototag.query.thresholds import Thresholds
from phototag.query.tree import Place
from phototag.store.bits import CHUNK, gathered, packed, unpacked
from phototag.store.lexicon import Lexicon, read_lexicon
from phototag.store.reading import Connection
from phototag.types import Task

TAG, OBJECT, SEEN, MONTH = 0, 1, 2, 3
PLACES = {Place.LEFT: 4, Place.RIGHT: 5, Place.TOP: 6, Place.BOTTOM: 7, Place.CENTER: 8}
ANY = 0  # the `name_id` for boxes of any label
MOST_STALE = 50_000
TASKS = {Task.CLASSIFY: 0, Task.DETECT: 1}  # the `name_id` of a SEEN plane
REACHABLE = 2
KINDS = {Task.CLASSIFY: TAG, Task.DETECT: OBJECT}


def ready(conn: Connection) -> bool:
    """Whether the planes are there, and true but for a few photos."""
    row = conn.exec_driver_sql(
        f"SELECT NOT EXISTS (SELECT 1 FROM stale_photos LIMIT 1 OFFSET {MOST_STALE}) "
        "AND EXISTS (SELECT 1 FROM plane_thresholds)"
    )
    return bool(row.scalar_one())


# How many stale photos are reachable, classified, detected in, and both.
_STALE_SEEN = (
    "SELECT count(*), sum(classified), sum(detected), sum(classified AND detected) FROM (SELECT "
    "EXISTS (SELECT 1 FROM analyses a WHERE a.photo_id = p.id AND a.live AND a.task = 'classify') AS classified, "
    "EXISTS (SELECT 1 FROM analyses a WHERE a.photo_id = p.id AND a.live AND a.task = 'detect') AS detected "
    "FROM stale_photos s CROSS JOIN photos p ON p.id = s.photo_id WHERE p.file_id IS NOT NULL)"
)
_MONTHS = (
    "SELECT p.id, CAST(substr(f.taken_at, 1, 4) || substr(f.taken_at, 6, 2) AS INTEGER) "
    "FROM stale_photos s CROSS JOIN photos p ON p.id = s.photo_id CROSS JOIN files f ON f.id = p.file_id "
    "WHERE s.photo_id BETWEEN ? AND ?"
)
_STALE_ROWS = (
    "SELECT {columns} FROM stale_photos s CROSS JOIN {table} t ON t.photo_id = s.photo_id "
    "WHERE t.live AND s.photo_id BETWEEN ? AND ? ORDER BY s.photo_id"
)


@dataclass(frozen=True, slots=True)
class Planes:
    """What there is: the thresholds of each (kind, name), the names that any object has, and whether there are stale
    photos."""

    made: Mapping[tuple[int, int], str]
    boxed: frozenset[int]
    stale: bool

    def hold(self, kind: int, name: int, wanted: str) -> bool:
        """Whether the planes of a name were made with these thresholds.

        What has come since, a name or a model, has rows in stale photos only.
        """
        made = self.made.get((kind, name))
        return not made or f"{wanted},".startswith(f"{made},")


def read_planes(conn: Connection) -> Planes:
    """What planes an index has."""
    made = conn.exec_driver_sql("SELECT kind, name_id, thresholds FROM plane_thresholds")
    boxed = conn.exec_driver_sql("SELECT DISTINCT name_id FROM planes WHERE kind = ?", (OBJECT,))
    stale = bool(conn.exec_driver_sql("SELECT EXISTS (SELECT 1 FROM stale_photos)").scalar_one())
    return Planes({(kind, name): text for kind, name, text in made}, frozenset(boxed.scalars()), stale)


def seen(conn: Connection) -> tuple[int, int, int, int]:
    """How many photos are reachable, classified, detected in, and both. Only while the planes are `ready`."""
    stale = _set(conn, "SELECT bits_of(photo_id) FROM stale_photos")
    union = "SELECT bits_union(chunk, bits) FROM planes WHERE kind = ? AND name_id = ?"
    classified, detected, reachable = (
        _set(conn, union, (SEEN, which)) & ~stale for which in (*TASKS.values(), REACHABLE)
    )
    known = (reachable, classified, detected, classified & detected)
    beside = conn.exec_driver_sql(_STALE_SEEN).one() if stale else (0,) * len(known)
    photos, tagged, boxed, complete = (one.bit_count() + (more or 0) for one, more in zip(known, beside, strict=True))
    return photos, tagged, boxed, complete


def _set(conn: Connection, statement: str, parameters: tuple[int, ...] = ()) -> int:
    """The set that a statement gives, as one number; an aggregate of no rows is NULL."""
    return int.from_bytes(conn.exec_driver_sql(statement, parameters).scalar_one() or b"", "little")


def signature(lexicon: Lexicon, thresholds: Thresholds, task: Task, name: str, asked: float | None = None) -> str:
    """The thresholds of a name in every model, as `plane_thresholds` keeps them."""
    return ",".join(f"{model}:{least!r}" for model, least in _thresholds(lexicon, thresholds, task, name, asked))


def refresh(conn: Connection, thresholds: Thresholds, least: int = 1) -> int:
    """Put the planes of the chunks with at least so many stale photos right; returns how many.

    If the thresholds are not those of before, every photo is stale.
    """
    lexicon = read_lexicon(conn)
    wanted = {
        (KINDS[task], number): signature(lexicon, thresholds, task, name)
        for task in Task
        for name, number in lexicon.names.items()
    }
    kept = {(kind, name): text for kind, name, text in conn.exec_driver_sql("SELECT * FROM plane_thresholds")}
    planes = Planes(kept, frozenset(), stale=False)
    true = kept and all(key in wanted and planes.hold(*key, wanted[key]) for key in kept)
    if not true:
        conn.exec_driver_sql("DELETE FROM planes")
        conn.exec_driver_sql("INSERT OR IGNORE INTO stale_photos SELECT id FROM photos")
    stale = f"SELECT photo_id / {CHUNK} FROM stale_photos GROUP BY 1 HAVING count(*) >= ? ORDER BY 1"
    chunks = conn.exec_driver_sql(stale, (least,)).scalars().all()
    for chunk in chunks:
        _renew(conn, lexicon, thresholds, chunk)
    if wanted != kept:
        conn.exec_driver_sql("DELETE FROM plane_thresholds")
        if wanted:
            conn.exec_driver_sql(
                "INSERT INTO plane_thresholds VALUES (?, ?, ?)", [(*key, text) for key, text in wanted.items()]
            )
    return len(chunks)


def _renew(conn: Connection, lexicon: Lexicon, thresholds: Thresholds, chunk: int) -> None:
    """Take the stale photos of a chunk out of its planes and put them into those that they belong to now."""
    bounds = chunk * CHUNK, chunk * CHUNK + CHUNK - 1
    found = _members(conn, lexicon, thresholds, bounds)
    ids = conn.exec_driver_sql("SELECT photo_id FROM stale_photos WHERE photo_id BETWEEN ? AND ?", bounds).scalars()
    kept = ~gathered(photo % CHUNK for photo in ids)
    changed: list[tuple[bytes, int]] = []
    planes = conn.exec_driver_sql("SELECT id, kind, name_id, nth, bits FROM planes WHERE chunk = ?", (chunk,))
    for number, kind, name, nth, stored in planes:
        before = unpacked(stored)
        members = found.pop((kind, name, nth), None)
        after = before & kept | (gathered(members) if members else 0)
        if after != before:
            changed.append((packed(after) if after else b"", number))
    if changed:
        conn.exec_driver_sql("UPDATE planes SET bits = ? WHERE id = ?", changed)
        conn.exec_driver_sql("DELETE FROM planes WHERE chunk = ? AND bits = x''", (chunk,))
    if rows := [(*key, chunk, packed(gathered(members))) for key, members in found.items()]:
        conn.exec_driver_sql("INSERT INTO planes (kind, name_id, nth, chunk, bits) VALUES (?, ?, ?, ?, ?)", rows)
    conn.exec_driver_sql("DELETE FROM stale_photos WHERE photo_id BETWEEN ? AND ?", bounds)


def _members(
    conn: Connection, lexicon: Lexicon, thresholds: Thresholds, bounds: tuple[int, int]
) -> dict[tuple[int, int, int], "array[int]"]:
    """Each plane's (kind, name, nth) with those of the stale photos in one chunk that belong to it."""
    found: dict[tuple[int, int, int], array[int]] = defaultdict(lambda: array("H"))  # two bytes hold a chunk's numbers
    for photo, task in conn.exec_driver_sql(_STALE_ROWS.format(columns="t.photo_id, t.task", table="analyses"), bounds):
        found[SEEN, TASKS[Task(task)], 1].append(photo % CHUNK)
    for photo, month in conn.exec_driver_sql(_MONTHS, bounds):
        found[SEEN, REACHABLE, 1].append(photo % CHUNK)
        if month is not None:
            found[MONTH, month, 1].append(photo % CHUNK)
    least = _least(lexicon, thresholds, Task.CLASSIFY)
    columns = "t.photo_id, t.model_id, t.name_id, t.confidence"
    for photo, model, name, confidence in conn.exec_driver_sql(
        _STALE_ROWS.format(columns=columns, table="words"), bounds
    ):
        if confidence >= least[model, name]:
            found[TAG, name, 1].append(photo % CHUNK)
    least = _least(lexicon, thresholds, Task.DETECT)
    columns += ", t.x1, t.y1, t.x2, t.y2"
    boxes = conn.exec_driver_sql(_STALE_ROWS.format(columns=columns, table="detections"), bounds)
    for photo, several in groupby(boxes, itemgetter(0)):
        numbers: dict[tuple[int, int], int] = defaultdict(int)
        for _, model, name, confidence, *box in several:
            if confidence >= least[model, name]:
                places = ((PLACES[place], name) for place in places_of(*box))
                for kind, label in ((OBJECT, name), (OBJECT, ANY), *places):
                    numbers[kind, label] += 1
                    found[kind, label, numbers[kind, label]].append(photo % CHUNK)
    return found


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
