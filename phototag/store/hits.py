"""Hits with all they show, a page at a time: its labels, boxes and keywords are three statements, not three a photo."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from phototag.geometry import Box
from phototag.query.thresholds import Thresholds
from phototag.store import keywords
from phototag.store.lexicon import Lexicon
from phototag.store.reading import Connection
from phototag.store.scope import ANYONE, Scope
from phototag.types import Detection, Hit, Label, Metadata, Task

COLUMNS = (
    "p.id, p.width, p.height, p.offline, f.taken_at, f.taken_offset, f.taken_source, f.camera, f.lens, f.latitude, "
    "f.longitude, (SELECT count(*) FROM files g WHERE g.photo_id = p.id AND g.state = 0) AS copies"
)
PAGE = 500


def read_hits(
    conn: Connection, rows: Iterator[Any], lexicon: Lexicon, thresholds: Thresholds, scope: Scope = ANYONE
) -> Iterator[Hit]:
    """Hits from rows of `COLUMNS`, the path and the score, with the labels and objects at or above the thresholds."""
    while page := list(islice(rows, PAGE)):
        ids = [row[0] for row in page]
        labels = read_labels(conn, ids, lexicon, thresholds, scope)
        objects = read_objects(conn, ids, lexicon, thresholds, scope)
        words = keywords.of_photos(conn, ids)
        for row in page:
            yield _hit(row, words.get(row[0], ()), labels.get(row[0], ()), objects.get(row[0], ()))


def read_labels(
    conn: Connection, ids: Iterable[int], lexicon: Lexicon, thresholds: Thresholds, scope: Scope = ANYONE
) -> dict[int, tuple[Label, ...]]:
    """Per photo the classifier's own labels at or above the thresholds, best first."""
    models = dict(lexicon.models[Task.CLASSIFY])
    found: dict[int, list[Label]] = {}
    statement = (
        "SELECT w.photo_id, w.model_id, n.name, w.own FROM words w JOIN names n ON n.id = w.name_id "
        f"WHERE w.photo_id IN ({id_list(ids)}) AND w.live AND w.own IS NOT NULL ORDER BY w.own DESC, n.name"
    )
    for photo, model, name, confidence in conn.exec_driver_sql(scope.over(statement)):
        if confidence >= thresholds.of(Task.CLASSIFY, models[model], name):
            found.setdefault(photo, []).append(Label(name, confidence))
    return {photo: tuple(labels) for photo, labels in found.items()}


def read_objects(
    conn: Connection, ids: Iterable[int], lexicon: Lexicon, thresholds: Thresholds, scope: Scope = ANYONE
) -> dict[int, tuple[Detection, ...]]:
    """Per photo the detections at or above the thresholds, best first."""
    models = dict(lexicon.models[Task.DETECT])
    found: dict[int, list[Detection]] = {}
    statement = (
        "SELECT b.photo_id, b.model_id, n.name, b.confidence, b.x1, b.y1, b.x2, b.y2 FROM detections b "
        f"JOIN names n ON n.id = b.name_id WHERE b.photo_id IN ({id_list(ids)}) AND b.live "
        "ORDER BY b.confidence DESC, b.number"
    )
    for photo, model, name, confidence, *box in conn.exec_driver_sql(scope.over(statement)):
        if confidence >= thresholds.of(Task.DETECT, models[model], name):
            found.setdefault(photo, []).append(Detection(name, confidence, Box(*box)))
    return {photo: tuple(objects) for photo, objects in found.items()}


def _hit(row: Any, words: tuple[str, ...], labels: tuple[Label, ...], objects: tuple[Detection, ...]) -> Hit:
    _, width, height, offline, *metadata, copies, path, score = row
    known = replace(Metadata(*metadata), keywords=words)
    return Hit(path, copies, bool(offline), score, width, height, known, labels, objects)


def id_list(ids: Iterable[int]) -> str:
    """Ids as the inside of an `IN (…)`."""
    return ",".join(str(int(number)) for number in ids)
