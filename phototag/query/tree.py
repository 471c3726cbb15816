"""The query as a tree of data.

`str(node)` prints a text that parses to the same tree. `phototag.query.resolve` fills in what the vocabulary and the
calendar know (`labels`, `condition`); `phototag.query.meaning` says in plain Python what a resolved tree means.

    Node = Word | Tag | Count | Only | Filter | Saved | And | Or | Not
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from phototag.query import quoting
from phototag.query.conditions import Bounds, Condition


class Place(StrEnum):
    """Where in the picture the centre of a box lies, in thirds."""

    LEFT = "left"
    RIGHT = "right"
    TOP = "top"
    BOTTOM = "bottom"
    CENTER = "center"


class RelationKind(StrEnum):
    """How one box lies to another; `phototag.query.boxes` has the geometry."""

    LEFT_OF = "left-of"
    RIGHT_OF = "right-of"
    ABOVE = "above"
    BELOW = "below"
    INSIDE = "inside"
    OVERLAPS = "overlaps"
    NEAR = "near"


@dataclass(frozen=True, slots=True)
class Measure:
    """A box's area, width or height as a fraction of the image's."""

    dimension: str
    bounds: Bounds

    def __str__(self) -> str:
        return f".{self.dimension}{self.bounds.text(quoting.percent)}"


@dataclass(frozen=True, slots=True)
class Things:
    """A description of boxes: a word (None is any object), where and how large they are, and beside what.

    Resolved, `labels` are the canonical labels that the boxes may have (with `complement`, may not have); None is all.
    """

    word: str | None
    confidence: float | None = None
    measures: tuple[Measure, ...] = ()
    places: tuple[Place, ...] = ()
    relation: "Relation | None" = None
    labels: frozenset[str] | None = None
    complement: bool = False
    position: int = field(default=0, compare=False)

    @property
    def plain(self) -> bool:
        """Whether nothing is said but the word and its confidence."""
        return not (self.measures or self.places or self.relation)

    def __str__(self) -> str:
        head = "any:object" if self.word is None else quoting.word(self.word)
        places = "".join(f":{place}" for place in self.places)
        return head + _at(self.confidence) + "".join(map(str, self.measures)) + places


@dataclass(frozen=True, slots=True)
class Relation:
    """The box lies so to at least one other box that `other` describes."""

    kind: RelationKind
    other: Things

    def __str__(self) -> str:
        return f" {self.kind} {self.other}"


@dataclass(frozen=True, slots=True)
class Word:
    """The photo's labels or objects have this word, or one below it. Resolved, `labels` is the word and all below."""

    word: str
    confidence: float | None = None
    labels: frozenset[str] | None = None
    position: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return quoting.word(self.word) + _at(self.confidence)


@dataclass(frozen=True, slots=True)
class Tag:
    """The photo's labels (not its objects) have this word, or one below it."""

    word: str
    confidence: float | None = None
    position: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return f"tag:{quoting.word(self.word)}{_at(self.confidence)}"


@dataclass(frozen=True, slots=True)
class Count:
    """At least `low` and at most `high` (None: any number) boxes are what `things` describes."""

    things: Things
    low: int = 1
    high: int | None = None

    @property
    def positive(self) -> bool:
        """Whether the boxes themselves are asked for: `dog=0` asks for their absence."""
        return self.high != 0

    def __str__(self) -> str:
        relation = "" if self.things.relation is None else str(self.things.relation)
        if (self.low, self.high) == (1, None):
            prefix = "object:" if self.things.plain and self.things.word is not None else ""
            return f"{prefix}{self.things}{relation}"
        high = self.high
        limits = Bounds(self.low, None) if high is None else Bounds(self.low, high)
        return f"{self.things}{limits.text(lambda value: str(int(value)))}{relation}"


@dataclass(frozen=True, slots=True)
class Only:
    """At least one object, and none but these."""

    words: tuple[str, ...]
    position: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return f"only:({','.join(map(quoting.word, self.words))})"


@dataclass(frozen=True, slots=True)
class Filter:
    """Something about the photo or its file: `name:value`, or `name>value` for numbers. Resolved, with `condition`."""

    name: str
    value: str
    condition: Condition | None = field(default=None)
    position: int = field(default=0, compare=False)

    def __str__(self) -> str:
        if self.name in quoting.NUMBERS:
            return self.name + self.value
        return f"{self.name}:{quoting.value(self.value)}"


@dataclass(frozen=True, slots=True)
class Saved:
    """A query kept under a name; resolving puts it in its place."""

    name: str
    position: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return f"@{self.name}"


@dataclass(frozen=True, slots=True)
class Not:
    """The part is false (not merely unknown)."""

    part: "Node"

    def __str__(self) -> str:
        return f"not {_inner(self.part, And, Or)}"


@dataclass(frozen=True, slots=True)
class And:
    """Every part is true."""

    parts: tuple["Node", ...]

    def __str__(self) -> str:
        return " and ".join(_inner(part, And, Or) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part is true."""

    parts: tuple["Node", ...]

    def __str__(self) -> str:
        return " or ".join(_inner(part, Or) for part in self.parts)


Node = Word | Tag | Count | Only | Filter | Saved | And | Or | Not


def positive_leaves(node: Node) -> Iterator[Word | Tag | Count]:
    """The parts that can make a photo match and give it a score, in reading order: nothing below a `not`."""
    if isinstance(node, And | Or):
        for part in node.parts:
            yield from positive_leaves(part)
    elif isinstance(node, Word | Tag) or (isinstance(node, Count) and node.positive):
        yield node


def descriptions_of(node: Node) -> Iterator["Word | Tag | Things"]:
    """Every place of a resolved tree where labels or boxes are asked for, in reading order."""
    if isinstance(node, And | Or):
        for part in node.parts:
            yield from descriptions_of(part)
    elif isinstance(node, Not):
        yield from descriptions_of(node.part)
    elif isinstance(node, Word | Tag):
        yield node
    elif isinstance(node, Count):
        yield node.things
        if node.things.relation:
            yield node.things.relation.other


def filters_of(node: Node) -> Iterator[Filter]:
    """Every filter of a tree, in reading order."""
    if isinstance(node, And | Or):
        for part in node.parts:
            yield from filters_of(part)
    elif isinstance(node, Not):
        yield from filters_of(node.part)
    elif isinstance(node, Filter):
        yield node


def words_of(node: Node) -> Iterator["Word | Tag | Things"]:
    """Every place of a resolved tree where a word stands, in reading order."""
    return (leaf for leaf in descriptions_of(node) if leaf.word is not None)


def labels_of(leaf: "Word | Tag | Things") -> frozenset[str]:
    """The canonical labels that can make a resolved word match."""
    own = frozenset() if leaf.word is None else frozenset({leaf.word})
    return own if isinstance(leaf, Tag) else own | (leaf.labels or frozenset())


def _at(confidence: float | None) -> str:
    return "" if confidence is None else f"@{quoting.number(confidence)}"


def _inner(node: Node, *loose: type[And] | type[Or]) -> str:
    return f"({node})" if isinstance(node, loose) else str(node)
