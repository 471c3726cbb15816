"""Counting objects and photos, as a whole and in groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from phototag.query.tree import Count, Filter, Node, Not, Or, Tag, Word, labels_of, positive_leaves
from phototag.store.answers import Question
from phototag.store.compile_filters import FOLDER_PATH
from phototag.store.compile_leaves import in_list, joined
from phototag.store.frame import Frame
from phototag.store.paths import shown
from phototag.types import Task

UNKNOWN = "unknown"
GROUPS: Mapping[str, str] = {
    "year": "substr(f.taken_at, 1, 4)",
    "month": "substr(f.taken_at, 1, 7)",
    "day": "substr(f.taken_at, 1, 10)",
    "folder": f"CAST({FOLDER_PATH} AS BLOB)",
    "camera": "f.camera",
}


@dataclass(frozen=True, slots=True)
class Group:
    """One row of a grouped count."""

    key: str
    objects: int | None
    photos: int
    scenes: int | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """How many photos answer, and how many distinct boxes in them a positive object word asks for (None without one).

    `by_word` has the boxes per object word where there are several; `groups` the rows of a grouped count. `scenes` is
    how many scenes the photos show, where each was counted once: with the boxes of the photo that has most of them.
    """

    objects: int | None
    photos: int
    by_word: Mapping[str, int] = field(default_factory=dict)
    groups: tuple[Group, ...] | None = None
    scenes: int | None = None


def object_groups(question: Question) -> tuple[dict[str, Word | Count], list[list[Word | Count]]]:
    """The object words of the query, and which of them are counted together: all, and each where there are several."""
    leaves = _object_leaves(question)
    several = [list(leaves.values())] if leaves else []
    if len(leaves) > 1:
        several += [[leaf] for leaf in leaves.values()]
    return leaves, several


def count(question: Question, by: str | None = None) -> Counted:
    """Count what answers; `by` is a key of `GROUPS`, or `label`."""
    leaves, several = object_groups(question)
    photos, *objects = question.summed(several) or _one_by_one(question, several)
    groups = None if by is None else _by_label(question) if by == "label" else _grouped(question, GROUPS[by])
    by_word = dict(zip(leaves, (number or 0 for number in objects[1:]), strict=True)) if len(leaves) > 1 else {}
    return Counted((objects[0] or 0) if leaves else None, photos, by_word, groups)


def _one_by_one(question: Question, several: list[list[Word | Count]]) -> Sequence[Any]:
    """The numbers of photos, and of boxes for each group of object words, from the rows."""
    compiler = question.compiler()
    frame = question.frame(compiler)
    if frame.source is not None and frame.source.boxes and _is_the_boxes(frame):
        statement = f"SELECT count(DISTINCT b.photo_id), count(*) {frame.source.boxes}"
        return next(question.rows(statement, compiler))
    columns = ["count(*)", *(_sum(frame, leaves) for leaves in several)]
    return next(question.rows(f"SELECT {', '.join(columns)} {frame.text(show=False)}", compiler))


def _is_the_boxes(frame: Frame) -> bool:
    """Whether the boxes of the source are all that the query asks for."""
    return frame.source is not None and frame.source.exact and frame.source.node is frame.node and not frame.online


def _object_leaves(question: Question) -> dict[str, Word | Count]:
    """The positive object words of the query by how they are written, the same ones once; none where none of them can
    be said of a box, as a tag of the user's own."""
    leaves = {_name(leaf): leaf for leaf in positive_leaves(question.node) if isinstance(leaf, Word | Count)}
    return leaves if any(_of_objects(question, leaf) for leaf in leaves.values()) else {}


def _of_objects(question: Question, leaf: Word | Count) -> bool:
    """Whether the leaf asks for objects: a word does where there is a box of it, or where a detector may say it."""
    if isinstance(leaf, Count):
        return True
    labels, lexicon = labels_of(leaf), question.lexicon
    ids = lexicon.ids(labels)
    boxes = f"SELECT 1 FROM detections b WHERE b.live AND {in_list('b.name_id', ids)} LIMIT 1"
    if ids and question.conn.exec_driver_sql(boxes).first() is not None:
        return True
    detectors = [name for number, name in lexicon.models[Task.DETECT] if number not in lexicon.users]
    said = [question.detectable(name) for name in detectors]
    return not said or any(words is None or not labels.isdisjoint(words) for words in said)


def _name(leaf: Word | Count) -> str:
    if isinstance(leaf, Count) and leaf.things.plain and leaf.things.word is not None:
        return str(Word(leaf.things.word, leaf.things.confidence))
    return str(Count(leaf.things)) if isinstance(leaf, Count) else str(leaf)


def _sum(frame: Frame, leaves: list[Word | Count]) -> str:
    """How many boxes there are in all hits: all that there are, where each makes its photo a hit."""
    if frame.online or not _leads_to_hits(frame.node):
        return f"sum({frame.compiler.boxes_of(leaves)})"
    wanted = joined("OR", (f"({frame.compiler.object_rows(leaf, 'b', indexed=True)})" for leaf in leaves))
    return f"(SELECT count(*) FROM detections b WHERE b.live AND {wanted})"


def _leads_to_hits(node: Node) -> bool:
    """Whether any box that the query asks for makes its photo a hit."""
    if isinstance(node, Or):
        return all(map(_leads_to_hits, node.parts))
    return isinstance(node, Word | Tag | Filter | Not) or (
        isinstance(node, Count) and (node.low, node.high) == (1, None)
    )


def _grouped(question: Question, key: str) -> tuple[Group, ...]:
    compiler = question.compiler()
    leaves = list(_object_leaves(question).values())
    objects = f"sum({compiler.boxes_of(leaves)})" if leaves else "NULL"
    statement = (
        f"SELECT {key} AS key, {objects}, count(*) {question.frame(compiler).text(show=True)} "
        "GROUP BY key ORDER BY key IS NULL, key"
    )
    return tuple(_group(*row) for row in question.rows(statement, compiler))


def _by_label(question: Question) -> tuple[Group, ...]:
    """Per label of the boxes that are asked for; without such, per label of the photos."""
    compiler = question.compiler()
    leaves = list(_object_leaves(question).values())
    if leaves:
        task, table = Task.DETECT, "detections b"
        wanted = joined("OR", (f"({compiler.object_rows(leaf, 'b', indexed=False)})" for leaf in leaves))
    else:
        task, table = Task.CLASSIFY, "words b"
        wanted = compiler.leaves.own_label("b")
    rows = compiler.leaves.own_rows(task, "b", "p.id")
    objects = "count(b.name_id)" if leaves else "NULL"
    hits = f"SELECT p.id {question.frame(compiler).text(show=False)}"
    statement = (
        f"SELECT n.name, {objects}, count(DISTINCT p.id) FROM ({hits}) p "
        f"LEFT JOIN {table} ON {rows} AND {wanted} LEFT JOIN names n ON n.id = b.name_id "
        "GROUP BY n.name ORDER BY n.name IS NULL, 3 DESC, n.name"
    )
    return tuple(_group(*row) for row in question.rows(statement, compiler))


def _group(key: str | bytes | None, objects: int | None, photos: int) -> Group:
    return Group(shown_key(key), objects, photos)


def shown_key(key: str | bytes | None) -> str:
    """A group's key as text."""
    return UNKNOWN if key is None else shown(key) if isinstance(key, bytes) else key
