import os
import socket
from pathlib import Path

import pytest

from phototag.errors import UsageError
from phototag.media.ignore import WalkRules
from phototag.media.walk import Listing, scan, walk
from phototag.types import Stage


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def listed(root: Path, *exclude: str, follow: bool = False) -> dict[bytes, Listing]:
    rules = WalkRules(exclude, follow_symlinks=follow)
    listings = list(walk(os.fsencode(root), rules))
    assert len({listing.folder for listing in listings}) == len(listings)
    return {listing.folder: listing for listing in listings}


def photos(root: Path, *exclude: str, follow: bool = False) -> list[bytes]:
    return [stamp.relative for listing in listed(root, *exclude, follow=follow).values() for stamp in listing.stamps]


def test_every_folder_is_listed_with_its_candidates_in_order(tmp_path: Path) -> None:
    make(tmp_path, "b.JPG", "a.heic", "notes.txt", "x.NEF", "x.mp4", "empty/readme", "deep/er/c.webp", "jpg", "png.")
    found = listed(tmp_path)
    assert list(found) == [b"", b"deep", b"deep/er", b"empty"]
    assert [stamp.name for stamp in found[b""].stamps] == [b"a.heic", b"b.JPG"]
    assert (found[b""].raw, found[b""].video) == (1, 1)
    assert found[b"empty"].stamps == ()
    assert all(listing.complete and not listing.problems for listing in found.values())


def test_a_stamp_is_what_stat_says(tmp_path: Path) -> None:
    make(tmp_path, "sub/a.jpg")
    (stamp,) = listed(tmp_path)[b"sub"].stamps
    status = (tmp_path / "sub/a.jpg").stat()
    assert (stamp.folder, stamp.name, stamp.size, stamp.mtime_ns) == (b"sub", b"a.jpg", 1, status.st_mtime_ns)
    assert (stamp.device, stamp.inode) == (status.st_dev, status.st_ino)


@pytest.mark.parametrize(
    "folder",
    [".hidden", "@eaDir", "#recycle", "$RECYCLE.BIN", "lost+found", ".Trash-1000", "Mine.photoslibrary", "Cat.LRDATA"],
)
def test_private_folders_are_left_out(tmp_path: Path, folder: str) -> None:
    make(tmp_path, f"{folder}/a.jpg", "b.jpg")
    found = listed(tmp_path)
    assert list(found) == [b""]
    assert found[b""].ignored_folders == (os.fsencode(folder),)


def test_hidden_photos_are_ignored(tmp_path: Path) -> None:
    make(tmp_path, "._IMG_1.jpg", "IMG_1.jpg", ".secret.nef")
    found = listed(tmp_path)[b""]
    assert found.ignored_names == (b"._IMG_1.jpg",)
    assert (len(found.stamps), found.ignored, found.raw) == (1, 1, 0)


@pytest.mark.parametrize("marker", [".nomedia", ".phototag-album"])
def test_a_marked_folder_is_ignored_with_all_below(tmp_path: Path, marker: str) -> None:
    make(tmp_path, f"a/{marker}", "a/x.jpg", "a/deep/y.jpg", "z.jpg")
    found = listed(tmp_path)
    assert list(found) == [b"", b"a"]
    assert (found[b"a"].stamps, found[b"a"].ignored_names, found[b"a"].ignored_folders) == ((), (b"x.jpg",), (b"deep",))


def test_ignore_files_nest_and_the_nearest_line_wins(tmp_path: Path) -> None:
    make(tmp_path, "a.png", "keep.png", "sub/b.png", "sub/c.jpg", "sub/drop/d.jpg", "other/drop/e.jpg", "/tmp/x"[1:])
    (tmp_path / ".phototagignore").write_text("*.png\n!keep.png\n/sub/drop/\n")
    (tmp_path / "sub/.phototagignore").write_text("!b.png\nc.*\n")
    assert sorted(photos(tmp_path)) == [b"keep.png", b"other/drop/e.jpg", b"sub/b.png"]
    assert listed(tmp_path)[b""].ignored_names == (b"a.png",)
    assert listed(tmp_path)[b"sub"].ignored_folders == (b"drop",)


def test_exclude_beats_ignore_files(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg", "b.gif", "private/c.jpg")
    (tmp_path / ".phototagignore").write_text("!b.gif\n")
    assert photos(tmp_path, "*.gif", "private/") == [b"a.jpg"]


def test_a_pattern_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a pattern"):
        WalkRules(("!",))
    make(tmp_path, "a.jpg", "b.gif")
    (tmp_path / ".phototagignore").write_text("!\n*.gif\n")
    found = listed(tmp_path)[b""]
    assert [stamp.name for stamp in found.stamps] == [b"a.jpg"]
    assert "line 1" in found.problems[0].reason


def test_an_ignore_file_that_cannot_be_read_keeps_its_folder_closed(tmp_path: Path) -> None:
    make(tmp_path, "a/x.jpg", "a/deep/y.jpg", "z.jpg")
    (tmp_path / "a/.phototagignore").symlink_to(".phototagignore")
    found = listed(tmp_path)
    assert list(found) == [b"", b"a"]
    assert (found[b"a"].complete, found[b"a"].stamps, found[b"a"].ignored_names) == (False, (), ())
    assert "nothing here was looked at" in found[b"a"].problems[0].reason


def test_names_of_any_bytes(tmp_path: Path) -> None:
    names = [b"new\nline.jpg", b"[red] 'x' \".jpg", b"\xff\xfe.jpg", "émoji 😀.jpg".encode()]
    for name in names:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(b"x")
    (tmp_path / ".phototagignore").write_text("*.gif\n")
    assert sorted(photos(tmp_path)) == sorted(names)


def test_200_levels(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["d"] * 200)
    folder.mkdir(parents=True)
    (folder / "a.jpg").write_bytes(b"x")
    found = listed(tmp_path)
    assert len(found) == 201
    assert found[b"/".join([b"d"] * 200)].stamps[0].name == b"a.jpg"


def test_a_path_too_long_is_a_problem_of_that_folder_only(tmp_path: Path) -> None:
    make(tmp_path, "z.jpg")
    above = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("n" * 250, dir_fd=above)
        below = os.open("n" * 250, os.O_RDONLY, dir_fd=above)
        os.close(above)
        above = below
    os.close(above)
    found = list(listed(tmp_path).values())
    assert len(found[0].stamps) == 1
    assert not found[-1].complete
    assert "can't be listed" in found[-1].problems[0].reason


def test_a_folder_that_vanishes_during_the_walk(tmp_path: Path) -> None:
    make(tmp_path, "a/x.jpg", "b/y.jpg")
    listings = []
    for listing in walk(os.fsencode(tmp_path), WalkRules()):
        listings.append(listing)
        if listing.folder == b"":
            (tmp_path / "a/x.jpg").unlink()
            (tmp_path / "a").rmdir()
    assert [(listing.folder, listing.complete) for listing in listings] == [(b"", True), (b"a", False), (b"b", True)]
    assert listings[1].problems[0].stage is Stage.WALK


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every folder")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    make(tmp_path, "a/x.jpg", "b/y.jpg")
    (tmp_path / "a").chmod(0)
    try:
        found = listed(tmp_path)
    finally:
        (tmp_path / "a").chmod(0o700)
    assert not found[b"a"].complete
    assert found[b"b"].complete


def test_a_missing_root_is_one_incomplete_listing(tmp_path: Path) -> None:
    (listing,) = walk(os.fsencode(tmp_path / "gone"), WalkRules())
    assert not listing.complete
    assert listing.problems[0].path == os.fsencode(tmp_path / "gone")


def test_links_are_passed_over_unless_followed(tmp_path: Path) -> None:
    make(tmp_path, "root/a.jpg", "outside/b.jpg", "outside/c.jpg")
    root = tmp_path / "root"
    (root / "linked.jpg").symlink_to(tmp_path / "outside/c.jpg")
    (root / "folder").symlink_to(tmp_path / "outside")
    found = listed(root)
    assert list(found) == [b""]
    assert found[b""].ignored_names == (b"linked.jpg",)
    assert found[b""].ignored_folders == (b"folder",)
    assert photos(root, follow=True) == [b"a.jpg", b"linked.jpg", b"folder/b.jpg", b"folder/c.jpg"]


def test_the_root_itself_may_be_a_link(tmp_path: Path) -> None:
    make(tmp_path, "real/a.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert photos(tmp_path / "link") == [b"a.jpg"]


def test_broken_links_and_loops(tmp_path: Path) -> None:
    make(tmp_path, "z/a.jpg")
    (tmp_path / "broken.jpg").symlink_to("nowhere")
    (tmp_path / "self.jpg").symlink_to("self.jpg")
    (tmp_path / "a_loop").symlink_to(tmp_path)
    for follow in (False, True):
        found = listed(tmp_path, follow=follow)
        assert list(found) == [b"", b"z"]
        reasons = {os.path.basename(problem.path): problem.reason for problem in found[b""].problems}
        assert reasons == {
            b"broken.jpg": "a symbolic link to nothing",
            b"self.jpg": "a symbolic link that leads to itself",
        }


def test_a_real_folder_keeps_its_real_path_when_links_lead_there_too(tmp_path: Path) -> None:
    make(tmp_path, "z/a.jpg")
    (tmp_path / "a").symlink_to(tmp_path / "z")
    assert photos(tmp_path, follow=True) == [b"z/a.jpg"]


def test_what_is_no_file_is_a_problem(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "folder.jpg").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s.png"))
        found = listed(tmp_path)
    assert list(found) == [b"", b"folder.jpg"]
    assert sorted(os.path.basename(problem.path) for problem in found[b""].problems) == [b"pipe.jpg", b"s.png"]


def test_scan_lists_a_part_under_the_rules_above_it(tmp_path: Path) -> None:
    make(tmp_path, "a/b/x.jpg", "a/b/y.png", "a/b/c/z.jpg", "other/o.jpg")
    (tmp_path / ".phototagignore").write_text("*.png\n")
    found = list(scan(os.fsencode(tmp_path), b"a/b", WalkRules()))
    assert [listing.folder for listing in found] == [b"a/b", b"a/b/c"]
    assert [stamp.relative for stamp in found[0].stamps] == [b"a/b/x.jpg"]
    assert found[0].ignored_names == (b"y.png",)


@pytest.mark.parametrize("rule", ["a/.nomedia", "a/.phototagignore"])
def test_scan_of_a_part_that_is_left_out(tmp_path: Path, rule: str) -> None:
    make(tmp_path, "a/b/x.jpg", "a/b/c/z.jpg")
    (tmp_path / rule).write_text("b/\n")
    (listing,) = scan(os.fsencode(tmp_path), b"a/b", WalkRules())
    assert (listing.stamps, listing.ignored_names, listing.ignored_folders) == ((), (b"x.jpg",), (b"c",))


def test_scan_of_the_whole_root_is_a_walk(tmp_path: Path) -> None:
    make(tmp_path, "a/x.jpg", "y.jpg")
    root = os.fsencode(tmp_path)
    assert list(scan(root, b"", WalkRules())) == list(walk(root, WalkRules()))
