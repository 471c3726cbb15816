"""Hits a page at a time, by key: where a page ends is where the next one begins, however many come before it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from phototag.geometry import Box
from phototag.query.tree import Count, Word, positive_leaves
from phototag.store.answers import Question
from phototag.store.compile import Compiler
from phototag.store.compile_filters import PATH
from phototag.store.compile_leaves import joined
from phototag.store.hits import COLUMNS, PAGE, read_hits
from phototag.types import Detection, Hit, Task

# Each order as its columns, "-" for descending, as `phototag.store.answers.ORDERS` has them. What is NULL has a value
# here that sorts where NULL goes, so that keys compare.
_KEYS: Mapping[str, tuple[str, ...]] = {
    "score": ("-score", "-taken", "path"),
    "-score": ("score_last", "-taken", "path"),
    "taken": ("taken_last", "path"),
    "-taken": ("-taken", "path"),
    "path": ("path",),
    "-path": ("-path",),
}
_COLUMNS = {
    "score": "coalesce(score, -1.0)",
    "score_last": "coalesce(score, 2.0)",
    "taken": "coalesce(taken_at, '')",
    "taken_last": "coalesce(taken_at, '~')",
    "path": "path",
}


@dataclass(frozen=True, slots=True)
class Key:
    """Where a hit stands in every order."""

    score: float | None
    taken_at: str | None
    path: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """A hit with what a page needs besides: the photo's number in the index, and its content in hexadecimal."""

    photo: int
    content: str
    hit: Hit

    @property
    def key(self) -> Key:
        """Where the hit stands in every order."""
        return Key(self.hit.score, self.hit.metadata.taken_at, self.hit.path)


def entries(
    question: Question, sort: str = "score", limit: int | None = None, *, after: Key | None = None, back: bool = False
) -> Iterator[Entry]:
    """The hits in the order of `sort` (a key of `phototag.store.answers.ORDERS`) that follow `after`, streamed.

    With `back`, those before it, nearest first.
    """
    if after is None and not back:
        yield from _read(question, question.select(limit, sort))
        return
    compiler = question.compiler()
    turn = {"-": "", "": "-"} if back else {"-": "-", "": ""}
    columns = [(name.lstrip("-"), turn[name[: name.startswith("-")]]) for name in _KEYS[sort]]
    wanted = "1" if after is None else _beyond(columns, after, compiler)
    order = ", ".join(f"{_COLUMNS[name]}{' DESC' if sign else ''}" for name, sign in columns)
    most = "" if limit is None else f" LIMIT {compiler.parameters.add(limit)}"
    statement = f"SELECT * FROM ({_hits(question, compiler)}) WHERE {wanted} ORDER BY {order}{most}"
    yield from _read(question, question.rows(statement, compiler))


def entry(question: Question, content: str) -> Entry | None:
    """The hit with this content, None when it does not answer the question."""
    compiler = question.compiler()
    photo = compiler.parameters.add(bytes.fromhex(content))
    statement = f"{_hits(question, compiler)} AND p.content = {photo}"
    return next(_read(question, question.rows(statement, compiler)), None)


def found_objects(question: Question, photos: Iterable[int]) -> dict[int, tuple[Detection, ...]]:
    """Per photo (by number) the boxes that a positive object word of the question asks for, best first."""
    compiler = question.compiler()
    leaves = [leaf for leaf in positive_leaves(question.node) if isinstance(leaf, Word | Count)]
    numbers = ",".join(str(int(photo)) for photo in photos)
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


def _hits(question: Question, compiler: Compiler) -> str:
    columns = f"{COLUMNS}, {PATH} AS path, {compiler.score(question.node)} AS score"
    return f"SELECT {columns} {question.frame(compiler).text(show=True)}"


def _read(question: Question, rows: Iterator[Any]) -> Iterator[Entry]:
    while chunk := list(islice(rows, PAGE)):
        contents = _contents(question, [row[0] for row in chunk])
        hits = read_hits(question.conn, iter(chunk), question.lexicon, question.thresholds)
        for row, hit in zip(chunk, hits, strict=True):
            yield Entry(row[0], contents[row[0]], hit)


def _contents(question: Question, photos: Sequence[int]) -> dict[int, str]:
    numbers = ",".join(map(str, photos))
    rows = question.conn.exec_driver_sql(f"SELECT id, content FROM photos WHERE id IN ({numbers})")
    return {photo: content.hex() for photo, content in rows}


def _beyond(columns: Sequence[tuple[str, str]], key: Key, compiler: Compiler) -> str:
    """The row comes after the key: greater in the first column that differs."""
    values = {
        "score": -1.0 if key.score is None else key.score,
        "score_last": 2.0 if key.score is None else key.score,
        "taken": key.taken_at or "",
        "taken_last": key.taken_at or "~",
        "path": key.path,
    }
    condition = "0"
    for name, sign in reversed(columns):
        column, value = _COLUMNS[name], compiler.parameters.add(values[name])
        further = f"{column} {'<' if sign else '>'} {value}"
        condition = f"({further} OR ({column} = {value} AND {condition}))"
    return condition
