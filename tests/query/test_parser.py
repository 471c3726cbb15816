"""Reading and printing queries."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phototag.errors import QueryError
from phototag.query.parser import MAX_DEPTH, MAX_LENGTH, MAX_TERMS, join_arguments, parse
from phototag.query.tree import And, Count, Filter, Node, Not, Only, Or, Place, RelationKind, Saved, Tag, Things, Word
from tests.query import worlds

PHRASES = {"cell phone", "golden retriever", "hot dog"}


@settings(max_examples=500, deadline=None)
@given(worlds.nodes())
def test_printing_and_parsing_gives_the_same_tree(node: Node) -> None:
    assert parse(str(node)) == node


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_tree_or_a_query_error(text: str) -> None:
    _tree_or_error(text)


PIECES = st.sampled_from(
    ["dog", "cat", " ", "  ", "and", "or", "not", "-", "(", ")", '"', "“", ",", "@", "@0.5", "0.5", "%", ":", ".",
     "..", ".area", ":left", ">=", "<", "=", "2", "near", "left-of", "only:", "tag:", "object:", "any:object", "none:",
     "taken:", "2024-06", "2024-99", "camera:", "near:", "48.85,2.35,10km", "width", "\\", "'", ";", "$(ls)", "\N{CAT}",
     "\0", "-- "]
)  # fmt: skip


@settings(max_examples=1000, deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_any_heap_of_the_language_is_a_tree_or_a_query_error(text: str) -> None:
    _tree_or_error(text)


def _tree_or_error(text: str) -> None:
    fault = None
    try:
        node = parse(text, PHRASES.__contains__)
    except QueryError as error:
        fault = error
    if fault is None:
        assert parse(str(node)) == node
    else:
        assert fault.text == text
        assert 0 <= fault.position <= len(text)
        assert fault.message


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("cat dog", And((Word("cat"), Word("dog")))),
        ("cat AND dog OR bird", Or((And((Word("cat"), Word("dog"))), Word("bird")))),
        ("cat (dog or bird)", And((Word("cat"), Or((Word("dog"), Word("bird")))))),
        ("not not cat", Not(Not(Word("cat")))),
        ("cat -dog", And((Word("cat"), Not(Word("dog"))))),
        ("hot dog", Word("hot dog")),
        ("hot dog@0.7", Word("hot dog", 0.7)),
        ("hot   dog>=2", Count(Things("hot dog"), 2)),
        ("hot cat", And((Word("hot"), Word("cat")))),
        ('"hot dog" cat', And((Word("hot dog"), Word("cat")))),
        ("“hot dog”", Word("hot dog")),
        ("person=..3", Count(Things("person"), 0, 3)),
        ("person>3", Count(Things("person"), 4)),
        ("dog<1", Count(Things("dog"), 0, 0)),
        ("2 cups", Count(Things("cups"), 2)),
        ("object:dog@70%", Count(Things("dog", 0.7))),
        ("tag:dog>=1", Tag("dog")),
        ("tag:dog=0", Not(Tag("dog"))),
        ("dog:left", Count(Things("dog", places=(Place.LEFT,)))),
        ("dog:centre", Count(Things("dog", places=(Place.CENTER,)))),
        ("only:(cat, hot dog)", Only(("cat", "hot dog"))),
        ("only:cat", Only(("cat",))),
        ("any:object", Count(Things(None))),
        ("none:object", Count(Things(None), 0, 0)),
        ("taken:2024 cat", And((Filter("taken", "2024"), Word("cat")))),
        ("Camera:Canon", Filter("camera", "Canon")),
        ('"camera"', Word("camera")),
        ("width>4000", Filter("width", ">4000")),
        ("model:yolox-nano cat", And((Filter("model", "yolox-nano"), Word("cat")))),
        ("@summer and dog", And((Saved("summer"), Word("dog")))),
    ],
)
def test_what_a_text_becomes(text: str, node: Node) -> None:
    assert parse(text, PHRASES.__contains__) == node


@pytest.mark.parametrize("text", ['"dog\\“@"', 'camera:"a\\“b"', '"say \\"cheese\\""'])
def test_quotes_of_any_kind_inside_quotes_stay(text: str) -> None:
    node = parse(text)
    assert parse(str(node)) == node


def test_a_relation_names_what_lies_beside_what() -> None:
    node = parse("2 cup.area>1% near laptop@0.5:left")
    assert isinstance(node, Count)
    assert (node.low, node.high) == (2, None)
    assert node.things.relation is not None
    assert node.things.relation.kind is RelationKind.NEAR
    assert node.things.relation.other == Things("laptop", 0.5, places=(Place.LEFT,))


@pytest.mark.parametrize(
    ("text", "position", "part"),
    [
        ("", 0, "empty"),
        ("  ", 0, "empty"),
        ('cat "dog', 4, "quote is never closed"),
        ("(cat or dog", 0, "never closed"),
        ("cat)", 3, "closes nothing"),
        ("()", 1, "nothing between"),
        ("person>=x", 6, "not a number"),
        ("person=4..2", 6, "backwards"),
        ("person>=2.5", 6, "whole numbers"),
        ("person=..", 6, "at least one end"),
        ("person<0", 6, "smaller than 0"),
        ("cat and", 7, "ends where a word"),
        ("or cat", 0, "beside it"),
        ("near dog", 0, "before it"),
        ("cat@7", 3, "from 0 to 1"),
        ("dog.depth>2", 3, "no size"),
        ("dog.area", 3, "needs a comparison"),
        ("dog.area>300%", 8, "part of the picture"),
        ("dog:up", 3, "no place"),
        ("any:tag", 0, "only “object”"),
        ("taken:2024-13", 0, "no date"),
        ("taken:2023-02-29", 0, "no date"),
        ("taken:2024..2023", 0, "backwards"),
        ("taken:", 0, "needs a value"),
        ("cat near:1,2", 4, "LATITUDE"),
        ("near:91,0,1km", 0, "between -90 and 90"),
        ("hour:25", 0, "hours"),
        ("weekday:t", 0, "weekday"),
        ("is:lovely", 0, "duplicate"),
        ("2 cups>=3", 6, "twice"),
        ("dog near cat near car", 13, "only one relation"),
        ("cat\0", 3, "NUL"),
        ("'; DROP TABLE photos; --", 0, "can't begin a word"),
        ("$(rm -rf ~)", 0, "can't begin a word"),
    ],
)
def test_faults_are_told_where_they_are(text: str, position: int, part: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert part in caught.value.message
    assert (caught.value.position, caught.value.text) == (position, text)


@pytest.mark.parametrize(
    "text",
    [
        "x" * 10_000,
        "cat " * (MAX_LENGTH // 4 + 1),
        "a " * (MAX_TERMS + 1),
        "not " * (MAX_DEPTH + 1) + "cat",
        "(" * 400 + "cat" + ")" * 400,
        "-" * 1000 + "cat",
        "a or " * 1000 + "a",
        '"' * 7999,
        "a." * 3999,
        "1" * 5000 + " cats",
        "cat@" + "9" * 5000,
        "cat>=" + "9" * 5000,
        "taken:" + "9" * 5000,
    ],
)
def test_what_would_exhaust_the_machine_is_refused_at_once(text: str) -> None:
    started = time.process_time()
    with pytest.raises(QueryError):
        parse(text)
    assert time.process_time() - started < 5


def test_the_shells_quotes_are_put_back() -> None:
    assert join_arguments(["camera:iPhone 12", "and", "dog"]) == 'camera:"iPhone 12" and dog'
    assert join_arguments(["person>=2 and not dog"]) == "person>=2 and not dog"
    assert join_arguments(["golden retriever"]) == "golden retriever"
    assert join_arguments(["path:trip and dog"]) == "path:trip and dog"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("person==2", "person=2"),
        ("person=>2", "Write >="),
        ("width==640", "Write ="),
        ("cat | dog", "“or”"),
        ("cat || dog", "“or”"),
        ("cat & dog", "“and”"),
        ("cat && dog", "“and”"),
        ("cat, dog", "“and”"),
        ("!cat", "“not”"),
        ("obj:cat", "Did you mean object:cat?"),
        ("pth:Spain", "Did you mean path:Spain?"),
        ("cat:lft", "Places are :left"),
        ("cat:zzz", "keyword:"),
    ],
)
def test_what_other_languages_write_gets_a_hint(text: str, hint: str) -> None:
    with pytest.raises(QueryError) as refused:
        parse(text)
    assert hint in refused.value.hint
