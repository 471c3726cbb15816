"""Which models a query asks: `model:NAME` chooses who answers the whole of it.

Without it, one model of each task answers for a photo: the current one, else the latest that ran.
"""

from collections.abc import Iterator

from phototag.errors import QueryError
from phototag.query.conditions import Asked
from phototag.query.tree import And, Filter, Node, filters_of


def models_asked(node: Node) -> tuple[str, ...]:
    """The models that a resolved query names, in reading order."""
    return tuple(dict.fromkeys(one.condition.model for one in _joined(node) if isinstance(one.condition, Asked)))


def same_models(part: Node, whole: Node) -> Node:
    """A part of the query `whole`, put to the models that it names."""
    naming = [one for one in _joined(whole) if isinstance(one.condition, Asked) and one != part]
    return And((*naming, part)) if naming else part


def check_places(node: Node, text: str) -> None:
    """Raises QueryError where `model:` stands below an `or` or a `not`: then it would not hold for the whole query."""
    holding = {id(one) for one in _joined(node)}
    for one in filters_of(node):
        if isinstance(one.condition, Asked) and id(one) not in holding:
            raise QueryError(
                "model: chooses who answers the whole query, so it can't stand below “or” or “not”",
                text=text,
                position=one.position,
                hint=f"Write it beside everything else: model:{one.condition.model} (…).",
            )


def _joined(node: Node) -> Iterator[Filter]:
    """The filters that hold for the whole query."""
    if isinstance(node, And):
        for part in node.parts:
            yield from _joined(part)
    elif isinstance(node, Filter):
        yield node
