"""The law of the query language: the SQL answers what the plain-Python meaning answers."""

from datetime import date

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from phototag.query import meaning
from phototag.query.record import Record
from phototag.query.resolve import resolve
from phototag.query.thresholds import Thresholds
from phototag.query.tree import And, Filter, Node, Not, Tag, Word, positive_leaves
from phototag.store import answers, sources
from phototag.store.answers import Question
from phototag.store.counts import count
from phototag.store.planes import refresh
from phototag.store.statistics import completeness
from tests.query import worlds
from tests.store.stored import holding, index

__all__ = ["index"]

TODAY = date(2024, 7, 15)
THRESHOLDS = Thresholds()
# Shrinking a library of photos and a dozen queries can take many minutes; the first example found will do.
CHECKED = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)


@pytest.fixture(params=["small", "large"])
def scale(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With seven photos every list is short; here they also count as long, so that all ways to an answer are taken."""
    if request.param == "large":
        monkeypatch.setattr(answers, "FIRST_RANK", 0)
        monkeypatch.setattr(answers, "RANKS_A_HIT", 1)
        monkeypatch.setattr(answers, "CAP", 0)
        monkeypatch.setattr(answers, "NARROW", 0)
        monkeypatch.setattr(answers, "FEW", 0)
        monkeypatch.setattr(answers, "MANY", 3)
        monkeypatch.setattr(sources, "CAP", 1)


@CHECKED
@given(worlds.records(), worlds.thresholds(), st.lists(worlds.queries(), min_size=1, max_size=10))
def test_search_finds_what_the_query_means(
    index: Connection, scale: None, records: list[Record], thresholds: Thresholds, nodes: list[Node]
) -> None:
    with holding(index, records) as conn:
        for number, node in enumerate(nodes):
            if number == 1:
                refresh(conn, thresholds)
            tree = resolve(node, worlds.VOCABULARY, TODAY)
            expected = [(record.path, score) for record, score in meaning.search(tree, records, thresholds)]
            question = Question(conn, tree, thresholds)
            assert [(hit.path, hit.score) for hit in question.search()] == expected, str(node)
            for limit in (1, 2):
                assert [(hit.path, hit.score) for hit in question.search(limit)] == expected[:limit], str(node)
            assert question.total() == len(expected)
            assert question.exists() == bool(expected)


@CHECKED
@given(worlds.records(), worlds.thresholds(), st.lists(worlds.queries(), min_size=1, max_size=10))
def test_count_counts_what_the_query_means(
    index: Connection, scale: None, records: list[Record], thresholds: Thresholds, nodes: list[Node]
) -> None:
    with holding(index, records) as conn:
        for node in nodes:
            tree = resolve(node, worlds.VOCABULARY, TODAY)
            hits = [record for record, _ in meaning.search(tree, records, thresholds)]
            asks = any(not isinstance(leaf, Tag) for leaf in positive_leaves(tree))
            objects = sum(len(meaning.objects(tree, record, thresholds)) for record in hits) if asks else None
            for planes in (False, True):
                if planes:
                    refresh(conn, thresholds)
                counted = count(Question(conn, tree, thresholds))
                assert (counted.photos, counted.objects) == (len(hits), objects), str(node)


@CHECKED
@given(worlds.records().filter(bool), st.data(), st.sampled_from(("path", "folder")))
def test_any_part_of_a_path_finds_what_has_it(
    index: Connection, scale: None, records: list[Record], data: st.DataObject, name: str
) -> None:
    path = data.draw(st.sampled_from([record.path for record in records]))
    start = data.draw(st.integers(0, len(path) - 1))
    text = path[start : data.draw(st.integers(start + 1, len(path)))].decode("utf-8", "surrogateescape")
    with holding(index, records) as conn:
        for node in (Filter(name, text), Not(Filter(name, text.swapcase())), And((Filter(name, text), Word("dog")))):
            tree = resolve(node, worlds.VOCABULARY, TODAY)
            expected = [record.path for record, _ in meaning.search(tree, records, THRESHOLDS)]
            assert [hit.path for hit in Question(conn, tree, THRESHOLDS).search()] == expected, str(node)
            refresh(conn, THRESHOLDS)
            assert Question(conn, tree, THRESHOLDS).total() == len(expected), str(node)


@CHECKED
@given(worlds.records(), worlds.thresholds(), worlds.thresholds(), st.lists(worlds.queries(), min_size=1, max_size=10))
def test_planes_of_other_thresholds_are_not_believed(
    index: Connection, records: list[Record], thresholds: Thresholds, others: Thresholds, nodes: list[Node]
) -> None:
    with holding(index, records) as conn:
        refresh(conn, others)
        for node in nodes:
            tree = resolve(node, worlds.VOCABULARY, TODAY)
            hits = meaning.search(tree, records, thresholds)
            assert Question(conn, tree, thresholds).total() == len(hits), str(node)


@CHECKED
@given(
    worlds.records(),
    worlds.thresholds(),
    st.sets(st.integers(1, 5)),
    st.lists(worlds.queries(), min_size=1, max_size=10),
)
def test_photos_that_changed_since_are_answered_from_their_rows(
    index: Connection, records: list[Record], thresholds: Thresholds, changed: set[int], nodes: list[Node]
) -> None:
    chosen = ",".join(map(str, changed)) or "NULL"
    with holding(index, records) as conn:
        flip(conn, chosen)
        refresh(conn, thresholds)
        flip(conn, chosen)
        conn.exec_driver_sql(f"INSERT INTO stale_photos SELECT id FROM photos WHERE id IN ({chosen})")
        before = completeness(conn)
        for node in nodes:
            tree = resolve(node, worlds.VOCABULARY, TODAY)
            hits = [record for record, _ in meaning.search(tree, records, thresholds)]
            asks = any(not isinstance(leaf, Tag) for leaf in positive_leaves(tree))
            objects = sum(len(meaning.objects(tree, record, thresholds)) for record in hits) if asks else None
            counted = count(Question(conn, tree, thresholds))
            assert (counted.photos, counted.objects) == (len(hits), objects), str(node)
        assert refresh(conn, thresholds, len(changed) + 1) == 0, "too few are stale"
        assert completeness(conn) == before
        refresh(conn, thresholds, 1)
        assert completeness(conn) == before
        mended = planes(conn)
        conn.exec_driver_sql("DELETE FROM planes")
        conn.exec_driver_sql("INSERT INTO stale_photos SELECT id FROM photos")
        refresh(conn, thresholds)
        assert mended == planes(conn), "what was put right is what is made from nothing"


def planes(conn: Connection) -> set[tuple[object, ...]]:
    return {tuple(row) for row in conn.exec_driver_sql("SELECT kind, name_id, nth, chunk, bits FROM planes")}


def flip(conn: Connection, photos: str) -> None:
    """What answered for these photos does not, and the other way round."""
    for table in ("words", "detections", "analyses"):
        conn.exec_driver_sql(f"UPDATE {table} SET live = NOT live WHERE photo_id IN ({photos})")
