"""Plain sentences: the query each becomes, what is said of the rest, and that nothing else can come out."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phototag.errors import QueryError
from phototag.query.parser import parse
from phototag.query.resolve import resolve
from phototag.query.sentence import understand
from phototag.query.verbs import strip_verb
from phototag.query.vocabulary import Vocabulary

VOCABULARY = Vocabulary.load(Path(__file__).parents[2] / "models")
TODAY = date(2024, 10, 16)
LINES = (Path(__file__).parent / "sentences.tsv").read_text(encoding="utf-8").splitlines()
ROWS = [line.split("\t") for line in LINES if not line.startswith("#")]


@pytest.mark.parametrize(("sentence", "verb", "query", "ignored"), ROWS, ids=[row[0] for row in ROWS])
def test_sentences(sentence: str, verb: str, query: str, ignored: str) -> None:
    understood = understand(sentence, VOCABULARY, TODAY)
    assert (understood.query, understood.verb) == (query, verb)
    assert "|".join(understood.ignored) == ignored


@pytest.mark.parametrize("query", sorted({row[2] for row in ROWS}))
def test_what_sentences_become_can_be_asked(query: str) -> None:
    tree = parse(query, VOCABULARY.knows)
    assert str(resolve(tree, VOCABULARY, TODAY))
    assert parse(str(tree), VOCABULARY.knows) == tree


def test_every_sentence_can_also_be_shouted() -> None:
    for sentence, verb, query, _ in ROWS:
        if "camera:" not in query and "folder:" not in query:
            loud = understand(sentence.upper() + "!", VOCABULARY, TODAY)
            assert (loud.verb, loud.query.lower()) == (verb, query.lower())


@pytest.mark.parametrize(
    ("sentence", "today", "query"),
    [
        ("last summer", date(2024, 7, 1), "taken:2023-06..2023-08"),
        ("last summer", date(2024, 9, 1), "taken:2024-06..2024-08"),
        ("this summer", date(2024, 7, 1), "taken:2024-06..2024-08"),
        ("last winter", date(2024, 3, 1), "taken:2023-12..2024-02"),
        ("last winter", date(2024, 2, 1), "taken:2022-12..2023-02"),
        ("last weekend", date(2024, 10, 20), "taken:2024-10-12..2024-10-13"),
        ("last weekend", date(2024, 10, 21), "taken:2024-10-19..2024-10-20"),
        ("this weekend", date(2024, 10, 20), "taken:2024-10-19..2024-10-20"),
        ("last monday", date(2024, 10, 21), "taken:2024-10-14"),
        ("last monday", date(2024, 10, 22), "taken:2024-10-21"),
        ("in the last two months", date(2024, 4, 30), "taken:2024-03..2024-04"),
        ("two months ago", date(2024, 1, 31), "taken:2023-11"),
        ("a year ago", date(2024, 2, 29), "taken:2023"),
        ("one year ago today", date(2024, 2, 29), "taken:2023-02-28"),
        ("in february 2024", date(2024, 5, 1), "taken:2024-02"),
        ("on february 29 2024", date(2024, 5, 1), "taken:2024-02-29"),
        ("after december 2023", date(2024, 5, 1), "since:2024"),
        ("at christmas", date(2024, 12, 25), "taken:2024-12-25"),
        ("last christmas", date(2024, 12, 25), "taken:2023-12-25"),
        ("in june", date(2024, 6, 1), "taken:2024-06"),
        ("in june", date(2024, 5, 31), "taken:2023-06"),
        ("in the 20s", date(2024, 5, 31), "taken:2020..2029"),
    ],
)
def test_dates_depend_on_the_day(sentence: str, today: date, query: str) -> None:
    assert understand(f"photos {sentence}", VOCABULARY, today).query == query


@pytest.mark.parametrize(
    "sentence", ["", "   ", "show me", "photos", "asdf qwer", "how many", "how many qwer photos", "?!", "\0", "of the"]
)
def test_a_sentence_that_says_nothing_is_an_error(sentence: str) -> None:
    with pytest.raises(QueryError) as caught:
        understand(sentence, VOCABULARY, TODAY)
    assert caught.value.hint
    assert caught.value.exit_code == 2


def test_a_very_long_sentence_is_refused() -> None:
    with pytest.raises(QueryError, match="too long"):
        understand("dog " * 1000, VOCABULARY, TODAY)


def test_an_impossible_day_is_not_asked_for() -> None:
    understood = understand("dogs on february 30 2024", VOCABULARY, TODAY)
    assert "02-30" not in understood.query
    assert understood.ignored


def test_what_was_used_is_said() -> None:
    understood = understand("how many cars without people last summer in Paris", VOCABULARY, TODAY)
    assert understood.used == ("how many", "cars", "without", "people", "last summer")
    assert understood.ignored == ("in Paris",)


def test_a_polite_verb_is_no_part_of_what_was_understood() -> None:
    assert understand("please gimme my cat pics, thank you", VOCABULARY, TODAY).used == ("my cat",)


WORDS = st.sampled_from(
    sorted({word for row in ROWS for word in row[0].split()} | {"camera:", '"', "(", "not", "@x", "💥"})
)


@given(st.lists(WORDS, max_size=14).map(" ".join))
def test_any_words_give_a_query_that_can_be_read_or_an_error(sentence: str) -> None:
    try:
        query = understand(sentence, VOCABULARY, TODAY).query
    except QueryError:
        return
    resolve(parse(query, VOCABULARY.knows), VOCABULARY, TODAY)


@given(st.text(max_size=60))
def test_any_text_gives_a_query_that_can_be_read_or_an_error(sentence: str) -> None:
    try:
        query = understand(sentence, VOCABULARY, TODAY).query
    except QueryError:
        return
    resolve(parse(query, VOCABULARY.knows), VOCABULARY, TODAY)


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (["find", "dog"], ["dog"]),
        (["Find", "dog", "cat"], ["dog", "cat"]),
        (["count", "cars"], ["cars"]),
        (["find dogs"], ["dogs"]),
        (["find  dogs and cats", "cat"], ["dogs and cats", "cat"]),
        (["dog"], ["dog"]),
        (["find"], ["find"]),
        ([], []),
        (["list"], ["list"]),
    ],
)
def test_a_leading_verb_is_left_out(words: list[str], left: list[str]) -> None:
    assert strip_verb(words) == left


def documented() -> list[tuple[str, str]]:
    lines = (Path(__file__).parents[2] / "docs" / "ask.md").read_text(encoding="utf-8").splitlines()
    cells = [line.strip("|").split(" | ") for line in lines if line.startswith("| ") and "`" in line]
    return [(sentence.strip(), query.strip().strip("`")) for sentence, query in cells]


@pytest.mark.parametrize(("sentence", "query"), documented())
def test_the_documented_examples(sentence: str, query: str) -> None:
    assert understand(sentence, VOCABULARY, TODAY).query == query


@pytest.mark.parametrize(
    ("year", "day"),
    [(1818, "03-22"), (2000, "04-23"), (2021, "04-04"), (2024, "03-31"), (2025, "04-20"), (2038, "04-25")],
)
def test_easter(year: int, day: str) -> None:
    assert understand(f"easter {year}", VOCABULARY, TODAY).query == f"taken:{year}-{day}"
