"""What the user put right: a log, and the rows of the models "user" that follow from it.

Of what the log says of one photo, the later word wins: a tag ends an earlier rejection of the same word, a rejection
ends earlier tags and boxes of the word and of all below it, a deletion ends an earlier box. Models never win.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from phototag.errors import UsageError
from phototag.geometry import Box
from phototag.store import liveness, reading
from phototag.store.clock import now
from phototag.store.compile_filters import PATH
from phototag.store.correction_tables import corrections
from phototag.store.models import register
from phototag.store.names import intern
from phototag.store.overruled import SAME_PLACE, USER_MODELS
from phototag.store.pieces import chunks
from phototag.types import ModelId, Task

TAGS = ModelId(Task.CLASSIFY, "user", "tags")
BOXES = ModelId(Task.DETECT, "user", "boxes")
FIRST_NUMBER = 1_000_000  # of the user's boxes, so that no two live boxes of a photo have one number


class Kind(StrEnum):
    """What the user did."""

    TAG = "tag"
    UNTAG = "untag"
    BOX = "box"
    UNBOX = "unbox"


@dataclass(frozen=True, slots=True)
class Correction:
    """One thing that the user put right on a photo; `box` is there for boxes, drawn or deleted."""

    kind: Kind
    name: str
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Logged:
    """A correction as the log has it. `path` is None while the photo is not reachable; `effective`: it still holds."""

    step: int
    at: str
    path: bytes | None
    correction: Correction
    effective: bool


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    step: int
    kind: str
    name_id: int
    box: tuple[float | None, ...]
    effective: bool


Relatives = Callable[[str], tuple[Collection[str], Collection[str]]]
"""The words at or below a word, and those above it."""


def correct(conn: Connection, changes: Iterable[tuple[int, Correction]], relatives: Relatives) -> int:
    """Store corrections of photos (by id) as one step, and give its number. Nothing is stored for no changes.

    Raises UsageError where a photo was pruned since the user saw it.
    """
    listed = list(changes)
    _check_there(conn, {photo for photo, _ in listed})
    step = int(conn.exec_driver_sql("SELECT coalesce(max(step), 0) + 1 FROM corrections").scalar_one())
    if not listed:
        return step
    ids = intern(conn, {correction.name for _, correction in listed})
    at = now()
    rows = [
        {"photo_id": photo, "step": step, "at": at, "kind": one.kind.value, "name_id": ids[one.name], "effective": 1}
        | _columns(one.box)
        for photo, one in listed
    ]
    conn.execute(corrections.insert(), rows)
    _replay(conn, {photo for photo, _ in listed} | relate(conn, relatives))
    return step


def _check_there(conn: Connection, photos: Collection[int]) -> None:
    there: set[int] = set()
    for part in chunks(sorted(photos)):
        marks = ", ".join("?" * len(part))
        there |= set(conn.exec_driver_sql(f"SELECT id FROM photos WHERE id IN ({marks})", tuple(part)).scalars())
    if gone := len(set(photos) - there):
        raise UsageError(
            f"{gone} of the photos have been removed from the index meanwhile; nothing was changed",
            hint="Run the command again.",
        )


def relate(conn: Connection, relatives: Relatives) -> set[int]:
    """Keep what stands above and below each corrected word, as the vocabulary has it now; gives the photos whose
    corrections mean something else than before."""
    named = conn.exec_driver_sql("SELECT id, name FROM names WHERE id IN (SELECT name_id FROM corrections)").fetchall()
    rows: set[tuple[int, str, int]] = set()
    for number, name in named:
        below, above = relatives(name)
        rows |= {(number, word, 0) for word in set(above) - {name}}
        rows |= {(number, word, 1) for word in {*below, name} - (set(above) - {name})}
    before = {tuple(row) for row in conn.exec_driver_sql("SELECT name_id, name, below FROM relatives")}
    if rows == before:
        return set()
    conn.exec_driver_sql("DELETE FROM relatives")
    if rows:
        conn.exec_driver_sql("INSERT INTO relatives VALUES (?, ?, ?)", sorted(rows))
    changed = {number for number, _, _ in rows ^ before} & {number for number, _, _ in before}
    photos: set[int] = set()
    for part in chunks(sorted(changed)):
        marks = ", ".join("?" * len(part))
        photos |= set(
            conn.exec_driver_sql(f"SELECT photo_id FROM corrections WHERE name_id IN ({marks})", tuple(part)).scalars()
        )
    return photos


def undo(conn: Connection, relatives: Relatives) -> tuple[Logged, ...]:
    """Take the last step back as a whole; gives what it was, nothing where there is none."""
    step = conn.exec_driver_sql("SELECT max(step) FROM corrections").scalar_one()
    if step is None:
        return ()
    undone = tuple(log(conn, step))
    photos = set(conn.exec_driver_sql("SELECT photo_id FROM corrections WHERE step = ?", (step,)).scalars())
    conn.exec_driver_sql("DELETE FROM corrections WHERE step = ?", (step,))
    _replay(conn, photos | relate(conn, relatives))
    return undone


def log(conn: Connection, step: int | None = None) -> Iterator[Logged]:
    """The corrections in the order they were made: all of them, or those of one step."""
    condition = "" if step is None else f"WHERE c.step = {int(step)}"
    rows = conn.exec_driver_sql(
        f"SELECT c.step, c.at, iif(f.id IS NULL, NULL, {PATH}), c.kind, n.name, c.x1, c.y1, c.x2, c.y2, c.effective "
        "FROM corrections c JOIN names n ON n.id = c.name_id JOIN photos p ON p.id = c.photo_id "
        "LEFT JOIN files f ON f.id = p.file_id LEFT JOIN folders d ON d.id = f.folder_id "
        f"LEFT JOIN roots r ON r.id = d.root_id {condition} ORDER BY c.id"
    )
    for number, at, path, kind, name, *box, effective in rows:
        correction = Correction(Kind(kind), name, None if box[0] is None else Box(*box))
        yield Logged(number, at, path, correction, bool(effective))


def drawn_boxes(conn: reading.Connection) -> dict[bytes, frozenset[tuple[str, Box]]]:
    """The boxes that the user drew, with their labels, by the path of each reachable photo."""
    found: dict[bytes, set[tuple[str, Box]]] = {}
    for path, name, *box in conn.exec_driver_sql(
        f"SELECT {PATH}, n.name, b.x1, b.y1, b.x2, b.y2 FROM detections b JOIN names n ON n.id = b.name_id "
        "JOIN photos p ON p.id = b.photo_id JOIN files f ON f.id = p.file_id JOIN folders d ON d.id = f.folder_id "
        f"JOIN roots r ON r.id = d.root_id WHERE b.live AND b.model_id IN {USER_MODELS} "
        "AND b.photo_id IN (SELECT photo_id FROM corrections WHERE kind = 'box')"
    ):
        found.setdefault(path, set()).add((name, Box(*box)))
    return {path: frozenset(boxes) for path, boxes in found.items()}


def marked(conn: reading.Connection, name: str) -> dict[int, bool]:
    """The photos (by id) for which the user's word on a name holds, and whether they have it."""
    rows = conn.exec_driver_sql(
        "SELECT c.photo_id, c.kind FROM corrections c JOIN names n ON n.id = c.name_id "
        "WHERE n.name = ? AND c.effective AND c.kind <> 'unbox'",
        (name,),
    )
    found: dict[int, bool] = {}
    for photo, kind in rows:
        found[photo] = found.get(photo, False) or kind != Kind.UNTAG
    return found


def _columns(box: Box | None) -> dict[str, float | None]:
    return dict(zip(("x1", "y1", "x2", "y2"), (None,) * 4 if box is None else _corners(box), strict=True))


def _corners(box: Box) -> tuple[float, float, float, float]:
    return box.x1, box.y1, box.x2, box.y2


def _replay(conn: Connection, photos: Collection[int]) -> None:
    """Work out what holds for these photos, and write the rows that follow from it."""
    models = {Task.CLASSIFY: register(conn, TAGS), Task.DETECT: register(conn, BOXES)}
    below: dict[int, set[int]] = {}
    above: dict[int, set[str]] = {}
    for number, name, other, under in conn.exec_driver_sql(
        "SELECT k.name_id, k.name, n.id, k.below FROM relatives k LEFT JOIN names n ON n.name = k.name"
    ):
        if under and other is not None:
            below.setdefault(number, set()).add(other)
        elif not under:
            above.setdefault(number, set()).add(name)
    words = intern(conn, set().union(*above.values())) if above else {}
    upper = {number: {words[name] for name in names} for number, names in above.items()}
    for part in chunks(sorted(photos)):
        holding: dict[int, list[_Row]] = {photo: [] for photo in part}
        for photo, *row in conn.exec_driver_sql(
            "SELECT photo_id, id, step, kind, name_id, effective, x1, y1, x2, y2 FROM corrections "
            f"WHERE photo_id IN ({', '.join('?' * len(part))}) ORDER BY id",
            tuple(part),
        ):
            holding[photo].append(_Row(row[0], row[1], row[2], row[3], tuple(row[5:]), bool(row[4])))
        _write(conn, models, {photo: _effective(rows, below) for photo, rows in holding.items()}, upper)
        liveness.touch(conn, part)
    liveness.settle(conn)


def _effective(rows: Sequence[_Row], below: dict[int, set[int]]) -> list[tuple[_Row, bool]]:
    """Each row of one photo, and whether it holds in the light of the later ones."""
    return [(row, not any(_ends(later, row, below) for later in rows[place + 1 :])) for place, row in enumerate(rows)]


def _ends(later: _Row, earlier: _Row, below: dict[int, set[int]]) -> bool:
    same = later.name_id == earlier.name_id
    if later.kind == Kind.TAG:
        return same and earlier.kind in (Kind.TAG, Kind.UNTAG)
    if later.kind == Kind.UNTAG:
        added = earlier.kind in (Kind.TAG, Kind.BOX) and earlier.name_id in below.get(later.name_id, ())
        return added or (same and earlier.kind == Kind.UNTAG)
    if later.kind == Kind.UNBOX:
        return same and earlier.kind in (Kind.BOX, Kind.UNBOX) and later.box == earlier.box
    if not (same and earlier.kind == Kind.BOX):
        return False
    # Of boxes that come together, two may overlap much: a crowd, a stack of plates.
    return later.box == earlier.box if later.step == earlier.step else _box(later).iou(_box(earlier)) >= SAME_PLACE


def _box(row: _Row) -> Box:
    return Box(*(value or 0.0 for value in row.box))


def _write(
    conn: Connection,
    models: dict[Task, int],
    photos: dict[int, list[tuple[_Row, bool]]],
    upper: dict[int, set[int]],
) -> None:
    marks = [(holds, row.id) for rows in photos.values() for row, holds in rows if row.effective != holds]
    if marks:
        conn.exec_driver_sql("UPDATE corrections SET effective = ? WHERE id = ?", marks)
    for table in ("words", "detections"):
        conn.exec_driver_sql(
            f"DELETE FROM {table} WHERE photo_id = ? AND model_id IN {USER_MODELS}", [(photo,) for photo in photos]
        )
    words: list[tuple[Any, ...]] = []
    boxes: list[tuple[Any, ...]] = []
    for photo, rows in photos.items():
        tags = {row.name_id for row, holds in rows if holds and row.kind == Kind.TAG}
        implied = set().union(*(upper.get(tag, set()) for tag in tags))
        words += [(photo, models[Task.CLASSIFY], name, 1.0 if name in tags else None) for name in tags | implied]
        drawn = [row for row, holds in rows if holds and row.kind == Kind.BOX]
        boxes += [
            (photo, models[Task.DETECT], FIRST_NUMBER + number, row.name_id, *row.box)
            for number, row in enumerate(drawn)
        ]
    if words:
        conn.exec_driver_sql(
            "INSERT INTO words (photo_id, model_id, name_id, own, confidence, live) VALUES (?, ?, ?, ?, 1.0, 0)", words
        )
    if boxes:
        conn.exec_driver_sql(
            "INSERT INTO detections (photo_id, model_id, number, name_id, x1, y1, x2, y2, confidence, live) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1.0, 0)",
            boxes,
        )
