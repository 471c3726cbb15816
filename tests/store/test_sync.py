"""What a run reads, and what it knows without reading."""

import os
import shutil

from phototag.media.ignore import WalkRules
from phototag.store.problems import list_problems
from phototag.store.sync import Change
from tests.store.library import BOTH, BROKEN, FINDER, NEWER, TAGGER, Library


def test_a_second_run_reads_nothing(library: Library) -> None:
    library.write("one/a.jpg", b"A")
    library.write("one/x/b.jpg", b"B")
    first = library.index("one")
    assert (first.changes.new, len(first.analysed)) == (2, 4)
    second = library.index()
    assert (second.changes.unchanged, second.changes.new, second.changes.todo) == (2, 0, [])


def test_an_unchanged_folder_is_not_written(library: Library) -> None:
    library.write("one/a.jpg", b"A")
    library.index("one")
    before = library.rows("SELECT * FROM files")
    library.index()
    assert library.rows("SELECT * FROM files") == before


def test_a_changed_file_is_read_again_and_the_old_photo_waits(library: Library) -> None:
    library.write("one/a.jpg", b"A")
    library.index("one")
    library.write("one/a.jpg", b"B")
    report = library.index()
    assert [todo.change for todo in report.changes.todo] == [Change.CHANGED]
    assert library.shown() == ["one/a.jpg"]
    assert library.rows("SELECT count(*) FROM photos WHERE file_id IS NULL") == [(1,)]
    assert library.rows("SELECT DISTINCT photo_id FROM v_objects") == [(2,)]
    library.write("one/a.jpg", b"A")
    assert library.index().analysed == []
    assert library.rows("SELECT DISTINCT photo_id FROM v_objects") == [(1,)]


def test_touching_a_file_analyses_nothing(library: Library) -> None:
    path = library.write("one/a.jpg", b"A")
    library.index("one")
    os.utime(path)
    report = library.index()
    assert (report.changes.changed, report.analysed) == (1, [])
    assert library.index().changes.unchanged == 1


def test_a_renamed_file_is_known_without_reading_it(library: Library) -> None:
    library.write("one/a.jpg", b"A")
    library.write("one/b.jpg", b"B")
    library.index("one")
    (library.top / "one/a.jpg").rename(library.top / "one/c.jpg")
    (library.top / "one/x").mkdir()
    (library.top / "one/b.jpg").rename(library.top / "one/x/b.jpg")
    report = library.index()
    # The date may come from the file's name, so a file under another name is read; but nothing is analysed.
    assert [todo.stamp.name for todo in report.changes.todo] == [b"c.jpg"]
    assert report.analysed == []
    assert report.swept is not None
    assert (report.swept.moved, report.swept.missing, report.changes.new) == (2, 0, 2)
    assert library.shown() == ["one/c.jpg", "one/x/b.jpg"]


def test_two_files_may_swap_their_names(library: Library) -> None:
    first, second = library.write("one/x/a.jpg", b"A"), library.write("one/y/a.jpg", b"B")
    library.index("one")
    aside = library.top / "aside"
    first.rename(aside)
    second.rename(first)
    aside.rename(second)
    report = library.index()
    assert (report.analysed, report.changes.changed) == ([], 2)
    rows = library.rows("SELECT path, photo_id FROM v_files")
    assert {os.path.relpath(str(path), library.top): photo for path, photo in rows} == {
        "one/x/a.jpg": 2,
        "one/y/a.jpg": 1,
    }


def test_copies_are_one_photo(library: Library) -> None:
    path = library.write("one/b.jpg", b"A")
    library.index("one")
    shutil.copy(path, path.with_name("a.jpg"))
    report = library.index()
    assert report.analysed == []
    assert report.swept is not None
    assert report.swept.moved == 0
    assert library.shown() == ["one/a.jpg"]
    assert library.shown("v_files") == ["one/a.jpg", "one/b.jpg"]


def test_another_model_sees_only_what_it_lacks(library: Library) -> None:
    library.write("one/a.jpg", b"A")
    library.index("one")
    library.write("one/b.jpg", b"B")
    library.index()
    report = library.index(models=(TAGGER, NEWER))
    assert {model for _, model in report.analysed} == {NEWER}
    assert [(todo.change, todo.lacks) for todo in report.changes.todo] == [(Change.UNCHANGED, (NEWER,))] * 2
    assert library.rows("SELECT DISTINCT model FROM v_objects") == [("newer",)]
    assert library.rows("SELECT count(DISTINCT model) FROM v_all_objects") == [(2,)]
    assert library.index(models=BOTH).analysed == []
    assert library.rows("SELECT DISTINCT model FROM v_objects") == [("finder",)]


def test_old_answers_stay_until_the_new_model_has_seen_a_photo(library: Library) -> None:
    for name in ("a", "b"):
        library.write(f"one/{name}/p.jpg", name.encode())
    library.index("one")
    library.index(models=(TAGGER, NEWER), stop_after=2)
    assert library.rows("SELECT photo_id, model FROM v_objects GROUP BY 1, 2") == [(1, "newer"), (2, "finder")]


def test_a_lower_floor_analyses_again_and_a_higher_does_not(library: Library) -> None:
    library.write("one/a.jpg", b"A")
    library.index("one", floor=0.2)
    assert library.index(floor=0.3).analysed == []
    assert len(library.index(floor=0.1).analysed) == 2
    assert library.rows("SELECT DISTINCT floor FROM analyses") == [(0.1,)]


def test_force_reads_everything(library: Library) -> None:
    library.write("one/a.jpg", b"A")
    library.index("one")
    assert len(library.index(force=True).analysed) == 2
    assert library.rows("SELECT count(*) FROM detections") == [(2,)]


def test_a_problem_is_retried_only_when_the_file_changes_or_on_request(library: Library) -> None:
    library.write("one/a.jpg", BROKEN)
    assert len(library.index("one").changes.todo) == 1
    again = library.index()
    assert (again.changes.todo, again.changes.failed) == ([], 1)
    assert len(library.index(retry_failed=True).changes.todo) == 1
    assert library.rows("SELECT tries, since < last FROM problems") == [(2, 1)]
    library.write("one/a.jpg", b"A")
    assert library.index().changes.new == 1
    assert library.rows("SELECT count(*) FROM problems") == [(0,)]


def test_a_photo_that_breaks_waits_and_comes_back(library: Library) -> None:
    path = library.write("one/a.jpg", b"A")
    saved = library.top / "saved.jpg"
    shutil.copy2(path, saved)
    library.index("one")
    library.write("one/a.jpg", BROKEN)
    library.index()
    assert library.shown() == []
    shutil.copy2(saved, path)
    assert library.index().analysed == []
    assert library.shown() == ["one/a.jpg"]
    assert library.rows("SELECT count(*) FROM problems") == [(0,)]


def test_problems_of_a_deleted_file_are_forgotten(library: Library) -> None:
    library.write("one/a.jpg", BROKEN)
    library.write("one/b.jpg", b"B")
    library.index("one")
    (library.top / "one/a.jpg").unlink()
    library.index()
    assert library.rows("SELECT count(*) FROM problems") == [(0,)]


def test_problems_of_the_walk_are_stored_once(library: Library) -> None:
    library.write("one/b.jpg", b"B")
    link = library.top / "one/link.jpg"
    link.symlink_to("nowhere.jpg")
    rules = WalkRules(follow_symlinks=True)
    library.index("one", rules=rules)
    library.index(rules=rules)
    with library.open() as index, index.read() as conn:
        (stored,) = list_problems(conn)
    assert (stored.problem.path, stored.tries) == (os.fsencode(link), 1)
    link.unlink()
    library.index(rules=rules)
    assert library.rows("SELECT count(*) FROM problems") == [(0,)]


def test_what_the_rules_leave_out_is_ignored_and_comes_back(library: Library) -> None:
    library.write("one/a.jpg", b"A")
    library.write("one/x/y/b.jpg", b"B")
    library.index("one")
    report = library.index(rules=WalkRules(exclude=("a.jpg", "x")))
    assert report.swept is not None
    assert (report.changes.ignored, report.swept.ignored, report.swept.missing) == (1, 1, 0)
    assert (library.shown(), report.swept.offline) == ([], ())
    assert library.index().analysed == []
    assert library.shown() == ["one/a.jpg", "one/x/y/b.jpg"]


def test_names_that_are_not_text(library: Library) -> None:
    for name in (b"\xe9.jpg", b"line\nbreak.jpg", "[red]’☃.jpg".encode()):
        library.write(f"one/{os.fsdecode(name)}", name[:2])
    library.index("one")
    paths = {str(path).rpartition("/")[2]: raw for path, raw in library.rows("SELECT path, path_bytes FROM v_files")}
    assert set(paths) == {"\\xe9.jpg", "line\nbreak.jpg", "[red]’☃.jpg"}
    assert paths["\\xe9.jpg"] == os.fsencode(library.top) + b"/one/\xe9.jpg"
    assert library.index().changes.unchanged == 3


def test_the_finders_rows_are_ordered_by_confidence(library: Library) -> None:
    library.write("one/a.jpg", b"A")
    library.index("one", models=(FINDER,))
    rows = library.rows("SELECT number, name FROM detections JOIN names n ON n.id = name_id ORDER BY number")
    assert rows == [(0, "dog"), (1, "cat")]
