"""Why hits match, what empties a query, groups, labels and pairs: on a small library made by hand."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Connection

from phototag.errors import PhototagError, QueryError, UsageError
from phototag.geometry import Box
from phototag.query.parser import parse
from phototag.query.record import Opinion, Record
from phototag.query.resolve import resolve
from phototag.query.thresholds import Thresholds
from phototag.store.answers import Question
from phototag.store.counts import Group, count
from phototag.store.explain import Part, emptied_by, explained
from phototag.store.labels import Pair, WordCount, pairs, word_counts
from phototag.store.planes import refresh
from phototag.store.statistics import Completeness, completeness
from phototag.types import Detection, Label, Metadata, Task
from tests.query.worlds import VOCABULARY
from tests.store.stored import holding, index

__all__ = ["index"]

LEFT, RIGHT = Box(0.0, 0.0, 0.25, 0.5), Box(0.75, 0.0, 1.0, 0.5)
THRESHOLDS = Thresholds(minimum=0.3)


def _photo(name: str, taken: str | None, words: dict[str, float], *detections: Detection) -> Record:
    return Record(
        path=b"/photos/2024/" + name.encode(),
        width=100,
        height=100,
        metadata=Metadata(taken_at=taken, camera="Canon" if taken else None),
        classifier="fine",
        detector="quick",
        words=tuple(Label(word, confidence) for word, confidence in words.items()),
        detections=detections,
    )


LIBRARY = [
    _photo(
        "a.jpg",
        "2023-05-01T10:00:00",
        {"dog": 0.6, "animal": 0.6},
        Detection("dog", 0.9, LEFT),
        Detection("person", 0.8, RIGHT),
    ),
    _photo(
        "b.jpg",
        "2024-05-01T10:00:00",
        {"cat": 0.5, "animal": 0.5},
        Detection("person", 0.7, LEFT),
        Detection("person", 0.4, RIGHT),
    ),
    _photo("c.jpg", None, {}, Detection("cat", 0.35, LEFT), Detection("dog", 0.2, RIGHT)),
]


@pytest.fixture
def library(index: Connection) -> Iterator[Connection]:
    with holding(index, LIBRARY) as conn:
        yield conn


def ask(conn: Connection, text: str) -> Question:
    return Question(conn, resolve(parse(text), VOCABULARY, date(2024, 7, 15), text), THRESHOLDS)


def test_a_hit_is_explained_by_every_label_and_box_that_made_it_match(library: Connection) -> None:
    ((hit, reasons),) = explained(ask(library, "dog and not cat and taken:2023"))
    assert hit.path == b"/photos/2024/a.jpg"
    told = [(r.rule, r.model, r.label, r.confidence, r.threshold, r.box) for r in reasons]
    assert told == [
        ("dog", "fine", "dog", 0.6, 0.3, None),
        ("dog", "quick", "dog", 0.9, 0.3, LEFT),
        ("not cat", None, None, None, None, None),
        ("taken:2023", None, None, None, None, None),
    ]


def test_only_the_part_of_an_or_that_is_true_explains(library: Connection) -> None:
    explanations = {hit.path[-5:]: reasons for hit, reasons in explained(ask(library, "person>=2 or cat:left"))}
    assert [(r.rule, r.label) for r in explanations[b"b.jpg"]] == [("person>=2", "person")] * 2
    assert [(r.rule, r.label) for r in explanations[b"c.jpg"]] == [("cat:left", "cat")]


def test_parts_tell_what_empties_a_query(library: Connection) -> None:
    question = ask(library, "person and camera:Leica and not dog")
    assert not question.exists()
    assert emptied_by(question) == (Part("person", 2), Part("camera:Leica", 0), Part("not dog", 2))


def test_a_query_may_ask_another_model(index: Connection) -> None:
    boxes = tuple(Detection("person", confidence, LEFT) for confidence in (0.9, 0.6))
    other = Opinion("slow", Task.DETECT, detections=boxes)
    with holding(index, [LIBRARY[0], replace(LIBRARY[2], others=(other,))]) as conn:
        [(hit, (_, reason, _))] = explained(ask(conn, "model:slow person"))
        assert hit.path.endswith(b"c.jpg")
        assert [found.label for found in hit.objects] == ["person", "person"]
        assert (reason.rule, reason.model, reason.confidence) == ("person", "slow", 0.9)
        assert count(ask(conn, "model:slow person")).objects == 2
        assert count(ask(conn, "person")).objects == 1
        assert list(ask(conn, "model:slow cat").search()) == []
        assert emptied_by(ask(conn, "model:slow cat")) == (Part("model:slow", 1), Part("cat", 0))
        assert completeness(conn, ask(conn, "model:slow cat").scope) == Completeness(2, 2, 1, 1)


def test_of_several_files_of_a_model_the_latest_is_asked(index: Connection) -> None:
    older = Opinion("slow", Task.DETECT, detections=(Detection("person", 0.9, LEFT),))
    with holding(index, [replace(LIBRARY[2], others=(older,))]) as conn:
        conn.exec_driver_sql("INSERT INTO models (id, task, name, sha256) VALUES (9, 'detect', 'slow', 'newer')")
        conn.exec_driver_sql("INSERT INTO analyses VALUES (1, 9, 'detect', 0, NULL, '2024', 0)")
        assert count(ask(conn, "model:slow person")).photos == 0
        assert count(ask(conn, "model:slow not person")).photos == 1


def test_what_the_user_said_stands_whoever_is_asked(index: Connection) -> None:
    other = Opinion("slow", Task.DETECT, detections=(Detection("dog", 0.9, LEFT), Detection("cat", 0.8, RIGHT)))
    with holding(index, [replace(LIBRARY[1], corrected=True, others=(other,))]) as conn:
        conn.exec_driver_sql("UPDATE corrections SET kind = 'untag', effective = 1, name_id = 2")
        conn.exec_driver_sql("INSERT INTO relatives (name_id, name, below) VALUES (2, 'dog', 1)")
        assert count(ask(conn, "model:slow any:object")).by_word == {}
        assert [found.label for hit in ask(conn, "model:slow any:object").search() for found in hit.objects] == ["cat"]


@pytest.mark.parametrize(
    ("text", "error", "part"),
    [
        ("dog or model:slow", QueryError, "below"),
        ("cat not model:slow", QueryError, "below"),
        ("model:slow model:quick dog", UsageError, "can't both answer"),
        ("model:nobody dog", UsageError, "no photo of this index was analysed"),
    ],
)
def test_whom_nobody_can_ask_is_an_error(library: Connection, text: str, error: type[PhototagError], part: str) -> None:
    with pytest.raises(error, match=part) as caught:
        ask(library, text)
    assert caught.value.hint


def test_words_that_no_model_ever_said_are_known_to_be_absent(library: Connection) -> None:
    assert ask(library, "unicorn and dog").absent() == ("unicorn",)
    assert ask(library, "animal near person").absent() == ()


def test_objects_without_any_box_are_known_to_have_none(index: Connection) -> None:
    with holding(index, [*LIBRARY, _photo("d.jpg", None, {"golden retriever": 0.9})]) as conn:
        assert ask(conn, 'object:"golden retriever" or object:dog').boxless() == ("golden retriever",)
        assert ask(conn, '"golden retriever" and animal near person and object:unicorn').boxless() == ()


@pytest.mark.parametrize(
    ("query", "by", "groups"),
    [
        ("person", "year", [("2023", 1, 1), ("2024", 2, 1)]),
        ("animal", "month", [("2023-05", 1, 1), ("2024-05", 0, 1), ("unknown", 1, 1)]),
        ("animal", "label", [("cat", 1, 1), ("dog", 1, 1), ("unknown", 0, 1)]),
        ("person", "day", [("2023-05-01", 1, 1), ("2024-05-01", 2, 1)]),
        ("person", "folder", [("/photos/2024", 3, 2)]),
        ("any:object", "camera", [("Canon", 4, 2), ("unknown", 1, 1)]),
        ("has:camera", "label", [("animal", None, 2), ("cat", None, 1), ("dog", None, 1)]),
        ("has:camera", "year", [("2023", None, 1), ("2024", None, 1)]),
    ],
)
def test_counts_are_grouped(library: Connection, query: str, by: str, groups: list[tuple[str, int, int]]) -> None:
    assert count(ask(library, query), by).groups == tuple(Group(*group) for group in groups)


def test_several_words_are_counted_one_by_one(library: Connection) -> None:
    counted = count(ask(library, "person or object:cat or dog near person or tag:cat"))
    assert (counted.objects, counted.photos) == (4, 3)
    assert counted.by_word == {"person": 3, "cat": 1, "dog near person": 0}


def test_words_tell_what_they_find(library: Connection) -> None:
    found = list(word_counts(library, ["animal", "dog", "unicorn", "person"], VOCABULARY, THRESHOLDS))
    assert found == [WordCount("animal", 3, 2), WordCount("dog", 1, 1), WordCount("person", 2, 3)]


def test_pairs_that_come_together_more_often_than_by_chance_come_first(library: Connection) -> None:
    # Of 3 photos, dog is in 1 and person in 2; both are in 1: 1 * 3 / (1 * 2).
    assert pairs(library, THRESHOLDS, least=1) == (Pair("dog", "person", 1, 1.5),)
    assert pairs(library, THRESHOLDS) == ()


def test_completeness_is_the_same_with_and_without_planes(index: Connection) -> None:
    unseen = replace(LIBRARY[0], path=b"/photos/2024/d.jpg", classifier=None, words=())
    unheard = replace(LIBRARY[0], path=b"/photos/2024/e.jpg", detector=None, detections=())
    with holding(index, [*LIBRARY, unseen, unheard]) as conn:
        assert completeness(conn) == Completeness(photos=5, classified=4, detected=4, complete=3)
        refresh(conn, THRESHOLDS)
        assert completeness(conn) == Completeness(photos=5, classified=4, detected=4, complete=3)
