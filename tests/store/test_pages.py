"""Pages by key hold what one search holds, wherever they are cut, forwards and backwards."""

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
from phototag.store.pages import Key, entries, entry, found_objects
from tests.query import worlds
from tests.store.stored import holding, index
from tests.store.test_compile_law import CHECKED, TODAY

__all__ = ["index"]


@CHECKED
@given(worlds.records(), worlds.thresholds(), worlds.nodes(), st.sampled_from(sorted(ORDERS)), st.integers(1, 3))
def test_pages_joined_are_the_search(
    index: Connection, records: list[Record], thresholds: Thresholds, node: Node, sort: str, size: int
) -> None:
    with holding(index, records) as conn:
        question = Question(conn, resolve(node, worlds.VOCABULARY, TODAY), thresholds)
        expected = list(question.search(sort=sort))
        assert [found.hit for found in entries(question, sort)] == expected
        after: Key | None = None
        pages = []
        while page := list(entries(question, sort, size, after=after)):
            assert len(page) <= size
            pages += page
            after = page[-1].key
        assert [found.hit for found in pages] == expected
        for place, found in enumerate(pages):
            before = list(entries(question, sort, 2, after=found.key, back=True))
            assert [one.hit for one in before] == expected[max(0, place - 2) : place][::-1]
            assert entry(question, found.content) == found


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


def test_an_unknown_content_is_no_hit(index: Connection) -> None:
    with holding(index, []) as conn:
        node = resolve(parse("any:object"), worlds.VOCABULARY, TODAY)
        assert entry(Question(conn, node), "ab" * 20) is None
