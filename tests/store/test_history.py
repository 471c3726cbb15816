"""What became of files, places and labels since a moment."""

import os
import shutil
import time
from pathlib import Path

from phototag.media.ignore import WalkRules
from phototag.query.thresholds import Thresholds
from phototag.store.clock import now
from phototag.store.corrections import Correction, Kind, correct
from phototag.store.history import file_changes, newly_offline
from phototag.store.prune import prune
from phototag.store.relabelled import relabelled
from tests.store.library import FINDER, NEWER, TAGGER, Library


def changes(library: Library, since: str) -> list[tuple[str, ...]]:
    """(what became, path, where it lay) relative to the library, without Nones."""

    def relative(path: bytes | None) -> str:
        return os.path.relpath(os.fsdecode(path), library.top) if path else ""

    with library.open() as index, index.read() as conn:
        found = [(one.became.value, relative(one.path), relative(one.before)) for one in file_changes(conn, since)]
    return [tuple(filter(None, one)) for one in found]


def test_every_kind_of_change_is_told_apart(library: Library) -> None:
    for name in ("stays", "moves", "goes", "changes", "hides", "breaks", "away/one"):
        library.write(f"one/{name}.jpg", name.encode())
    began = now()
    library.index("one")
    assert {kind for kind, *_ in changes(library, began)} == {"new"}
    since = now()
    assert changes(library, since) == []
    top = library.top / "one"
    (top / "sub").mkdir()
    (top / "moves.jpg").rename(top / "sub" / "moved.jpg")
    (top / "goes.jpg").unlink()
    library.write("one/changes.jpg", b"other")
    library.write("one/breaks.jpg", b"broken now")
    library.write("one/copy.jpg", b"stays")
    shutil.move(top / "away", library.top / "away")
    library.index(rules=WalkRules(exclude=("hides.jpg",)))
    assert changes(library, since) == [
        ("changed", "one/changes.jpg"),
        ("new", "one/copy.jpg"),
        ("missing", "one/goes.jpg"),
        ("ignored", "one/hides.jpg"),
        ("moved", "one/sub/moved.jpg", "one/moves.jpg"),
    ]
    with library.open() as index, index.read() as conn:
        [place] = newly_offline(conn, since)
        assert (place.path, place.reason) == (os.fsencode(top / "away"), "the folder is gone")
        assert newly_offline(conn, now()) == ()
    later = now()
    library.write("one/goes.jpg", b"goes")
    shutil.move(library.top / "away", top / "away")
    library.index()
    assert changes(library, later) == [("returned", "one/goes.jpg"), ("returned", "one/hides.jpg")]
    assert ("missing", "one/goes.jpg") not in changes(library, since)  # gone and back: as it was
    with library.open() as index, index.read() as conn:
        assert newly_offline(conn, since) == ()


def test_a_new_photo_is_not_the_pruned_one_whose_number_it_got(library: Library) -> None:
    library.write("one/1.jpg", b"1")
    library.write("one/2.jpg", b"2")
    library.index("one")
    since = pause()
    library.write("one/2.jpg", b"1")
    library.index()
    with library.open() as index, index.begin() as conn:
        assert prune(conn, dry_run=False).photos == 1
    (library.top / "one/2.jpg").unlink()
    library.write("one/3.jpg", b"3")
    library.index()
    assert changes(library, since) == [("missing", "one/2.jpg"), ("new", "one/3.jpg")]


def test_a_root_that_is_absorbed_went_offline_when_it_did(library: Library) -> None:
    library.write("one/x/1.jpg", b"1")
    library.index("one/x")
    (library.top / "one/x/1.jpg").unlink()
    began = now()
    library.index()
    since = pause()
    library.write("one/2.jpg", b"2")
    library.index("one")
    with library.open() as index, index.read() as conn:
        assert newly_offline(conn, since) == ()
        assert [os.path.basename(place.path) for place in newly_offline(conn, began)] == [b"x"]


def pause() -> str:
    """A later moment than what was, told in milliseconds."""
    time.sleep(0.002)
    return now()


def test_pruning_ends_a_files_history(library: Library) -> None:
    library.write("one/a.jpg", b"A")
    library.write("one/b.jpg", b"B")
    library.index("one")
    (library.top / "one" / "a.jpg").unlink()
    library.index()
    assert library.rows("SELECT count(*) FROM file_history") == [(1,)]
    with library.open() as index, index.begin() as conn:
        prune(conn, dry_run=False)
    assert library.rows("SELECT count(*) FROM file_history") == [(0,)]


def recounts(library: Library, since: str, replaced: tuple[tuple[int, int], ...] = ()) -> dict[str, set[str]]:
    """By file name `task:label then>now`."""
    models = {"classify": TAGGER.name, "detect": FINDER.name}
    with library.open() as index, index.read() as conn:
        found = relabelled(conn, since, models, replaced, Thresholds(0.25))
        return {
            Path(os.fsdecode(photo.path)).name: {
                f"{one.task.value}:{one.name} {one.then}>{one.now}" for one in photo.recounts
            }
            for photo in found
        }


def test_labels_change_with_the_model_and_with_the_user(library: Library) -> None:
    library.write("one/low.jpg", b"\x00a")  # its dog has a confidence of 0.2, below the threshold
    library.write("one/high.jpg", b"\xf0b")  # 0.67
    library.index("one")
    since = now()
    assert recounts(library, since) == {}
    library.index(force=True)  # the same models say the same
    assert recounts(library, since) == {}
    library.index(models=(TAGGER, NEWER))  # another model, which finds the same
    assert recounts(library, since) == {}
    ids = {
        str(name): int(str(number))
        for name, number in library.rows("SELECT CAST(f.name AS TEXT), f.photo_id FROM files f")
    }
    with library.open() as index, index.begin() as conn:
        relatives = lambda word: ((word,), ())  # noqa: E731
        correct(conn, [(ids["high.jpg"], Correction(Kind.UNTAG, "dog"))], relatives)
        correct(conn, [(ids["low.jpg"], Correction(Kind.TAG, "beach"))], relatives)
    assert recounts(library, since) == {"high.jpg": {"detect:dog 1>0"}, "low.jpg": {"classify:beach 0>1"}}
    assert recounts(library, now()) == {}
    # A file that now holds the other picture.
    swapped = recounts(library, now(), replaced=((ids["low.jpg"], ids["high.jpg"]),))
    assert swapped == {"high.jpg": {"classify:cat 0>1", "detect:dog 0>1"}}
