"""From a resolved query to one SELECT over the planes: sets of photos as bits, instead of photos one by one.

Sizes, places, relations, filters and thresholds of a query's own need the rows; `rows` makes sets of those.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from phototag.query.conditions import TakenBetween
from phototag.query.thresholds import Thresholds
from phototag.query.tree import And, Count, Filter, Node, Not, Or, Tag, Things, Word
from phototag.store.bits import CHUNK_BYTES
from phototag.store.compile import Compiler, things_of
from phototag.store.lexicon import Lexicon
from phototag.store.planes import (
    ANY,
    KINDS,
    MONTH,
    OBJECT,
    PLACES,
    REACHABLE,
    SEEN,
    TAG,
    TASKS,
    Planes,
    signature,
)
from phototag.types import Task

EMPTY = "x''"


class NotInPlanes(Exception):  # noqa: N818 -- no fault, but a way out of the recursion
    """The query asks for what the planes do not hold."""


@dataclass(frozen=True, slots=True)
class BitCompiler:
    """Expressions whose values are sets of photos.

    `rows` gives `FROM … WHERE …` for the photos `p` that answer a query; without it there is no statement for what
    needs the rows. `stale` gives the same for those among the stale photos, whose bits are not to be believed.
    `within` is a set that has every photo that answers: only there do `rows` have to be right.
    """

    lexicon: Lexicon
    thresholds: Thresholds
    planes: Planes
    compiler: Compiler
    stale: Callable[[Node], str]
    rows: Callable[[Node], str] | None = None
    within: str | None = None

    def statement(self, node: Node, groups: Iterable[Iterable[Word | Count]]) -> str | None:
        """One row: the number of photos, and for each group of object words the number of their boxes in those."""
        several = [list(group) for group in groups]
        try:
            hits = self._believed(self._hits(node))
            boxes = [self._boxes(*self._labels(map(_things, group))) for group in several]
        except NotInPlanes:
            return None
        photos = "bits_size(h.bits)"
        if self.planes.stale:
            stale = self.stale(node)
            photos += f" + (SELECT count(*) {stale})"
            rows = [f"(SELECT coalesce(sum({self.compiler.boxes_of(group)}), 0) {stale})" for group in several]
            boxes = [f"{sets} + {more}" for sets, more in zip(boxes, rows, strict=True)]
        return f"WITH h AS MATERIALIZED (SELECT {hits} AS bits) SELECT {', '.join([photos, *boxes])} FROM h"

    def members(self, node: Node) -> str | None:
        """One row: the photos, as a set."""
        try:
            return self._members(self._hits(node), node)
        except NotInPlanes:
            return None

    def candidates(self, node: Node) -> str | None:
        """One row: a set with every photo that answers, and maybe others; None where the planes can't narrow it."""
        hits = self.possible(node)
        return None if hits is None else self._members(hits, node)

    def _members(self, hits: str, node: Node) -> str:
        if self.planes.stale:
            stale = f"coalesce((SELECT bits_of(p.id) {self.stale(node)}), {EMPTY})"
            hits = f"bits_either({self._believed(hits)}, {stale})"
        return f"SELECT {hits}"

    def _believed(self, hits: str) -> str:
        """The photos of a set, but for stale ones."""
        return f"bits_without({hits}, (SELECT bits_of(photo_id) FROM stale_photos))" if self.planes.stale else hits

    def _hits(self, node: Node) -> str:
        return self.true(node) if self.within is None else f"bits_both({self.true(node)}, {self.within})"

    def true(self, node: Node) -> str:
        """The photos where the query is true."""
        if isinstance(node, And):
            return _folded("bits_both", list(map(self.true, node.parts)))
        if isinstance(node, Or):
            return _folded("bits_either", list(map(self.true, node.parts)))
        if isinstance(node, Not):
            return self.false(node.part)
        try:
            return self._leaf(node)
        except NotInPlanes:
            return self._from_rows(node)

    def false(self, node: Node) -> str:
        """The photos where the query is false."""
        if isinstance(node, And):
            return _folded("bits_either", list(map(self.false, node.parts)))
        if isinstance(node, Or):
            return _folded("bits_both", list(map(self.false, node.parts)))
        if isinstance(node, Not):
            return self.true(node.part)
        if isinstance(node, Filter):
            return self._filtered_out(node)
        seen = self._seen(Task.CLASSIFY if isinstance(node, Tag) else Task.DETECT)
        if isinstance(node, Word):
            seen = f"bits_both({seen}, {self._seen(Task.CLASSIFY)})"
        return f"bits_without({seen}, {self.true(node)})"

    def possible(self, node: Node) -> str | None:
        """All photos where the query may be true, by what planes there are. What is denied is not looked at: that is
        true of most."""
        if isinstance(node, And | Or):
            sets = list(map(self.possible, node.parts))
            known = [one for one in sets if one is not None]
            if not known or (isinstance(node, Or) and len(known) < len(sets)):
                return None
            return _folded("bits_both" if isinstance(node, And) else "bits_either", known)
        if isinstance(node, Not) or (isinstance(node, Count) and not node.low):
            return None
        try:
            return self._leaf(node)
        except NotInPlanes:
            return self._holding(node.things) if isinstance(node, Count) else None

    def _holding(self, things: Things) -> str | None:
        """The photos that have such boxes, and what these are to lie beside, wherever and however large."""
        others = [] if things.relation is None else [things.relation.other]
        sets = []
        for one in (things, *others):
            with suppress(NotInPlanes):
                sets.append(self._at_least(replace(one, measures=(), relation=None, places=one.places[:1]), 1))
        return _folded("bits_both", sets) if sets else None

    def _leaf(self, node: Node) -> str:
        if isinstance(node, Tag):
            return self._tag(node)
        if isinstance(node, Word):
            return f"bits_either({self._tag(node)}, {self._at_least(things_of(node), 1)})"
        if isinstance(node, Count):
            return self._counted(node)
        if isinstance(node, Filter) and isinstance(node.condition, TakenBetween):
            return self._taken(node.condition)
        raise NotInPlanes

    def _filtered_out(self, node: Filter) -> str:
        """A filter is false wherever it is not true."""
        return f"bits_without({self._plane(SEEN, [REACHABLE], 1)}, {self.true(node)})"

    def _taken(self, between: TakenBetween) -> str:
        """The photos of whole months."""
        ends = [(f"name_id {sign} {_month(end)}") for sign, end in ((">=", between.low), ("<", between.high)) if end]
        where = " AND ".join([f"kind = {MONTH}", *ends])
        return f"coalesce((SELECT bits_union(chunk, bits) FROM planes WHERE {where}), {EMPTY})"

    def _from_rows(self, node: Node) -> str:
        if self.rows is None:
            raise NotInPlanes
        return f"coalesce((SELECT bits_of(p.id) {self.rows(node)}), {EMPTY})"

    def _counted(self, node: Count) -> str:
        enough = self._at_least(node.things, node.low) if node.low else self._seen(Task.DETECT)
        return enough if node.high is None else f"bits_without({enough}, {self._at_least(node.things, node.high + 1)})"

    def _tag(self, node: Word | Tag) -> str:
        ids = [self.lexicon.names[node.word]] if node.word in self.lexicon.names else []
        self._check(Task.CLASSIFY, [node.word], node.confidence)
        return self._plane(TAG, ids, 1)

    def _at_least(self, things: Things, number: int) -> str:
        """The photos with so many boxes; the boxes of several labels are not counted together."""
        kind, ids = self._labels([things])
        if number > 1 and len(ids) != 1:
            raise NotInPlanes
        return self._plane(kind, ids, number)

    def _labels(self, several: Iterable[Things]) -> tuple[int, list[int]]:
        """The kind of plane that has the boxes, and the ids of all labels that they may have."""
        found: set[str] = set()
        kinds: set[int] = set()
        for things in several:
            kinds.add(_kind(things))
            labels = self.lexicon.names.keys() & things.labels if things.labels is not None else set(self.lexicon.names)
            labels = self.lexicon.names.keys() - labels if things.complement else labels
            self._check(Task.DETECT, labels, things.confidence)
            found |= labels
        if len(kinds) != 1:
            raise NotInPlanes
        (kind,) = kinds
        if kind == OBJECT and len(found) == len(self.lexicon.names):
            return kind, [ANY]
        return kind, [number for number in self.lexicon.ids(found) if number in self.planes.boxed]

    def _check(self, task: Task, names: Iterable[str], asked: float | None) -> None:
        for name in names:
            number = self.lexicon.names.get(name)
            wanted = number is not None and signature(self.lexicon, self.thresholds, task, name, asked)
            if number is not None and wanted and not self.planes.hold(KINDS[task], number, wanted):
                raise NotInPlanes

    def _seen(self, task: Task) -> str:
        return self._plane(SEEN, [TASKS[task]], 1)

    def _plane(self, kind: int, ids: list[int], number: int) -> str:
        if not ids:
            return EMPTY
        names = ",".join(map(str, ids))
        where = f"kind = {kind} AND name_id IN ({names}) AND nth = {number}"
        # An aggregate of no rows is NULL.
        return f"coalesce((SELECT bits_union(chunk, bits) FROM planes WHERE {where}), {EMPTY})"

    def _boxes(self, kind: int, ids: list[int]) -> str:
        names = ",".join(map(str, ids)) or "NULL"
        # Past its end, a part of a set is NULL.
        part = f"coalesce(substr(h.bits, m.chunk * {CHUNK_BYTES} + 1, {CHUNK_BYTES}), {EMPTY})"
        rows = f"planes m WHERE m.kind = {kind} AND m.name_id IN ({names})"
        return f"coalesce((SELECT bits_overlap(m.bits, {part}) FROM {rows}), 0)"


def _things(leaf: Word | Count) -> Things:
    return leaf.things if isinstance(leaf, Count) else things_of(leaf)


def _kind(things: Things) -> int:
    """The kind of plane that has boxes described so."""
    if things.plain:
        return OBJECT
    if things.measures or things.relation or len(things.places) != 1 or things.labels is None or things.complement:
        raise NotInPlanes
    return PLACES[things.places[0]]


def _month(end: str) -> int:
    """The number of the month that begins at a date."""
    if not end.endswith("-01"):
        raise NotInPlanes
    return int(end[:4]) * 100 + int(end[5:7])


def _folded(function: str, values: list[str]) -> str:
    """A function of two sets over any number of them, as a balanced tree."""
    while len(values) > 1:
        odd = [values[-1]] if len(values) % 2 else []
        values = [f"{function}({a}, {b})" for a, b in zip(values[::2], values[1::2], strict=False)] + odd
    return values[0]
