"""Roots: inside one another, moved, removed."""

import os

import pytest

from phototag.errors import UsageError
from phototag.store.roots import add_root, confirm, find_scope, list_roots, move_root, remove_root
from phototag.store.sweep import Swept
from phototag.store.upkeep import check
from tests.store.library import Library


def path(library: Library, name: str) -> bytes:
    return os.fsencode(library.top / name)


def roots(library: Library) -> list[str]:
    with library.open() as index, index.read() as conn:
        return [os.path.relpath(os.fsdecode(root.path), library.top) for root in list_roots(conn)]


def test_a_folder_inside_a_root_adds_none(library: Library) -> None:
    library.write("one/x/a.jpg", b"A")
    library.write("one/b.jpg", b"B")
    library.index("one")
    library.write("one/x/c.jpg", b"C")
    library.write("one/d.jpg", b"D")
    report = library.index("one/x")
    assert (report.changes.new, report.changes.unchanged) == (1, 1)
    assert roots(library) == ["one"]


def test_a_parent_absorbs_its_roots_with_all_they_hold(library: Library) -> None:
    library.write("one/x/a.jpg", b"A")
    library.write("one/y/b.jpg", b"B")
    library.write("one/c.jpg", b"C")
    library.write("onetwo/d.jpg", b"D")
    library.index("one/x", "one/y", "onetwo")
    report = library.index("one")
    assert (report.changes.unchanged, len(report.analysed)) == (2, 2)
    assert roots(library) == ["one", "onetwo"]
    assert library.shown() == ["one/c.jpg", "one/x/a.jpg", "one/y/b.jpg", "onetwo/d.jpg"]


def test_an_absorbed_root_may_be_offline(library: Library) -> None:
    library.write("one/x/a.jpg", b"A")
    library.index("one/x")
    (library.top / "one/x").rename(library.top / "away")
    library.index()
    library.write("one/c.jpg", b"C")
    library.index("one")
    assert library.rows("SELECT sum(offline), count(*) FROM photos") == [(1, 2)]
    (library.top / "away").rename(library.top / "one/x")
    assert library.index().analysed == []
    assert library.rows("SELECT sum(offline), count(*) FROM photos") == [(0, 2)]


def test_the_first_of_several_copies_stays_right_when_a_root_is_absorbed(library: Library) -> None:
    """`/p` comes before `/p-other`, and `/p/x` after it."""
    library.write("p-other/1.jpg", b"1")
    library.write("p/x/1.jpg", b"1")
    library.index("p-other", "p/x")
    assert library.shown() == ["p-other/1.jpg"]
    with library.open() as index, index.begin() as conn:
        add_root(conn, path(library, "p"))
        assert check(conn) == ()
    assert library.shown() == ["p/x/1.jpg"]


def test_a_drive_that_is_absorbed_while_it_is_away_has_not_moved_to_its_copies(library: Library) -> None:
    library.write("p/usb/1.jpg", b"1")
    library.write("p/copies/1.jpg", b"1")
    library.write("p/copies/2.jpg", b"2")
    library.index("p/usb")
    library.index("p/copies")
    library.index()
    (library.top / "p/usb/1.jpg").unlink()
    assert library.index("p").swept == Swept(0, 0, 0, offline=(path(library, "p/usb"),))


def test_a_moved_root_keeps_everything(library: Library) -> None:
    library.write("one/x/a.jpg", b"A")
    library.index("one")
    (library.top / "one").rename(library.top / "three")
    library.index()
    with library.open() as index, index.begin() as conn:
        move_root(conn, path(library, "one"), path(library, "three"))
    assert library.online() == ["three/x/a.jpg"]
    report = library.index()
    assert (report.changes.unchanged, report.analysed) == (1, [])


def test_roots_may_not_overlap_after_a_move(library: Library) -> None:
    library.write("one/a.jpg", b"A")
    library.write("two/b.jpg", b"B")
    library.index("one", "two")
    with library.open() as index, index.begin() as conn:
        with pytest.raises(UsageError, match="overlaps the root"):
            move_root(conn, path(library, "one"), path(library, "two/x"))
        with pytest.raises(UsageError, match="no indexed folder"):
            move_root(conn, path(library, "three"), path(library, "four"))
        move_root(conn, path(library, "one"), path(library, "one/deeper"))


def test_a_removed_root_leaves_its_findings_for_its_return(library: Library) -> None:
    library.write("one/a.jpg", b"A")
    library.write("two/b.jpg", b"B")
    library.index("one", "two")
    with library.open() as index, index.begin() as conn:
        assert remove_root(conn, path(library, "one")) == 1
    assert library.shown() == ["two/b.jpg"]
    assert library.rows("SELECT count(*) FROM v_objects") == [(2,)]
    assert library.index("one").analysed == []
    assert library.shown() == ["one/a.jpg", "two/b.jpg"]


def test_a_whole_root_is_confirmed_as_gone(library: Library) -> None:
    library.write("one/a.jpg", b"A")
    library.write("one/x/b.jpg", b"B")
    library.index("one")
    (library.top / "one").rename(library.top / "away")
    library.index()
    with library.open() as index, index.begin() as conn:
        assert confirm(conn, path(library, "one")) == 2
        assert not any(root.offline for root in list_roots(conn))
        with pytest.raises(UsageError):
            confirm(conn, path(library, "elsewhere"))
    assert library.shown() == []
    (library.top / "away").rename(library.top / "one")
    assert library.index().analysed == []
    assert library.shown() == ["one/a.jpg", "one/x/b.jpg"]


def test_confirming_what_is_online_does_nothing(library: Library) -> None:
    library.write("one/a.jpg", b"A")
    library.index("one")
    with library.open() as index, index.begin() as conn:
        assert confirm(conn, path(library, "one")) == 0
    assert library.shown() == ["one/a.jpg"]


def test_a_path_is_below_a_root_only_by_whole_names(library: Library) -> None:
    with library.open() as index, index.begin() as conn:
        add_root(conn, b"/photos/2024")
        assert find_scope(conn, b"/photos/2024-05") is None
        scope = find_scope(conn, b"/photos/2024/may")
        assert scope is not None
        assert (scope.folder, scope.path) == (b"may", b"/photos/2024/may")
        assert add_root(conn, b"/").root.path == b"/"
        found = find_scope(conn, b"/photos/2024/may")
        assert found is not None
        assert (found.folder, found.path) == (b"photos/2024/may", b"/photos/2024/may")


def test_the_root_of_the_file_system(library: Library) -> None:
    library.write("one/a.jpg", b"A")
    library.index("one")
    with library.open() as index, index.begin() as conn:
        add_root(conn, b"/")
    assert library.shown() == ["one/a.jpg"]
    assert library.rows("SELECT path_bytes FROM v_files") == [(path(library, "one/a.jpg"),)]
