"""Why a photo answers a query: which rule, label, confidence, box and threshold."""

from collections.abc import Iterator
from dataclasses import dataclass

from phototag.geometry import Box
from phototag.query.meaning import matching, truth
from phototag.query.record import Record
from phototag.query.thresholds import Thresholds
from phototag.query.tree import And, Count, Node, Not, Or, Tag, Things, Word
from phototag.types import Task


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that made a photo match. `rule` is the part of the query; the rest is None for filters, for `not`, and
    for counts of nothing. `box` is None for a label of the whole photo."""

    rule: str
    model: str | None = None
    label: str | None = None
    confidence: float | None = None
    threshold: float | None = None
    box: Box | None = None


def reasons(node: Node, record: Record, thresholds: Thresholds) -> Iterator[Reason]:
    """Why a resolved query is true for the photo, in the order of the query; nothing where it is not."""
    if not truth(node, record, thresholds):
        return
    if isinstance(node, And | Or):
        for part in node.parts:
            yield from reasons(part, record, thresholds)
    elif isinstance(node, Word | Tag):
        yield from _labels(node, record, thresholds)
        if isinstance(node, Word):
            things = Things(node.word, node.confidence, labels=node.labels)
            yield from _boxes(str(node), things, record, thresholds)
    elif isinstance(node, Count) and (found := list(_boxes(str(node), node.things, record, thresholds))):
        yield from found
    else:
        yield Reason(str(node))


def parts(node: Node) -> tuple[Node, ...]:
    """What a query is put together from by `and`: each part alone may be what empties it."""
    if isinstance(node, And):
        return node.parts
    if isinstance(node, Not) and isinstance(node.part, Or):
        return tuple(Not(part) for part in node.part.parts)
    return (node,)


def _labels(node: Word | Tag, record: Record, thresholds: Thresholds) -> Iterator[Reason]:
    least = thresholds.of(Task.CLASSIFY, record.classifier or "", node.word, node.confidence)
    for word in record.words:
        if word.name == node.word and word.confidence >= least:
            yield Reason(str(node), record.classifier, word.name, word.confidence, least)


def _boxes(rule: str, things: Things, record: Record, thresholds: Thresholds) -> Iterator[Reason]:
    for number in sorted(matching(things, record, thresholds)):
        found = record.detections[number]
        least = thresholds.of(Task.DETECT, record.detector or "", found.label, things.confidence)
        yield Reason(rule, record.detector, found.label, found.confidence, least, found.box)
