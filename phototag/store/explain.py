"""Hits with the reasons that made them match, and what empties a query that has none."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from phototag.geometry import Box
from phototag.query.asked import same_models
from phototag.query.explain import Reason, parts, reasons
from phototag.query.record import Record
from phototag.query.tree import Node
from phototag.store import keywords
from phototag.store.answers import Question
from phototag.store.hits import PAGE, id_list
from phototag.store.reading import Connection
from phototag.store.scope import ANYONE, Scope
from phototag.types import Detection, Hit, Label, Metadata


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a query, and how many photos answer it alone."""

    text: str
    photos: int


def explained(
    question: Question, limit: int | None = None, sort: str = "score"
) -> Iterator[tuple[Hit, tuple[Reason, ...]]]:
    """The hits as `search` gives them, each with the reasons for it."""
    rows = question.select(limit, sort)
    while page := list(islice(rows, PAGE)):
        records = read_records(question.conn, page, question.scope)
        hits = question.hits(iter(page))
        for hit, record in zip(hits, records, strict=True):
            yield hit, tuple(reasons(question.node, record, question.thresholds))


def emptied_by(question: Question) -> tuple[Part, ...]:
    """The parts that `and` joins in the query, each with the number of photos it finds alone."""

    def alone(node: Node) -> int:
        return Question(question.conn, same_models(node, question.node), question.thresholds, question.online).total()

    return tuple(Part(str(part), alone(part)) for part in parts(question.node))


def read_records(conn: Connection, rows: Sequence[Any], scope: Scope = ANYONE) -> list[Record]:
    """The photos of rows as `Question.select` gives them, with everything that answers for them."""
    ids = id_list(row[0] for row in rows)
    models: dict[tuple[int, str], str] = {}
    statement = (
        "SELECT a.photo_id, a.task, m.name FROM analyses a JOIN models m ON m.id = a.model_id "
        f"WHERE a.live AND a.photo_id IN ({ids})"
    )
    for photo, task, name in conn.exec_driver_sql(scope.over(statement)):
        models[photo, task] = name
    words: dict[int, list[Label]] = {}
    statement = (
        "SELECT w.photo_id, n.name, w.confidence FROM words w JOIN names n ON n.id = w.name_id "
        f"WHERE w.live AND w.photo_id IN ({ids}) ORDER BY w.confidence DESC"
    )
    for photo, name, confidence in conn.exec_driver_sql(scope.over(statement)):
        words.setdefault(photo, []).append(Label(name, confidence))
    detections: dict[int, list[Detection]] = {}
    statement = (
        "SELECT b.photo_id, n.name, b.confidence, b.x1, b.y1, b.x2, b.y2 FROM detections b "
        f"JOIN names n ON n.id = b.name_id WHERE b.live AND b.photo_id IN ({ids}) ORDER BY b.number"
    )
    for photo, name, confidence, *box in conn.exec_driver_sql(scope.over(statement)):
        detections.setdefault(photo, []).append(Detection(name, confidence, Box(*box)))
    failed = conn.exec_driver_sql(
        "SELECT g.photo_id FROM files g JOIN problems e ON e.folder_id = g.folder_id AND e.name = g.name "
        f"WHERE g.state = 0 AND g.photo_id IN ({ids})"
    )
    problems = set(failed.scalars())
    corrected = conn.exec_driver_sql(f"SELECT photo_id FROM corrections WHERE effective AND photo_id IN ({ids})")
    mended = set(corrected.scalars())
    marks = keywords.of_photos(conn, (row[0] for row in rows))
    records = (_record(row, models, tuple(words.get(row[0], ())), tuple(detections.get(row[0], ()))) for row in rows)
    return [
        replace(
            record,
            metadata=replace(record.metadata, keywords=marks.get(row[0], ())),
            failed=row[0] in problems,
            corrected=row[0] in mended,
        )
        for row, record in zip(rows, records, strict=True)
    ]


def _record(
    row: Any,
    models: dict[tuple[int, str], str],
    words: tuple[Label, ...],
    detections: tuple[Detection, ...],
) -> Record:
    photo, width, height, offline, *metadata, copies, path, _ = row
    return Record(
        path=path,
        width=width,
        height=height,
        metadata=Metadata(*metadata),
        classifier=models.get((photo, "classify")),
        detector=models.get((photo, "detect")),
        words=words,
        detections=detections,
        copies=copies,
        offline=bool(offline),
    )
