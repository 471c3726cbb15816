"""From a resolved query tree to one SELECT.

Truth has three values (`phototag.query.meaning`), so each node compiles twice: to where it is true, and to where it is
false. A photo is `p`, its first reachable file `f`, with folder `d` and root `r`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from phototag.query.thresholds import Thresholds
from phototag.query.tree import And, Count, Filter, Node, Not, Or, Tag, Things, Word
from phototag.store.compile_filters import passes
from phototag.store.compile_leaves import OVER, Leaves, Parameters, joined
from phototag.store.lexicon import Lexicon
from phototag.types import Task

PHOTOS = (
    "photos p JOIN files f ON f.id = p.file_id JOIN folders d ON d.id = f.folder_id JOIN roots r ON r.id = d.root_id"
)
NO_SCORE = -1.0  # below every confidence


@dataclass(frozen=True, slots=True)
class Compiler:
    """Conditions and scores of one statement about photos `p`."""

    leaves: Leaves

    @classmethod
    def of(cls, lexicon: Lexicon, thresholds: Thresholds) -> "Compiler":
        """A compiler for one statement on one index."""
        return cls(Leaves(lexicon, thresholds, Parameters()))

    @property
    def parameters(self) -> Parameters:
        """The values that the statement's texts refer to."""
        return self.leaves.parameters

    def true(self, node: Node) -> str:
        """A condition that holds where the query is true."""
        if isinstance(node, And):
            return joined("AND", map(self.true, node.parts))
        if isinstance(node, Or):
            return joined("OR", map(self.true, node.parts))
        if isinstance(node, Not):
            return self.false(node.part)
        if isinstance(node, Filter):
            return f"({passes(node.condition, self.leaves)})"
        if isinstance(node, Count):
            return self._counted(node)
        if isinstance(node, Word | Tag):
            return joined("OR", self._found(node))
        raise ValueError("the tree is not resolved")

    def false(self, node: Node) -> str:
        """A condition that holds where the query is false: not true, and looked at by every model that could tell."""
        if isinstance(node, And):
            return joined("OR", map(self.false, node.parts))
        if isinstance(node, Or):
            return joined("AND", map(self.false, node.parts))
        if isinstance(node, Not):
            return self.true(node.part)
        if isinstance(node, Filter):
            return f"(({passes(node.condition, self.leaves)}) IS NOT TRUE)"
        tasks = {Word: (Task.CLASSIFY, Task.DETECT), Tag: (Task.CLASSIFY,), Count: (Task.DETECT,)}[type(node)]
        return joined("AND", [*map(self._analysed, tasks), f"NOT {self.true(node)}"])

    def score(self, node: Node) -> str:
        """The photo's score where the query is true, NULL for none."""
        return f"nullif({self._score(node)}, {NO_SCORE})"

    def object_rows(self, node: Word | Count, row: str, *, indexed: bool) -> str:
        """The row of `detections` is a box that a positive word of the query asks for."""
        things = node.things if isinstance(node, Count) else things_of(node)
        condition = self.leaves.described(things, row, indexed=indexed)
        return condition if things.relation is None else f"{condition} AND {self.leaves.related(things.relation, row)}"

    def boxes_of(self, leaves: Iterable[Word | Count]) -> str:
        """The number of boxes of photo `p` that any of these object words asks for."""
        wanted = joined("OR", (f"({self.object_rows(leaf, 'b', indexed=False)})" for leaf in leaves))
        rows = self.leaves.own_rows(Task.DETECT, "b", "p.id")
        return f"(SELECT count(*) FROM detections b WHERE {rows} AND {wanted})"

    def _found(self, node: Word | Tag) -> list[str]:
        rows = [f"EXISTS (SELECT 1 FROM words w WHERE {self._tag_rows(node)})"]
        if isinstance(node, Word):
            rows.append(f"EXISTS (SELECT 1 FROM detections b WHERE {self._boxes(things_of(node))})")
        return rows

    def _counted(self, node: Count) -> str:
        boxes = self._boxes(node.things)
        if (node.low, node.high) == (1, None):
            return f"EXISTS (SELECT 1 FROM detections b WHERE {boxes})"
        if (node.low, node.high) == (0, 0):
            return f"({self._analysed(Task.DETECT)} AND NOT EXISTS (SELECT 1 FROM detections b WHERE {boxes}))"
        number = f"(SELECT count(*) FROM detections b WHERE {boxes})"
        low, high = self.parameters.add(node.low), self.parameters.add(node.high)
        within = f"{number} >= {low}" if node.high is None else f"{number} BETWEEN {low} AND {high}"
        return f"({within})" if node.low else f"({self._analysed(Task.DETECT)} AND {within})"

    def _score(self, node: Node) -> str:
        if isinstance(node, And) and tells(node):
            return _folded("min", list(map(self._score, node.parts)))
        if isinstance(node, And):
            scores = [
                f"coalesce(nullif({self._score(part)}, {NO_SCORE}), {OVER})" for part in node.parts if scored(part)
            ]
            return f"coalesce(nullif({_folded('min', scores)}, {OVER}), {NO_SCORE})" if scores else str(NO_SCORE)
        if isinstance(node, Or):
            return _folded("max", [self._score_if_true(part) for part in node.parts if scored(part)])
        if isinstance(node, Count) and node.positive:
            return self._best("detections b", self._boxes(node.things))
        if isinstance(node, Word | Tag):
            tag = self._best("words w", self._tag_rows(node))
            return (
                tag
                if isinstance(node, Tag)
                else _folded("max", [tag, self._best("detections b", self._boxes(things_of(node)))])
            )
        return str(NO_SCORE)

    def _score_if_true(self, node: Node) -> str:
        """What has a score only when it is true needs no second look."""
        own = self._score(node)
        if tells(node):
            return own
        return f"CASE WHEN {self.true(node)} THEN {own} ELSE {NO_SCORE} END"

    def _best(self, table: str, condition: str) -> str:
        row = table.split()[1]
        return f"coalesce((SELECT max({row}.confidence) FROM {table} WHERE {condition}), {NO_SCORE})"

    def _tag_rows(self, node: Word | Tag) -> str:
        return f"{self.leaves.own_rows(Task.CLASSIFY, 'w', 'p.id')} AND {self.leaves.tagged(node, 'w', indexed=False)}"

    def _boxes(self, things: Things) -> str:
        condition = (
            f"{self.leaves.own_rows(Task.DETECT, 'b', 'p.id')} AND {self.leaves.described(things, 'b', indexed=False)}"
        )
        return condition if things.relation is None else f"{condition} AND {self.leaves.related(things.relation, 'b')}"

    def _analysed(self, task: Task) -> str:
        return (
            f"EXISTS (SELECT 1 FROM analyses a WHERE a.photo_id = p.id AND a.task = {self.parameters.add(task.value)} "
            "AND a.live)"
        )


def tells(node: Node) -> bool:
    """Whether the node has a score exactly where it is true."""
    if isinstance(node, And | Or):
        return all(map(tells, node.parts))
    return isinstance(node, Word | Tag) or (isinstance(node, Count) and (node.low, node.high) == (1, None))


def things_of(node: Word) -> Things:
    """The boxes that a bare word asks for."""
    return Things(node.word, node.confidence, labels=node.labels)


def scored(node: Node) -> bool:
    """Whether the node can give a photo a score."""
    if isinstance(node, And | Or):
        return any(map(scored, node.parts))
    return isinstance(node, Word | Tag) or (isinstance(node, Count) and node.positive)


def _folded(function: str, values: list[str]) -> str:
    """`min` or `max` of any number of values, two at a time: SQLite's functions take few arguments."""
    level = values or [str(NO_SCORE)]
    while len(level) > 1:
        odd = [level[-1]] if len(level) % 2 else []
        level = [f"{function}({a}, {b})" for a, b in zip(level[::2], level[1::2], strict=False)] + odd
    return level[0]
