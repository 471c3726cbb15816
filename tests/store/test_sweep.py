"""Missing, moved, offline: nothing is lost by looking."""

import os
import shutil

import pytest

from phototag.media.ignore import WalkRules
from phototag.media.walk import walk
from phototag.store.roots import confirm, offline_places
from phototag.store.sweep import _STILL_HOLDING, Swept, Walked
from phototag.store.sync import Sync
from tests.store.library import BROKEN, Library, Report


def swept(report: Report) -> Swept:
    assert report.swept is not None
    return report.swept


@pytest.fixture
def photos(library: Library) -> Library:
    """Two folders with two photos each, indexed."""
    for name in ("a/1", "a/2", "b/c/3", "b/c/4"):
        library.write(f"one/{name}.jpg", name[-1].encode())
    library.index("one")
    return library


def offline(library: Library) -> list[tuple[str, str]]:
    with library.open() as index, index.read() as conn:
        return [(os.path.relpath(os.fsdecode(p.path), library.top), p.reason) for p in offline_places(conn)]


def test_a_deleted_photo_leaves_the_answers_but_not_the_index(photos: Library) -> None:
    (photos.top / "one/a/1.jpg").unlink()
    assert swept(photos.index()) == Swept(missing=1, moved=0, ignored=0, offline=())
    assert photos.shown() == ["one/a/2.jpg", "one/b/c/3.jpg", "one/b/c/4.jpg"]
    assert photos.rows("SELECT count(*) FROM v_objects") == [(6,)]
    assert photos.rows("SELECT count(*) FROM detections") == [(8,)]
    photos.write("one/b/9.jpg", b"1")
    assert photos.index().analysed == []
    assert photos.rows("SELECT count(*) FROM v_objects") == [(8,)]


def test_a_moved_folder_is_moved_and_not_offline(photos: Library) -> None:
    (photos.top / "one/a").rename(photos.top / "one/z")
    report = photos.index()
    assert swept(report) == Swept(missing=0, moved=2, ignored=0, offline=())
    assert report.changes.todo == []


def test_moving_everything_to_another_root(photos: Library) -> None:
    photos.write("two/5.jpg", b"5")
    photos.index("two")
    for name in ("a", "b"):
        (photos.top / "one" / name).rename(photos.top / "two" / name)
    assert swept(photos.index()) == Swept(missing=0, moved=4, ignored=0, offline=())
    assert offline(photos) == []


def test_an_interrupted_run_still_finds_what_moved(photos: Library) -> None:
    photos.write("zero/5.jpg", b"5")
    photos.index("zero")
    photos.index()
    (photos.top / "one/a").rename(photos.top / "one/a0")
    (photos.top / "one/b/c").rename(photos.top / "zero/c")
    photos.index(stop_after=3)
    assert swept(photos.index()) == Swept(missing=0, moved=4, ignored=0, offline=())


@pytest.mark.parametrize("how", ["missing", "empty", "lost+found"])
def test_a_drive_that_is_away_is_offline_as_a_whole(photos: Library, how: str) -> None:
    root, away = photos.top / "one", photos.top / "away"
    root.rename(away)
    if how != "missing":
        root.mkdir()
    if how == "lost+found":
        (root / "lost+found").mkdir()
    report = swept(photos.index())
    assert report == Swept(missing=0, moved=0, ignored=0, offline=(os.fsencode(root),))
    assert photos.rows("SELECT count(*), sum(offline) FROM photos WHERE file_id IS NOT NULL") == [(4, 4)]
    assert photos.rows("SELECT count(*) FROM v_objects") == [(8,)]
    assert [place for place, _ in offline(photos)] == ["one"]
    if root.exists():
        for inner in root.iterdir():
            inner.rmdir()
        root.rmdir()
    away.rename(root)
    back = photos.index()
    assert (back.changes.unchanged, back.analysed, swept(back).offline) == (4, [], ())
    assert photos.rows("SELECT sum(offline) FROM photos") == [(0,)]


def test_an_emptied_and_a_lost_folder_are_offline_until_confirmed(photos: Library) -> None:
    for name in ("1", "2"):
        (photos.top / f"one/a/{name}.jpg").unlink()
    for name in ("3", "4"):
        (photos.top / f"one/b/c/{name}.jpg").unlink()
    (photos.top / "one/b/c").rmdir()
    photos.write("one/5.jpg", b"5")
    assert len(swept(photos.index()).offline) == 2
    assert offline(photos) == [("one/a", "it held photos and now holds none"), ("one/b/c", "the folder is gone")]
    with photos.open() as index, index.begin() as conn:
        assert confirm(conn, os.fsencode(photos.top / "one/b")) == 2
    assert [place for place, _ in offline(photos)] == ["one/a"]
    assert photos.shown() == ["one/5.jpg", "one/a/1.jpg", "one/a/2.jpg"]
    assert [os.path.basename(path) for path in swept(photos.index()).offline] == [b"a"]


def test_a_folder_whose_own_photos_went_while_others_are_below_it_is_not_offline(photos: Library) -> None:
    photos.write("one/0.jpg", b"0")
    photos.index()
    (photos.top / "one/0.jpg").unlink()
    assert swept(photos.index("one")).missing == 1
    assert offline(photos) == []
    assert "one/0.jpg" not in photos.shown()


def test_another_drive_at_the_same_place(photos: Library) -> None:
    """The folder's device is not the one it had, and nothing known is there."""
    on_another_device(photos)
    for name in ("1", "2"):
        (photos.top / f"one/a/{name}.jpg").rename(photos.top / f"{name}.jpg")
    photos.write("one/a/other.jpg", b"other")
    photos.index()
    assert ("one/a", "another drive is mounted here") in offline(photos)
    photos.index()
    assert ("one/a", "another drive is mounted here") in offline(photos)
    for name in ("1", "2"):
        (photos.top / f"{name}.jpg").rename(photos.top / f"one/a/{name}.jpg")
    assert photos.index().analysed == []
    assert offline(photos) == []


def test_a_drive_may_come_back_under_another_device_number(photos: Library) -> None:
    on_another_device(photos)
    report = photos.index()
    assert (report.changes.unchanged, report.changes.todo, swept(report).offline) == (4, [], ())
    (photos.top / "one/a/1.jpg").unlink()
    assert swept(photos.index()).missing == 1


def on_another_device(library: Library) -> None:
    """Let the index remember the files under the number of another device."""
    with library.open() as index, index.begin() as conn:
        for table in ("folders", "files"):
            conn.exec_driver_sql(f"UPDATE {table} SET device = device + 1")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every folder")
def test_a_folder_that_cannot_be_listed_is_offline(photos: Library) -> None:
    folder = photos.top / "one/b"
    folder.chmod(0)
    try:
        report = photos.index()
    finally:
        folder.chmod(0o700)
    assert swept(report).missing == 0
    assert [place for place, _ in offline(photos)] == ["one/b/c"]
    photos.index()
    assert offline(photos) == []


def test_a_part_of_a_root_is_swept_alone(photos: Library) -> None:
    (photos.top / "one/a/1.jpg").unlink()
    (photos.top / "one/b/c/3.jpg").unlink()
    assert swept(photos.index("one/b")).missing == 1
    assert photos.shown() == ["one/a/1.jpg", "one/a/2.jpg", "one/b/c/4.jpg"]


def test_a_part_that_is_gone_is_offline(photos: Library) -> None:
    (photos.top / "one/b").rename(photos.top / "away")
    assert swept(photos.index("one/b")).offline == (os.fsencode(photos.top / "one/b/c"),)


def test_new_photos_at_the_place_of_an_absent_drive(photos: Library) -> None:
    """Same device: nobody can tell the drive from a clean-up, so the absent photos are missing, and return."""
    (photos.top / "one").rename(photos.top / "away")
    photos.write("one/a/new.jpg", b"new")
    photos.index()
    assert photos.shown() == ["one/a/new.jpg", "one/b/c/3.jpg", "one/b/c/4.jpg"]
    (photos.top / "one/a/new.jpg").unlink()
    (photos.top / "one/a").rmdir()
    (photos.top / "one").rmdir()
    (photos.top / "away").rename(photos.top / "one")
    assert photos.index().analysed == []
    assert len(photos.shown()) == 4


def test_a_dry_run_changes_nothing(photos: Library) -> None:
    (photos.top / "one/a/1.jpg").unlink()
    before = photos.rows("SELECT * FROM v_files")
    with photos.open() as index, index.rehearse() as conn:
        root_id, path = conn.exec_driver_sql("SELECT id, path FROM roots").one()
        sync = Sync(conn, 99, ())
        for listing in walk(path, WalkRules()):
            sync.folder(conn, root_id, path, listing)
        assert sync.sweep(conn, [(root_id, b"")]).missing == 1
    assert photos.rows("SELECT * FROM v_files") == before


def test_copies_on_an_absent_drive_have_not_moved_to_their_originals(photos: Library) -> None:
    photos.write("two/5.jpg", b"5")
    photos.write("two/copies/1.jpg", b"1")
    photos.index("two")
    photos.index()
    (photos.top / "two/copies").rename(photos.top / "away")
    assert swept(photos.index()) == Swept(0, 0, 0, offline=(os.fsencode(photos.top / "two/copies"),))
    assert photos.rows("SELECT sum(offline) FROM photos") == [(0,)]


def test_nothing_moves_to_a_drive_that_is_away(library: Library) -> None:
    """A drive and, later, its copy on another one: both are unplugged, the copy first."""
    library.write("one/1.jpg", b"1")
    library.index("one")
    library.write("copy/1.jpg", b"1")
    library.index("copy")
    for name in ("copy", "one"):
        (library.top / name / "1.jpg").unlink()
        assert swept(library.index(name)) == Swept(0, 0, 0, offline=(os.fsencode(library.top / name),))


def test_a_drive_that_stays_away_makes_nothing_stale_again(photos: Library) -> None:
    (photos.top / "one").rename(photos.top / "away")
    photos.index()
    assert photos.rows("SELECT count(*) FROM stale_photos") == [(4,)]
    with photos.open() as index, index.begin() as conn:
        conn.exec_driver_sql("DELETE FROM stale_photos")
    assert swept(photos.index()).offline == (os.fsencode(photos.top / "one"),)
    assert photos.rows("SELECT count(*) FROM stale_photos") == [(0,)]


def test_a_drive_that_is_away_keeps_its_problems(photos: Library) -> None:
    """Also those of folders without a photo; they are not tried again when it is back."""
    photos.write("one/bad/1.jpg", BROKEN)
    photos.index()
    (photos.top / "one").rename(photos.top / "away")
    (photos.top / "one").mkdir()
    assert swept(photos.index()).offline == (os.fsencode(photos.top / "one"),)
    (photos.top / "one").rmdir()
    (photos.top / "away").rename(photos.top / "one")
    assert photos.index().changes.failed == 1
    assert photos.rows("SELECT tries FROM problems") == [(1,)]
    shutil.rmtree(photos.top / "one/bad")
    photos.index()
    assert photos.rows("SELECT count(*) FROM problems") == [(0,)]


def test_a_drive_whose_photos_were_taken_elsewhere_is_not_waited_for(photos: Library) -> None:
    (photos.top / "one").rename(photos.top / "away")
    (photos.top / "one").mkdir()
    assert swept(photos.index()).offline == (os.fsencode(photos.top / "one"),)
    shutil.copytree(photos.top / "away", photos.top / "two")
    assert swept(photos.index("one", "two")).moved == 4
    assert offline(photos) == []
    assert photos.rows("SELECT sum(offline) FROM roots") == [(0,)]


def test_what_lies_below_emptied_folders_is_found_by_a_range_of_paths(library: Library) -> None:
    """Not by comparing each of their files with each folder that was walked."""
    with library.open() as index, index.begin() as conn:
        Walked(conn)
        plan = [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {_STILL_HOLDING}", ("",))]
    assert any("root_id=? AND path>? AND path<?" in line for line in plan)
    assert not any(line.startswith("SCAN w") for line in plan)
