"""Completion of a query while it is typed."""

import pytest

from phototag.app.completion import MOST, completions
from phototag.query.vocabulary import Vocabulary
from phototag.settings import shipped_folder

NAMES = ["car", "cat", "dining table", "dog", "person", "table lamp", "taxi"]


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary.load(shipped_folder())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ca", ["car", "cat"]),
        ("dog and DIN", ["dog and dining table"]),
        ("dining t", ["dining table"]),
        ("not object:do", ["not object:dog"]),
        ("(person or ta", ["(person or taxi", "(person or taken:"]),
        ("automob", ["automobile"]),  # another word for car
        ("hum", ["human"]),
    ],
)
def test_the_last_word_goes_on(vocabulary: Vocabulary, text: str, expected: list[str]) -> None:
    assert set(expected) <= set(completions(text, NAMES, vocabulary))


def test_words_of_the_index_come_first(vocabulary: Vocabulary) -> None:
    assert completions("ta", NAMES, vocabulary)[:2] == ["taxi", "table lamp"]


@pytest.mark.parametrize("text", ["", "   ", "person>=", "dog ", "zzzz", "near:48.1,", "object:tak"])
def test_nothing_is_said_where_nothing_fits(vocabulary: Vocabulary, text: str) -> None:
    assert completions(text, NAMES, vocabulary) == []


def test_there_are_not_too_many(vocabulary: Vocabulary) -> None:
    many = [f"dog {number}" for number in range(50)]
    assert len(completions("dog", many, vocabulary)) == MOST
