"""The law of the query language: the SQL answers what the plain-Python meaning answers."""

from datetime import date

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from phototag.query import meaning
from phototag.query.record import Record
from phototag.query.resolve import resolve
from phototag.query.thresholds import Thresholds
from phototag.query.tree import Node, Tag, positive_leaves
from phototag.store.answers import Question
from phototag.store.counts import count
from tests.query import worlds
from tests.store.stored import holding, index

__all__ = ["index"]

TODAY = date(2024, 7, 15)
# Shrinking a library of photos and a dozen queries can take many minutes; the first example found will do.
CHECKED = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)


@CHECKED
@given(worlds.records(), worlds.thresholds(), st.lists(worlds.nodes(), min_size=1, max_size=12))
def test_search_finds_what_the_query_means(
    index: Connection, records: list[Record], thresholds: Thresholds, nodes: list[Node]
) -> None:
    with holding(index, records) as conn:
        for node in nodes:
            tree = resolve(node, worlds.VOCABULARY, TODAY)
            expected = [(record.path, score) for record, score in meaning.search(tree, records, thresholds)]
            question = Question(conn, tree, thresholds)
            assert [(hit.path, hit.score) for hit in question.search()] == expected, str(node)
            assert [(hit.path, hit.score) for hit in question.search(limit=2)] == expected[:2], str(node)
            assert question.total() == len(expected)
            assert question.exists() == bool(expected)


@CHECKED
@given(worlds.records(), worlds.thresholds(), st.lists(worlds.nodes(), min_size=1, max_size=12))
def test_count_counts_what_the_query_means(
    index: Connection, records: list[Record], thresholds: Thresholds, nodes: list[Node]
) -> None:
    with holding(index, records) as conn:
        for node in nodes:
            tree = resolve(node, worlds.VOCABULARY, TODAY)
            hits = [record for record, _ in meaning.search(tree, records, thresholds)]
            asks = any(not isinstance(leaf, Tag) for leaf in positive_leaves(tree))
            objects = sum(len(meaning.objects(tree, record, thresholds)) for record in hits) if asks else None
            counted = count(Question(conn, tree, thresholds))
            assert (counted.photos, counted.objects) == (len(hits), objects), str(node)
