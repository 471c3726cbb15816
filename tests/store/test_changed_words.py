"""Corrections in the light of a vocabulary or photos that change, and what many of them cost."""

from collections.abc import Collection

import pytest

from phototag.errors import UsageError
from phototag.store import liveness, overruled
from phototag.store.corrections import Correction, Kind, correct, undo
from phototag.store.taught import TaughtTag, store_taught
from phototag.store.upkeep import check
from tests.store.library import Library


def nothing(_: str) -> tuple[Collection[str], Collection[str]]:
    return (), ()


def pets(word: str) -> tuple[Collection[str], Collection[str]]:
    """The user's own vocabulary: a cat is a pet."""
    return (("cat",), ()) if word == "pet" else ((), ("pet",) if word == "cat" else ())


def labels(library: Library) -> list[tuple[object, ...]]:
    return library.rows("SELECT photo_id, name FROM v_labels WHERE name = 'cat' ORDER BY photo_id")


def test_older_corrections_follow_a_vocabulary_that_has_changed(library: Library) -> None:
    for number in range(3):
        library.write(f"one/{number}.jpg", b"%d" % number)
    library.index("one")
    with library.open() as index:
        with index.begin() as conn:
            correct(conn, [(1, Correction(Kind.UNTAG, "pet")), (2, Correction(Kind.TAG, "cat"))], nothing)
        assert labels(library) == [(1, "cat"), (2, "cat"), (3, "cat")]
        with index.begin() as conn:
            correct(conn, [(3, Correction(Kind.TAG, "nice"))], pets)
            assert check(conn) == ()
        assert labels(library) == [(2, "cat"), (3, "cat")]
        assert library.rows("SELECT photo_id FROM words JOIN names ON id = name_id WHERE name = 'pet'") == [(2,)]
        with index.begin() as conn:
            undo(conn, nothing)
            assert check(conn) == ()
        assert labels(library) == [(1, "cat"), (2, "cat"), (3, "cat")]


def test_photos_that_were_pruned_since_they_were_seen(library: Library) -> None:
    library.write("one/1.jpg", b"1")
    library.index("one")
    tag = TaughtTag("mine", 1, "tagger", current=True, weights=b"", bias=0.0, threshold=0.5, report="{}", at="")
    with library.open() as index, index.begin() as conn:
        with pytest.raises(UsageError, match="1 of the photos"):
            correct(conn, [(1, Correction(Kind.TAG, "cat")), (9, Correction(Kind.TAG, "cat"))], nothing)
        assert conn.exec_driver_sql("SELECT count(*) FROM corrections").scalar_one() == 0
        store_taught(conn, tag, [(1, 0.9), (9, 0.8)])
        assert check(conn) == ()
        assert conn.exec_driver_sql("SELECT photo_id, name FROM v_labels WHERE name = 'mine'").fetchall() == [
            (1, "mine")
        ]


def test_a_batch_of_photos_does_not_read_all_corrections(library: Library) -> None:
    with library.open() as index, index.begin() as conn:
        liveness.touch(conn, [])
        for statement in overruled.SETTLE:
            plan = [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")]
            assert any("corrections_by_photo (photo_id=?)" in line for line in plan)
            assert not any("SCAN corrections" in line or "SCAN e" in line for line in plan)
