"""Where to begin: the shortest list of photos that has every answer in it.

A condition on each of a million photos is slow. Most queries name a word, and the index by name and confidence lists
its photos at once; of several words that `and` joins, the rarest leads and the others are looked up photo by photo. For
the best hits not even that list is read to its end: `floor` is a score that enough photos seem to reach.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from phototag.query.conditions import Contains, HasKeyword, TakenBetween, Within
from phototag.query.tree import And, Count, Filter, Node, Or, Tag, Things, Word
from phototag.store.bits import has, members
from phototag.store.compile import Compiler, things_of
from phototag.store.compile_filters import folders_with, passes
from phototag.store.compile_leaves import NEVER
from phototag.store.planes import OBJECT
from phototag.store.reading import Connection
from phototag.store.scope import Scope

STALE = "SELECT s.photo_id FROM stale_photos s CROSS JOIN photos q ON q.id = s.photo_id WHERE q.file_id IS NOT NULL"
CAP = 20_000  # lists longer than this are all called long
# Each camera once, from one step in the index to the next.
_CAMERAS = (
    "WITH RECURSIVE f (camera) AS (SELECT min(camera) FROM files UNION ALL "
    "SELECT (SELECT min(g.camera) FROM files g WHERE g.camera > f.camera) FROM f WHERE f.camera IS NOT NULL) "
    "SELECT f.camera FROM f"
)


@dataclass(frozen=True, slots=True)
class Source:
    """A SELECT of `photo_id`s for `node`, which is the query or a part of it. `exact`: they are what answers `node`, no
    more; `distinct`: each comes once; `boxes` is `FROM … WHERE …` of the boxes `b` themselves, each once, where each
    has to be looked at."""

    select: str
    exact: bool
    distinct: bool
    node: Node
    boxes: str | None = None


@dataclass(frozen=True, slots=True)
class Sources:
    """Chooses sources for one statement. `candidates` gives the set of photos that alone may answer a part of the
    query, where the planes can tell."""

    conn: Connection
    compiler: Compiler
    scope: Scope
    candidates: Callable[[Node], bytes | None]

    def of(self, node: Node, floor: float | None = None) -> Source | None:
        """The shortest source for a query, of photos that score `floor` or more; None if only a full scan will do.

        With a floor, the query has to be one that always gives a score.
        """
        if isinstance(node, And):
            return self._shortest(node, floor)
        if isinstance(node, Or):
            return self._union(node, floor)
        if isinstance(node, Word | Tag):
            selects = list(self._leaf_selects(node, floor))
            return Source(" UNION ALL ".join(selects), True, isinstance(node, Tag), node)
        if isinstance(node, Count) and node.low and not node.things.complement:
            if node.things.labels is None and floor is None:
                return None  # nearly every photo has an object
            # With a floor the list of the boxes themselves is short.
            boxes = self._chosen(node.things) if floor is None else None
            select = f"SELECT b.photo_id {boxes}" if boxes else next(self._leaf_selects(node, floor))
            return Source(select, (node.low, node.high) == (1, None), False, node, boxes)
        return self._filtered(node) if isinstance(node, Filter) and floor is None else None

    def _filtered(self, node: Filter) -> Source | None:
        """Photos that pass a filter with an index of its own."""
        condition = node.condition
        if isinstance(condition, HasKeyword):
            keyword = self.compiler.parameters.add(condition.keyword)
            files, passing = "(SELECT DISTINCT file_id AS id FROM keywords k WHERE k.folded = {0})", "1"
            files = files.format(keyword)
        elif isinstance(condition, TakenBetween | Within):
            files, passing = "files", passes(condition, self.compiler.leaves)
        elif isinstance(condition, Contains) and condition.field == "folder":
            files, passing = "files", f"f.folder_id IN ({folders_with(condition.text, self.compiler.leaves)})"
        elif isinstance(condition, Contains) and condition.field == "camera":
            files, passing = "files", f"f.camera IN ({_CAMERAS} WHERE {passes(condition, self.compiler.leaves)})"
        else:
            return None
        select = f"SELECT p.id AS photo_id FROM {files} f CROSS JOIN photos p ON p.file_id = f.id WHERE {passing}"
        return Source(select, True, True, node)

    def kth(self, node: Node, rank: int) -> float | None:
        """A score that about `rank` photos or more reach; None where so many are not to be had."""
        if isinstance(node, And):
            found = [self.kth(part, rank) for part in node.parts if always_scored(part)]
            return None if None in found else min(one for one in found if one is not None)
        if isinstance(node, Or):
            several = [self.kth(part, rank) for part in node.parts]
            return max((one for one in several if one is not None), default=None)
        parameters = dict(self.compiler.parameters.values)
        best: float | None = None
        for select in self._ranked(node):
            statement = f"{select} LIMIT 1 OFFSET {int(rank)}"
            row = self.conn.exec_driver_sql(statement, parameters | self.compiler.parameters.values).first()
            best = max(filter(None, (best, row and row[0])), default=None)
        return best

    def _ranked(self, node: Node) -> Iterator[str]:
        leaves = self.compiler.leaves
        if isinstance(node, Word | Tag):
            tagged = leaves.tagged(node, "w", indexed=True)
            yield f"SELECT w.confidence FROM words w WHERE w.live AND {tagged} ORDER BY 1 DESC"
        if isinstance(node, Word | Count):
            things = node.things if isinstance(node, Count) else things_of(node)
            for label in sorted(self._common_labels() if things.labels is None else things.labels):
                if label not in leaves.lexicon.names:
                    continue
                one = Things(label, things.confidence, labels=frozenset({label}))
                condition = leaves.described(one, "b", indexed=True)
                yield f"SELECT b.confidence FROM detections b WHERE b.live AND {condition} ORDER BY 1 DESC"

    def _leaf_selects(self, node: Word | Tag | Count, floor: float | None) -> Iterator[str]:
        leaves = self.compiler.leaves
        if isinstance(node, Word | Tag):
            condition = leaves.tagged(node, "w", indexed=True, floor=floor)
            yield f"SELECT w.photo_id FROM words w WHERE w.live AND {condition}"
        if isinstance(node, Word | Count):
            things = node.things if isinstance(node, Count) else things_of(node)
            if things.labels is None:
                things = replace(things, labels=frozenset(leaves.lexicon.names))
            condition = leaves.described(things, "b", indexed=True, floor=floor)
            if condition == NEVER and isinstance(node, Word):
                return
            related = f" AND {leaves.related(things.relation, 'b')}" if things.relation else ""
            yield f"SELECT b.photo_id FROM detections b WHERE b.live AND {condition}{related}"

    def _chosen(self, things: Things) -> str | None:
        """The boxes that are as large, or lie so to others, as is asked; from the photos that have such labels, in
        order: the rows of a photo lie together in the file, and those of the next beside them."""
        if not things.measures and not things.relation:
            return None
        found = self.candidates(Count(things))
        photos = self._with_boxes(things) if found is None else self._listed(members(found))
        return self.compiler.leaves.boxes_among(things, photos)

    def among(self, photos: bytes, node: Node, source: Source | None = None) -> Source:
        """The photos of a set, of those of the source if there is one."""
        if source is None:
            return Source(self._listed(members(photos)), False, True, node)
        rows = self.conn.exec_driver_sql(self.scope.over(source.select), dict(self.compiler.parameters.values))
        both = sorted(photo for photo in set(rows.scalars()) if has(photos, photo))
        return replace(source, select=self._listed(both), distinct=True)

    def _listed(self, photos: list[int]) -> str:
        return f"SELECT value AS photo_id FROM json_each({self.compiler.parameters.add(str(photos))})"

    def _with_boxes(self, things: Things) -> str:
        """The photos that have boxes of this sort, or of that beside which they are to lie, whichever is rarer."""
        relation = things.relation
        shortest = self._boxes(Things(things.word, things.confidence, labels=things.labels))
        if relation is not None and relation.other.labels is not None and not relation.other.complement:
            # Each photo costs a look at another part of the file, so that counting even many exactly is worth it.
            several = (shortest, self._boxes(relation.other))
            shortest = min(several, key=lambda source: self.length(source, 50 * CAP))
        return f"SELECT photo_id FROM ({shortest.select}) GROUP BY photo_id"

    def _boxes(self, things: Things) -> Source:
        (select,) = self._leaf_selects(Count(things), None)
        return Source(select, True, False, Count(things))

    def _common_labels(self) -> list[str]:
        """The labels that objects had when the planes were made: enough to guess a score by."""
        rows = self.conn.exec_driver_sql(
            "SELECT n.name FROM names n WHERE n.id IN (SELECT name_id FROM planes WHERE kind = ?)", (OBJECT,)
        )
        return list(rows.scalars())

    def _union(self, node: Or, floor: float | None) -> Source | None:
        found = []
        for part in node.parts:
            source = self.of(part, floor)
            if source is None:
                return None
            # The source of an `and` is exact for one of its parts only.
            found.append(replace(source, exact=source.exact and source.node is part))
        # SQLite joins at most 500 SELECTs; nested ones count anew.
        select = " UNION ALL ".join(f"SELECT photo_id FROM ({source.select})" for source in found)
        return Source(select, all(source.exact for source in found), False, node)

    def _shortest(self, node: And, floor: float | None) -> Source | None:
        # Lists of words are short with a floor, and then no other need be counted further.
        parts = sorted(node.parts, key=lambda part: not always_scored(part))
        several = [self.of(part, floor if always_scored(part) else None) for part in parts]
        found = [source for source in several if source is not None]
        best, least = (found[0] if found else None), CAP
        for source in found if len(found) > 1 else ():
            length = self.length(source, least)
            if length < least:
                best, least = source, length
        if len(found) > 1 and least >= CAP and floor is None and (both := self.candidates(node)) is not None:
            return self.among(both, node)
        return best

    def length(self, source: Source, most: int | None = None) -> int:
        """How many rows a source has, `most` (or `CAP`) at most."""
        statement = f"SELECT count(*) FROM (SELECT 1 FROM ({source.select}) LIMIT {CAP if most is None else most})"
        return int(
            self.conn.exec_driver_sql(self.scope.over(statement), dict(self.compiler.parameters.values)).scalar_one()
        )


def always_scored(node: Node) -> bool:
    """Whether every photo that answers has a score."""
    if isinstance(node, And):
        return any(map(always_scored, node.parts))
    if isinstance(node, Or):
        return all(map(always_scored, node.parts))
    return isinstance(node, Word | Tag) or (isinstance(node, Count) and node.low > 0)


def rest(node: Node, source: Source) -> tuple[Node, ...]:
    """What is still to be asked of the photos of a source."""
    if not source.exact:
        return (node,)
    if source.node is node:
        return ()
    if isinstance(node, And):
        return tuple(part for part in node.parts if part is not source.node)
    return (node,)
