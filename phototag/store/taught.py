"""Taught tags: the user's own words, which a linear model on a classifier's feature vectors gives to photos.

A taught tag's rows in `words` are labels of that classifier beside its own: they answer where its analysis does, the
user's corrections win over them, and a new analysis of the photo replaces them (`phototag.app.taught` gives them anew).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy

from phototag.store import liveness
from phototag.store.clock import now
from phototag.store.names import intern
from phototag.store.reading import Connection


@dataclass(frozen=True, slots=True)
class TaughtTag:
    """A tag and the linear model that gives it: `weights` are 32-bit floats, little-endian, one for each number of the
    vectors of the classifier `model` (row `model_id`, `current`: it is the one that analyses new photos). `report` is
    what was measured when it was taught, as JSON; `photos` have it now, at `threshold`."""

    name: str
    model_id: int
    model: str
    current: bool
    weights: bytes
    bias: float
    threshold: float
    report: str
    at: str
    photos: int = 0


_COLUMNS = "n.name, t.model_id, m.name, m.current, t.weights, t.bias, t.threshold, t.report, t.at"
_TABLES = "taught t JOIN names n ON n.id = t.name_id JOIN models m ON m.id = t.model_id"


def read_taught(conn: Connection) -> tuple[TaughtTag, ...]:
    """Every taught tag, by name; one taught for several classifiers comes once for each."""
    rows = conn.exec_driver_sql(
        f"SELECT {_COLUMNS}, (SELECT count(*) FROM words w WHERE w.live AND w.name_id = t.name_id "
        "AND w.model_id = t.model_id AND w.confidence >= t.threshold) "
        f"FROM {_TABLES} ORDER BY n.name, m.current DESC, t.at DESC"
    )
    return tuple(map(_tag, rows))


def taught_for(conn: Connection, model_id: int) -> tuple[TaughtTag, ...]:
    """The tags that were taught for a classifier, without counting their photos."""
    rows = conn.exec_driver_sql(f"SELECT {_COLUMNS} FROM {_TABLES} WHERE t.model_id = ? ORDER BY n.name", (model_id,))
    return tuple(map(_tag, rows))


def store_taught(conn: sqlalchemy.Connection, tag: TaughtTag, confidences: Iterable[tuple[int, float]]) -> None:
    """Keep a tag, in the place of an earlier one of its name and classifier, and give it to photos (by id).

    Photos that the classifier has not analysed, or that were pruned since, are passed over.
    """
    name = intern(conn, [tag.name])[tag.name]
    conn.exec_driver_sql(
        "INSERT OR REPLACE INTO taught (name_id, model_id, weights, bias, threshold, report, at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (name, tag.model_id, tag.weights, tag.bias, tag.threshold, tag.report, now()),
    )
    _drop_words(conn, name, tag.model_id)
    rows = [(name, confidence, confidence, photo, tag.model_id) for photo, confidence in confidences]
    if rows:
        conn.exec_driver_sql(
            "INSERT INTO words (photo_id, model_id, name_id, confidence, own, live) "
            "SELECT photo_id, model_id, ?, ?, ?, 0 FROM analyses WHERE photo_id = ? AND model_id = ?",
            rows,
        )
    liveness.touch(conn, (row[3] for row in rows))
    liveness.settle(conn)


def forget_taught(conn: Connection, name: str) -> bool:
    """Drop a taught tag and what it gave to photos; False where there is none. The user's own tags stay."""
    rows = conn.exec_driver_sql(
        "SELECT t.name_id, t.model_id FROM taught t JOIN names n ON n.id = t.name_id WHERE n.name = ?", (name,)
    ).fetchall()
    for name_id, model_id in rows:
        _drop_words(conn, name_id, model_id)
        conn.exec_driver_sql("DELETE FROM taught WHERE name_id = ? AND model_id = ?", (name_id, model_id))
    liveness.settle(conn)
    return bool(rows)


def _tag(row: Any) -> TaughtTag:
    name, model_id, model, current, *rest = row
    return TaughtTag(name, model_id, model, bool(current), *rest)


def _drop_words(conn: Connection, name_id: int, model_id: int) -> None:
    mine = "FROM words WHERE name_id = ? AND model_id = ?"
    liveness.touch_select(conn, f"SELECT photo_id {mine}", (name_id, model_id))
    conn.exec_driver_sql(f"DELETE {mine}", (name_id, model_id))
