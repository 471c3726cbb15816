"""Hits for pages: the order of all of them as numbers, and the few that are looked at with all they show.

A score is worked out, not stored, so "what follows this hit" would cost a whole search for every page. The order is
asked for once instead; a page is then a slice of it, whose cost does not grow with what comes before.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from phototag.geometry import Box
from phototag.query.tree import Count, Word, positive_leaves
from phototag.store.answers import ORDERS, Question
from phototag.store.compile import PHOTOS
from phototag.store.compile_filters import PATH
from phototag.store.compile_leaves import joined
from phototag.store.hits import COLUMNS, PAGE
from phototag.types import Detection, Hit, Task


@dataclass(frozen=True, slots=True)
class Entry:
    """A hit with what a page needs besides: the photo's number in the index, and its content in hexadecimal."""

    photo: int
    content: str
    hit: Hit


def ranked(question: Question, sort: str = "score", limit: int | None = None) -> "array[int]":
    """The numbers of the photos that answer, in the order of `sort` (a key of `phototag.store.answers.ORDERS`)."""
    if limit is not None:
        return array("q", (row[0] for row in question.select(limit, sort)))
    compiler = question.compiler()
    columns = f"p.id, {PATH} AS path, {compiler.score(question.node)} AS score"
    frame = question.frame(compiler).text(show=True)
    rows = question.rows(f"SELECT {columns} {frame} ORDER BY {ORDERS[sort]}", compiler)
    return array("q", (row[0] for row in rows))


def entries(question: Question, sort: str = "score", limit: int | None = None) -> Iterator[Entry]:
    """The hits in the order of `sort`, streamed."""
    return _read(question, question.select(limit, sort))


def entries_of(question: Question, photos: Sequence[int]) -> list[Entry]:
    """The hits with these numbers (from `ranked`), in their order; photos that have gone since are left out."""
    compiler = question.compiler()
    columns = f"{COLUMNS}, {PATH} AS path, {compiler.score(question.node)} AS score"
    rows = question.rows(f"SELECT {columns} FROM {PHOTOS} WHERE p.id IN ({_numbers(photos)})", compiler)
    found = {entry.photo: entry for entry in _read(question, rows)}
    return [found[photo] for photo in photos if photo in found]


def photo_number(question: Question, content: str) -> int | None:
    """The number of the reachable photo with this content (hexadecimal), None when there is none."""
    rows = question.conn.exec_driver_sql(
        "SELECT id FROM photos WHERE content = ? AND file_id IS NOT NULL", (bytes.fromhex(content),)
    )
    found: int | None = rows.scalar_one_or_none()
    return found


def found_objects(question: Question, photos: Iterable[int]) -> dict[int, tuple[Detection, ...]]:
    """Per photo (by number) the boxes that a positive object word of the question asks for, best first."""
    compiler = question.compiler()
    leaves = [leaf for leaf in positive_leaves(question.node) if isinstance(leaf, Word | Count)]
    numbers = _numbers(photos)
    if not leaves or not numbers:
        return {}
    rows = compiler.leaves.own_rows(Task.DETECT, "b", "p.id")
    wanted = joined("OR", (f"({compiler.object_rows(leaf, 'b', indexed=False)})" for leaf in leaves))
    statement = (
        "SELECT p.id, n.name, b.confidence, b.x1, b.y1, b.x2, b.y2 FROM photos p "
        f"JOIN detections b ON {rows} AND {wanted} JOIN names n ON n.id = b.name_id WHERE p.id IN ({numbers}) "
        "ORDER BY b.confidence DESC, b.number"
    )
    found: dict[int, list[Detection]] = {}
    for photo, name, confidence, *box in question.rows(statement, compiler):
        found.setdefault(photo, []).append(Detection(name, confidence, Box(*box)))
    return {photo: tuple(objects) for photo, objects in found.items()}


def _read(question: Question, rows: Iterator[Any]) -> Iterator[Entry]:
    while chunk := list(islice(rows, PAGE)):
        contents = _contents(question, [row[0] for row in chunk])
        hits = question.hits(iter(chunk))
        for row, hit in zip(chunk, hits, strict=True):
            yield Entry(row[0], contents[row[0]], hit)


def _contents(question: Question, photos: Sequence[int]) -> dict[int, str]:
    rows = question.conn.exec_driver_sql(f"SELECT id, content FROM photos WHERE id IN ({_numbers(photos)})")
    return {photo: content.hex() for photo, content in rows}


def _numbers(photos: Iterable[int]) -> str:
    return ",".join(str(int(photo)) for photo in photos)
