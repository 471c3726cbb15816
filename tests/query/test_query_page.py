"""Every query in docs/query.md is understood, means what it prints, and runs."""

import re
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection

from phototag.query.parser import MAX_DEPTH, MAX_LENGTH, MAX_TERMS, parse
from phototag.query.quoting import FILTERS, NUMBERS, RELATIONS
from phototag.query.resolve import resolve
from phototag.query.tree import Place
from phototag.query.vocabulary import Vocabulary
from phototag.settings import shipped_folder
from phototag.store.answers import Question
from phototag.store.counts import count
from tests.conftest import CHECKOUT
from tests.store.stored import holding, index

__all__ = ["index"]

PAGE = Path(CHECKOUT / "docs" / "query.md").read_text("utf-8")
EXAMPLES = re.findall(r"^\| `(.+?)` \|", PAGE, re.MULTILINE)

MODELS = {"deimv2-femto": "detect", "mobilenet-v2": "classify"}  # those that the page asks


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary.load(shipped_folder())


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_runs(text: str, vocabulary: Vocabulary, index: Connection) -> None:
    node = parse(text, vocabulary.knows)
    assert parse(str(node)) == node
    tree = resolve(node, vocabulary, date(2024, 7, 15), text)
    with holding(index, []) as conn:
        for name, task in MODELS.items():
            conn.exec_driver_sql("INSERT INTO models (task, name, sha256) VALUES (?, ?, '')", (task, name))
        question = Question(conn, tree)
        assert list(question.search()) == list(question.search(limit=20)) == []
        assert count(question).photos == 0


def test_the_page_has_the_whole_language() -> None:
    for name in FILTERS:
        assert f"{name}:" in PAGE
    for name in (*NUMBERS, *RELATIONS, *Place, f"{MAX_LENGTH:,}", str(MAX_TERMS), str(MAX_DEPTH)):
        assert name in PAGE


def test_examples_that_are_said_to_be_the_same_are(vocabulary: Vocabulary) -> None:
    def tree(text: str) -> object:
        return resolve(parse(text, vocabulary.knows), vocabulary)

    assert tree("people") == tree("person")
    assert tree("golden retriever") == tree('"golden retriever"')
    assert tree("dog cat") == tree("dog and cat")
    assert tree("dog -person") == tree("dog and not person")
    assert tree("cat@70%") == tree("cat@0.7")
    assert tree("person=2..") == tree("2 person") == tree("person>=2")
    assert tree("dog<1") == tree("dog=0")
    assert tree("dog.area=25%..") == tree("dog.area>=25%")
