"""What a resolved query means, in plain Python: the reference that the SQL in `phototag.store` is tested against.

Truth has three values. A photo that a model has not seen yet neither has nor lacks what the model would find: None.
"""

from collections.abc import Iterable, Iterator

from phototag.geometry import Box
from phototag.query import boxes
from phototag.query.asked import models_asked
from phototag.query.filtering import holds
from phototag.query.record import Record
from phototag.query.thresholds import Thresholds
from phototag.query.tree import And, Count, Filter, Node, Not, Or, Tag, Things, Word, positive_leaves
from phototag.types import Task


def truth(node: Node, record: Record, thresholds: Thresholds) -> bool | None:
    """Whether the photo answers the query: True, False, or None where nobody knows yet."""
    if isinstance(node, And | Or):
        values = [truth(part, record, thresholds) for part in node.parts]
        decisive = isinstance(node, Or)
        return decisive if decisive in values else None if None in values else not decisive
    if isinstance(node, Not):
        value = truth(node.part, record, thresholds)
        return None if value is None else not value
    if isinstance(node, Filter):
        return holds(node.condition, record)
    if isinstance(node, Word | Tag) and next(_confidences(node, record, thresholds), None) is not None:
        return True
    tagged = record.classifier is not None or isinstance(node, Count)
    detected = record.detector is not None or isinstance(node, Tag)
    if not (tagged and detected):
        return None
    if isinstance(node, Count):
        number = len(matching(node.things, record, thresholds))
        return node.low <= number and (node.high is None or number <= node.high)
    return False


def score(node: Node, record: Record, thresholds: Thresholds) -> float | None:
    """The largest confidence among what made a photo match that does; for `and` the smallest over its parts.

    `not` and filters add nothing; None where nothing is left.
    """
    if isinstance(node, And):
        return min(_present(score(part, record, thresholds) for part in node.parts), default=None)
    if isinstance(node, Or):
        matched = (part for part in node.parts if truth(part, record, thresholds))
        return max(_present(score(part, record, thresholds) for part in matched), default=None)
    if isinstance(node, Count | Word | Tag):
        return max(_confidences(node, record, thresholds), default=None)
    return None


def objects(node: Node, record: Record, thresholds: Thresholds) -> frozenset[int]:
    """Which of the photo's detections satisfy a positive object word of the query."""
    found: set[int] = set()
    for leaf in positive_leaves(node):
        if isinstance(leaf, Count):
            found |= matching(leaf.things, record, thresholds)
        elif isinstance(leaf, Word):
            found |= matching(Things(leaf.word, leaf.confidence, labels=leaf.labels), record, thresholds)
    return frozenset(found)


def matching(things: Things, record: Record, thresholds: Thresholds) -> set[int]:
    """Which of the photo's detections are what `things` describes, by their place in `record.detections`."""
    found = {number for number in range(len(record.detections)) if _described(things, number, record, thresholds)}
    if things.relation is None:
        return found
    others = matching(things.relation.other, record, thresholds)
    kind = things.relation.kind

    def related(a: int, b: int) -> bool:
        return a != b and boxes.related(_box(record, a), _box(record, b), kind, record.width, record.height)

    return {number for number in found if any(related(number, other) for other in others)}


def search(node: Node, records: Iterable[Record], thresholds: Thresholds) -> list[tuple[Record, float | None]]:
    """The photos that answer, with their scores, best first; ties newest first, then by path."""
    models = models_asked(node)
    records = [record.asking(models) for record in records]
    hits = [(record, score(node, record, thresholds)) for record in records if truth(node, record, thresholds)]
    hits.sort(key=lambda hit: hit[0].path)
    hits.sort(key=lambda hit: hit[0].metadata.taken_at or "", reverse=True)
    hits.sort(key=lambda hit: -1.0 if hit[1] is None else hit[1], reverse=True)
    return hits


def _described(things: Things, number: int, record: Record, thresholds: Thresholds) -> bool:
    found = record.detections[number]
    if things.labels is not None and (found.label in things.labels) == things.complement:
        return False
    if found.confidence < thresholds.of(Task.DETECT, record.detector or "", found.label, things.confidence):
        return False
    sized = all(boxes.measures(found.box, measure) for measure in things.measures)
    return sized and all(boxes.lies(found.box, place) for place in things.places)


def _confidences(node: Word | Tag | Count, record: Record, thresholds: Thresholds) -> Iterator[float]:
    """The confidences of what made the photo match."""
    if isinstance(node, Word | Tag):
        least = thresholds.of(Task.CLASSIFY, record.classifier or "", node.word, node.confidence)
        yield from (word.confidence for word in record.words if word.name == node.word and word.confidence >= least)
    if isinstance(node, Word):
        node = Count(Things(node.word, node.confidence, labels=node.labels))
    if isinstance(node, Count) and node.positive:
        yield from (record.detections[number].confidence for number in matching(node.things, record, thresholds))


def _present(values: Iterable[float | None]) -> Iterator[float]:
    return (value for value in values if value is not None)


def _box(record: Record, number: int) -> Box:
    return record.detections[number].box
