"""Answers from the index: one question, one statement."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from phototag.query.places import distance_km
from phototag.query.thresholds import Thresholds
from phototag.query.tree import Node, labels_of, words_of
from phototag.store.compile import PHOTOS, Compiler
from phototag.store.compile_filters import PATH
from phototag.store.hits import COLUMNS, read_hits
from phototag.store.lexicon import Lexicon, read_lexicon
from phototag.types import Hit

ORDERS: Mapping[str, str] = {
    "score": "score DESC, f.taken_at DESC, path",
    "-score": "score IS NULL, score, f.taken_at DESC, path",
    "taken": "f.taken_at IS NULL, f.taken_at, path",
    "-taken": "f.taken_at DESC, path",
    "path": "path",
    "-path": "path DESC",
}


@dataclass(frozen=True, slots=True)
class Question:
    """A resolved query put to an index. With `online`, photos on drives that are not there now are left out."""

    conn: Connection
    node: Node
    thresholds: Thresholds = field(default_factory=Thresholds)
    online: bool = False
    lexicon: Lexicon = field(init=False)

    def __post_init__(self) -> None:
        register_functions(self.conn)
        object.__setattr__(self, "lexicon", read_lexicon(self.conn))

    def search(self, limit: int | None = None, sort: str = "score") -> Iterator[Hit]:
        """The photos that answer, in the order of `sort` (a key of `ORDERS`), streamed."""
        return read_hits(self.conn, self.select(limit, sort), self.lexicon, self.thresholds)

    def select(self, limit: int | None, sort: str) -> Iterator[Any]:
        """What `search` gives, as rows of `phototag.store.hits.COLUMNS`, the path and the score."""
        compiler = self.compiler()
        most = "" if limit is None else f" LIMIT {compiler.parameters.add(limit)}"
        statement = (
            f"SELECT {COLUMNS}, {PATH} AS path, {compiler.score(self.node)} AS score FROM {PHOTOS} "
            f"WHERE {self.condition(compiler)} ORDER BY {ORDERS[sort]}{most}"
        )
        return self.rows(statement, compiler)

    def absent(self) -> tuple[str, ...]:
        """The words of the query for which no model has ever said anything in this index."""
        words = {str(leaf.word): labels_of(leaf) for leaf in words_of(self.node)}
        return tuple(word for word, labels in words.items() if not self.lexicon.names.keys() & labels)

    def total(self) -> int:
        """How many photos answer."""
        compiler = self.compiler()
        statement = f"SELECT count(*) FROM {PHOTOS} WHERE {self.condition(compiler)}"
        return int(next(self.rows(statement, compiler))[0])

    def exists(self) -> bool:
        """Whether any photo answers."""
        compiler = self.compiler()
        statement = f"SELECT 1 FROM {PHOTOS} WHERE {self.condition(compiler)} LIMIT 1"
        return next(self.rows(statement, compiler), None) is not None

    def compiler(self) -> Compiler:
        """A compiler for one statement."""
        return Compiler.of(self.lexicon, self.thresholds)

    def condition(self, compiler: Compiler) -> str:
        """What a photo has to fulfil."""
        condition = compiler.true(self.node)
        return f"{condition} AND NOT p.offline" if self.online else condition

    def rows(self, statement: str, compiler: Compiler) -> Iterator[Any]:
        """The rows of a statement."""
        return iter(self.conn.exec_driver_sql(statement, dict(compiler.parameters.values)))


def register_functions(conn: Connection) -> None:
    """Give the connection the functions that compiled statements call."""
    driver: Any = conn.connection.driver_connection
    driver.create_function("distance_km", 4, distance_km, deterministic=True)
