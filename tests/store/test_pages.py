"""Pages hold what one search holds, wherever they are cut."""

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from phototag.query import meaning
from phototag.query.parser import parse
from phototag.query.record import Record
from phototag.query.resolve import resolve
from phototag.query.thresholds import Thresholds
from phototag.query.tree import Node
from phototag.store.answers import ORDERS, Question
from phototag.store.facets import facets
from phototag.store.pages import entries, entries_of, found_objects, photo_number, ranked
from tests.query import worlds
from tests.store.stored import holding, index
from tests.store.test_compile_law import CHECKED, TODAY

__all__ = ["index"]


@CHECKED
@given(worlds.records(), worlds.thresholds(), worlds.nodes(), st.sampled_from(sorted(ORDERS)), st.integers(1, 3))
def test_slices_of_the_order_are_the_search(
    index: Connection, records: list[Record], thresholds: Thresholds, node: Node, sort: str, size: int
) -> None:
    with holding(index, records) as conn:
        question = Question(conn, resolve(node, worlds.VOCABULARY, TODAY), thresholds)
        expected = list(question.search(sort=sort))
        order = ranked(question, sort)
        assert [found.hit for found in entries(question, sort)] == expected
        assert [found.hit for found in entries_of(question, order)] == expected
        assert list(ranked(question, sort, size)) == list(order)[:size]
        for start in range(0, len(order), size):
            page = entries_of(question, order[start : start + size])
            assert [found.hit for found in page] == expected[start : start + size]
            assert [photo_number(question, found.content) for found in page] == list(order[start : start + size])


@CHECKED
@given(worlds.records(), worlds.thresholds(), worlds.nodes())
def test_found_objects_are_those_the_query_means(
    index: Connection, records: list[Record], thresholds: Thresholds, node: Node
) -> None:
    by_path = {record.path: record for record in records}
    with holding(index, records) as conn:
        tree = resolve(node, worlds.VOCABULARY, TODAY)
        question = Question(conn, tree, thresholds)
        found = list(entries(question))
        objects = found_objects(question, [one.photo for one in found])
        for one in found:
            record = by_path[one.hit.path]
            expected = {record.detections[number] for number in meaning.objects(tree, record, thresholds)}
            assert set(objects.get(one.photo, ())) == expected


@CHECKED
@given(worlds.records(), worlds.thresholds(), worlds.nodes())
def test_facets_count_what_the_hits_show(
    index: Connection, records: list[Record], thresholds: Thresholds, node: Node
) -> None:
    with holding(index, records) as conn:
        question = Question(conn, resolve(node, worlds.VOCABULARY, TODAY), thresholds)
        hits = list(question.search())
        found = facets(question, ranked(question), most=1000)
        for name, choices in (
            ("labels", [{label.name for label in hit.labels} for hit in hits]),
            ("objects", [{one.label for one in hit.objects} for hit in hits]),
            ("months", [{hit.metadata.taken_at[:7]} if hit.metadata.taken_at else set() for hit in hits]),
            ("years", [{hit.metadata.taken_at[:4]} if hit.metadata.taken_at else set() for hit in hits]),
        ):
            counted = {choice.value: choice.photos for choice in getattr(found, name)}
            assert counted == {value: sum(value in of for of in choices) for of in choices for value in of}
        cameras = [hit.metadata.camera.lower() for hit in hits if hit.metadata.camera]
        for choice in found.cameras:
            assert choice.photos == sum(choice.value.lower() in camera for camera in cameras)
        assert {choice.value for choice in found.cameras} == {hit.metadata.camera for hit in hits} - {None}


def test_an_unknown_content_has_no_number(index: Connection) -> None:
    with holding(index, []) as conn:
        node = resolve(parse("any:object"), worlds.VOCABULARY, TODAY)
        assert photo_number(Question(conn, node), "ab" * 20) is None
