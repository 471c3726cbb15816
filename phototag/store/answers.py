"""Answers from the index: one question, one statement."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from phototag.query.asked import models_asked
from phototag.query.conditions import TakenBetween
from phototag.query.thresholds import Thresholds
from phototag.query.tree import And, Count, Filter, Node, Not, Or, Things, Word, labels_of, words_of
from phototag.store import bits
from phototag.store.compile import Compiler, scored, tells
from phototag.store.compile_bits import BitCompiler
from phototag.store.compile_filters import PATH
from phototag.store.frame import Frame
from phototag.store.hits import COLUMNS, read_hits
from phototag.store.lexicon import Lexicon, read_lexicon
from phototag.store.planes import read_planes, ready
from phototag.store.reading import Connection
from phototag.store.scope import Scope, scope_of
from phototag.store.sources import CAP, STALE, Source, Sources, always_scored
from phototag.types import Hit

ORDERS: Mapping[str, str] = {
    "score": "score DESC, f.taken_at DESC, path",
    "-score": "score IS NULL, score, f.taken_at DESC, path",
    "taken": "f.taken_at IS NULL, f.taken_at, path",
    "-taken": "f.taken_at DESC, path",
    "path": "path",
    "-path": "path DESC",
}

# The best hits are sought among so many of the best labels and boxes, and among 2 to 16 times as many each time too few
# answer.
FIRST_RANK, LAST_RANK, RANKS_A_HIT = 256, 70_000, 4
NARROW = 6_000  # photos
FEW = 3_000  # photos, quicker looked at than lists are read
MANY = 250_000  # photos, slower looked at one by one than all files in a row


@dataclass(frozen=True, slots=True)
class Question:
    """A resolved query put to an index. With `online`, photos on drives that are not there now are left out.

    `detectable` gives the labels that a detector, by its name, can say: None where nobody knows.
    """

    conn: Connection
    node: Node
    thresholds: Thresholds = field(default_factory=Thresholds)
    online: bool = False
    detectable: Callable[[str], Collection[str] | None] = lambda _: None
    lexicon: Lexicon = field(init=False)
    scope: Scope = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lexicon", read_lexicon(self.conn))
        object.__setattr__(self, "scope", scope_of(self.conn, models_asked(self.node)))

    def search(self, limit: int | None = None, sort: str = "score") -> Iterator[Hit]:
        """The photos that answer, in the order of `sort` (a key of `ORDERS`), streamed."""
        return self.hits(self.select(limit, sort))

    def hits(self, rows: Iterator[Any]) -> Iterator[Hit]:
        """Hits from rows as `select` gives them, with the labels and objects that answer."""
        return read_hits(self.conn, rows, self.lexicon, self.thresholds, self.scope)

    def select(self, limit: int | None, sort: str) -> Iterator[Any]:
        """What `search` gives, as rows of `phototag.store.hits.COLUMNS`, the path and the score."""
        best = self._best(limit) if limit is not None and sort == "score" else None
        if best is not None:
            return iter(best)
        compiler = self.compiler()
        frame = self.frame(compiler)
        newest = limit is not None and (
            (sort == "score" and not scored(self.node)) or (sort == "-taken" and frame.source is None)
        )
        if newest:
            frame = replace(frame, source=None)
        order = ORDERS["-taken"] if newest and sort == "score" else ORDERS[sort]
        most = "" if limit is None else f" LIMIT {compiler.parameters.add(limit)}"
        return self.rows(
            f"{self._columns(compiler)} {frame.text(show=True, newest=newest)} ORDER BY {order}{most}", compiler
        )

    def _narrow(self) -> bool:
        """Whether a filter leaves so few photos that it is quickest to look at each."""
        if not isinstance(self.node, And):
            return False
        sources = self.sources(self.compiler())
        found = [sources.of(part) for part in self.node.parts if isinstance(part, Filter)]
        return any(source is not None and sources.length(source, NARROW) < NARROW for source in found)

    def _best(self, limit: int) -> list[Any] | None:
        """The best hits from the top of the lists; None where the lists have to be read whole.

        The same statement each time, with a lower floor until enough photos reach it.
        """
        if self.scope or not always_scored(self.node):
            return None
        candidates = self._candidates()
        if candidates is not None and bits.size(candidates) <= FEW:
            return self._above(0.0, limit, candidates)
        if self._narrow():
            return None
        rank = max(FIRST_RANK, RANKS_A_HIT * limit)
        while rank <= LAST_RANK:
            floor = self.sources(self.compiler()).kth(self.node, rank)
            if floor is None:
                return None
            rows = self._above(floor, limit, candidates)
            if len(rows) == limit:
                return rows
            # As many more as were too few found: each try costs what its lists are long.
            rank *= min(max(limit // (len(rows) + 1), 2), 16)
        return None

    def _candidates(self) -> bytes | None:
        """The photos that alone can answer, where there are far fewer of them than on any list: those of several words
        or months together."""
        if isinstance(self.node, And):
            joins = sum(always_scored(part) or _dated(part) for part in self.node.parts) > 1
        else:
            joins = isinstance(self.node, Count) and self.node.things.relation is not None
        return self.sources(self.compiler()).candidates(self.node) if joins else None

    def _above(self, floor: float, limit: int, candidates: bytes | None) -> list[Any]:
        """The best hits that score `floor` or more."""
        compiler = self.compiler()
        sources = self.sources(compiler)
        source = sources.of(self.node, floor) if floor or candidates is None else None
        if candidates is not None:
            source = sources.among(candidates, self.node, source)
        frame = Frame(compiler, self.node, source, self.online, tells(self.node))
        inner = f"{self._columns(compiler)} {frame.text(show=True)}"
        order = ORDERS["score"].replace("f.", "")
        statement = (
            f"SELECT * FROM ({inner}) WHERE score >= {compiler.parameters.add(floor)} "
            f"ORDER BY {order} LIMIT {compiler.parameters.add(limit)}"
        )
        return list(self.rows(statement, compiler))

    def _columns(self, compiler: Compiler) -> str:
        return f"SELECT {COLUMNS}, {PATH} AS path, {compiler.score(self.node)} AS score"

    def absent(self) -> tuple[str, ...]:
        """The words of the query for which no model has ever said anything in this index."""
        words = {str(leaf.word): labels_of(leaf) for leaf in words_of(self.node)}
        return tuple(word for word, labels in words.items() if not self.lexicon.names.keys() & labels)

    def boxless(self) -> tuple[str, ...]:
        """The words of the query that ask for objects, and that are known here, but not of any box."""
        asked = {str(leaf.word): labels_of(leaf) for leaf in words_of(self.node) if isinstance(leaf, Things)}
        known = {word: self.lexicon.ids(labels) for word, labels in asked.items()} if not self.scope else {}
        return tuple(word for word, ids in known.items() if ids and not self._has_box(ids))

    def _has_box(self, names: Sequence[int]) -> bool:
        listed = ",".join(map(str, names))
        statement = f"SELECT EXISTS (SELECT 1 FROM detections WHERE live AND name_id IN ({listed}))"
        return bool(self.conn.exec_driver_sql(statement).scalar_one())

    def total(self) -> int:
        """How many photos answer."""
        summed = self.summed([])
        if summed is not None:
            return int(summed[0])
        compiler = self.compiler()
        statement = f"SELECT count(*) {self.frame(compiler).text(show=False)}"
        return int(next(self.rows(statement, compiler))[0])

    def exists(self) -> bool:
        """Whether any photo answers."""
        compiler = self.compiler()
        source = self.sources(compiler).of(self.node)
        # A photo that comes twice does no harm here, and leaving it in lets SQLite stop at the first.
        source = source and replace(source, distinct=True)
        frame = Frame(compiler, self.node, source, self.online)
        return next(self.rows(f"SELECT 1 {frame.text(show=False)} LIMIT 1", compiler), None) is not None

    def summed(self, groups: Sequence[Sequence[Word | Count]]) -> Any:
        """The number of hits, and for each group of object words that of their boxes in the hits, from the planes; None
        where those can't tell."""
        return self._from_planes(lambda sets: sets.statement(self.node, groups))

    def sample(self, most: int) -> list[int]:
        """The numbers of `most` hits, spread evenly over all; all of them where they are fewer."""
        row = self._from_planes(lambda sets: sets.members(self.node))
        if row is None:
            compiler = self.compiler()
            row = next(self.rows(f"SELECT bits_of(p.id) {self.frame(compiler).text(show=False)}", compiler))
        return bits.spread(row[0] or b"", most)

    def _from_planes(self, statement: Callable[[BitCompiler], str | None]) -> Any:
        """The row of a statement over the planes; None where those can't tell."""
        compiler = self.compiler()
        sets = self._sets(compiler)
        if sets is None:
            return None
        text = statement(sets)
        if text is None:
            text = self._with_rows(sets, statement)
        return None if text is None else next(self.rows(text, compiler))

    def _sets(self, compiler: Compiler) -> BitCompiler | None:
        """A compiler over the planes; None where those can't tell."""
        if self.online or self.scope or not ready(self.conn):
            return None
        return BitCompiler(self.lexicon, self.thresholds, read_planes(self.conn), compiler, self._stale_rows(compiler))

    def sources(self, compiler: Compiler) -> Sources:
        """Where a statement can begin."""

        def candidates(node: Node) -> bytes | None:
            sets = self._sets(compiler)
            text = sets and sets.candidates(node)
            return bytes(next(self.rows(text, compiler))[0]) if text else None

        return Sources(self.conn, compiler, self.scope, candidates)

    def _stale_rows(self, compiler: Compiler) -> Callable[[Node], str]:
        """How to find the stale photos that answer."""
        return lambda node: Frame(compiler, node, Source(STALE, False, True, node)).text(show=False)

    def _with_rows(self, sets: BitCompiler, statement: Callable[[BitCompiler], str | None]) -> str | None:
        """The statement, with sets made from rows for the parts that the planes don't hold; None where the whole query
        is best put row by row: it has no other parts, or begins with a short list."""
        compiler = sets.compiler
        sources = self.sources(compiler)
        source = sources.of(self.node)
        if not isinstance(self.node, And | Or | Not) or (source is not None and sources.length(source) < CAP):
            return None
        candidates = sources.candidates(self.node)
        if candidates is not None and bits.size(candidates) > MANY:
            candidates = None
        few = candidates is not None and bits.size(candidates) <= CAP

        def rows(node: Node) -> str:
            # Every list is long here.
            begin = None if few else sources.of(node)
            if begin is None and candidates is not None:
                begin = sources.among(candidates, node)
            filtered = isinstance(node, Filter) or (isinstance(node, Not) and isinstance(node.part, Filter))
            return Frame(compiler, node, begin).text(show=False, newest=filtered and begin is None)

        within = None if candidates is None else compiler.parameters.add(candidates)
        return statement(replace(sets, rows=rows, within=within))

    def compiler(self) -> Compiler:
        """A compiler for one statement."""
        return Compiler.of(self.lexicon, self.thresholds)

    def frame(self, compiler: Compiler) -> Frame:
        """The photos that answer."""
        return Frame(compiler, self.node, self.sources(compiler).of(self.node), self.online)

    def rows(self, statement: str, compiler: Compiler) -> Iterator[Any]:
        """The rows of a statement."""
        return iter(self.conn.exec_driver_sql(self.scope.over(statement), dict(compiler.parameters.values)))


def _dated(node: Node) -> bool:
    return isinstance(node, Filter) and isinstance(node.condition, TakenBetween)
