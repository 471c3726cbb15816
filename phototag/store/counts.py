"""Counting objects and photos, as a whole and in groups."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from phototag.query.tree import Count, Word, positive_leaves
from phototag.store.answers import Question
from phototag.store.compile import PHOTOS, Compiler
from phototag.store.compile_filters import FOLDER_PATH
from phototag.store.compile_leaves import joined
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


@dataclass(frozen=True, slots=True)
class Counted:
    """How many photos answer, and how many distinct boxes in them a positive object word asks for (None without one).

    `by_word` has the boxes per object word where there are several; `groups` the rows of a grouped count.
    """

    objects: int | None
    photos: int
    by_word: Mapping[str, int] = field(default_factory=dict)
    groups: tuple[Group, ...] | None = None


def count(question: Question, by: str | None = None) -> Counted:
    """Count what answers; `by` is a key of `GROUPS`, or `label`."""
    leaves = _object_leaves(question)
    compiler = question.compiler()
    columns = ["count(*)"]
    if leaves:
        columns.append(f"sum({_boxes(compiler, list(leaves.values()))})")
    if len(leaves) > 1:
        columns += [f"sum({_boxes(compiler, [leaf])})" for leaf in leaves.values()]
    statement = f"SELECT {', '.join(columns)} FROM {PHOTOS} WHERE {question.condition(compiler)}"
    photos, *objects = next(question.rows(statement, compiler))
    groups = None if by is None else _by_label(question) if by == "label" else _grouped(question, GROUPS[by])
    by_word = dict(zip(leaves, (number or 0 for number in objects[1:]), strict=True)) if len(leaves) > 1 else {}
    return Counted((objects[0] or 0) if leaves else None, photos, by_word, groups)


def _object_leaves(question: Question) -> dict[str, Word | Count]:
    """The positive object words of the query by how they are written, the same ones once."""
    return {_name(leaf): leaf for leaf in positive_leaves(question.node) if isinstance(leaf, Word | Count)}


def _name(leaf: Word | Count) -> str:
    if isinstance(leaf, Count) and leaf.things.plain and leaf.things.word is not None:
        return str(Word(leaf.things.word, leaf.things.confidence))
    return str(Count(leaf.things)) if isinstance(leaf, Count) else str(leaf)


def _boxes(compiler: Compiler, leaves: list[Word | Count]) -> str:
    wanted = joined("OR", (f"({compiler.object_rows(leaf, 'b', indexed=False)})" for leaf in leaves))
    rows = compiler.leaves.own_rows(Task.DETECT, "b", "p.id")
    return f"(SELECT count(*) FROM detections b WHERE {rows} AND {wanted})"


def _grouped(question: Question, key: str) -> tuple[Group, ...]:
    compiler = question.compiler()
    leaves = list(_object_leaves(question).values())
    objects = f"sum({_boxes(compiler, leaves)})" if leaves else "NULL"
    statement = (
        f"SELECT {key} AS key, {objects}, count(*) FROM {PHOTOS} WHERE {question.condition(compiler)} "
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
    statement = (
        "SELECT n.name, "
        f"{'count(b.name_id)' if leaves else 'NULL'}, count(DISTINCT p.id) FROM {PHOTOS} "
        f"LEFT JOIN {table} ON {rows} AND {wanted} LEFT JOIN names n ON n.id = b.name_id "
        f"WHERE {question.condition(compiler)} GROUP BY n.name ORDER BY n.name IS NULL, 3 DESC, n.name"
    )
    return tuple(_group(*row) for row in question.rows(statement, compiler))


def _group(key: str | bytes | None, objects: int | None, photos: int) -> Group:
    name = UNKNOWN if key is None else shown(key) if isinstance(key, bytes) else key
    return Group(name, objects, photos)
