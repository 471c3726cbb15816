"""From words as people write them to what an index holds: canonical labels, dates, saved queries."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol

from phototag.errors import QueryError, UnknownWordError
from phototag.query import filters
from phototag.query.asked import check_places
from phototag.query.tree import And, Count, Filter, Node, Not, Only, Or, Saved, Tag, Things, Word

MAX_SAVED_DEPTH = 8


class Vocabulary(Protocol):
    """The words that can be asked for."""

    def resolve(self, word: str) -> str:
        """The canonical name of a word. Raises UnknownWordError."""

    def below(self, word: str) -> frozenset[str]:
        """The canonical names at or below a canonical name."""


@dataclass(frozen=True, slots=True)
class Resolver:
    """What a query's words mean today: a vocabulary, the date, and where saved queries are (name to tree or None)."""

    vocabulary: Vocabulary
    today: date
    saved: Callable[[str], Node | None] = field(default=lambda _: None)
    text: str = ""
    depth: int = 0

    def resolve(self, node: Node) -> Node:
        """The tree with canonical words, `labels` and `condition` filled in, and no `Only` or `Saved` left in it.

        Raises UnknownWordError for a word, and QueryError for a saved query, that is not known; QueryError for a model
        that is named for a part of the query only.
        """
        resolved = self._resolve(node)
        check_places(resolved, self.text)
        return resolved

    def _resolve(self, node: Node) -> Node:
        if isinstance(node, And | Or):
            return type(node)(tuple(self._resolve(part) for part in node.parts))
        if isinstance(node, Not):
            return Not(self._resolve(node.part))
        if isinstance(node, Count):
            return replace(node, things=self._things(node.things))
        if isinstance(node, Only):
            return self._only(node)
        if isinstance(node, Filter):
            return self._filter(node)
        if isinstance(node, Saved):
            return self._saved(node)
        return self._word(node)

    def _word(self, node: Word | Tag) -> Word | Tag:
        name = self._canonical(node.word, node.position)
        if isinstance(node, Tag):
            return replace(node, word=name)
        return replace(node, word=name, labels=self._below(name))

    def _things(self, things: Things) -> Things:
        relation = things.relation and replace(things.relation, other=self._things(things.relation.other))
        if things.word is None:
            return replace(things, relation=relation)
        name = self._canonical(things.word, things.position)
        return replace(things, word=name, labels=self._below(name), relation=relation)

    def _only(self, node: Only) -> Node:
        names = tuple(self._canonical(word, node.position) for word in node.words)
        labels = frozenset().union(*(self._below(name) for name in names))
        allowed = Things(", ".join(names), labels=labels, position=node.position)
        return And((Count(allowed), Count(replace(allowed, complement=True), 0, 0)))

    def _filter(self, node: Filter) -> Filter:
        try:
            return replace(node, condition=filters.condition(node.name, node.value, self.today))
        except ValueError as error:
            raise QueryError(str(error), text=self.text, position=node.position) from error

    def _saved(self, node: Saved) -> Node:
        kept = self.saved(node.name)
        if kept is None:
            raise QueryError(
                f"no query is saved as @{node.name}",
                text=self.text,
                position=node.position,
                hint=f"`phototag save {node.name} QUERY` keeps one.",
            )
        if self.depth >= MAX_SAVED_DEPTH:
            raise QueryError(f"@{node.name} goes round in a circle", text=self.text, position=node.position)
        return replace(self, depth=self.depth + 1, text="")._resolve(kept)

    def _canonical(self, word: str, position: int) -> str:
        try:
            return self.vocabulary.resolve(word)
        except UnknownWordError as error:
            raise UnknownWordError(word, error.suggestions, text=self.text, position=position) from error

    def _below(self, name: str) -> frozenset[str]:
        return self.vocabulary.below(name) | {name}


def resolve(node: Node, vocabulary: Vocabulary, today: date | None = None, text: str = "") -> Node:
    """`node` as `Resolver.resolve` gives it; `today` is this day unless given, `text` is what errors point into."""
    # The user's wall calendar is meant, not an instant.
    return Resolver(vocabulary, today or date.today(), text=text).resolve(node)  # noqa: DTZ011
