"""Drives that come and go: everything is there again, nothing is analysed twice, and meanwhile it is marked offline."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.reliability.indexing import Run, content


def report(phototag: Run, *arguments: str | Path) -> dict[str, object]:
    document: dict[str, object] = json.loads(phototag("index", *arguments, "--json").stdout)
    return document


def missing_root(root: Path) -> None:
    root.rename(root.with_name("unplugged"))


def empty_mount_point(root: Path) -> None:
    missing_root(root)
    root.mkdir()


def only_lost_and_found(root: Path) -> None:
    empty_mount_point(root)
    (root / "lost+found").mkdir()


def only_another_file(root: Path) -> None:
    empty_mount_point(root)
    (root / "READ ME.txt").write_text("not mounted")


def emptied_subfolder(root: Path) -> None:
    (root / "trip").rename(root.with_name("unplugged"))
    (root / "trip").mkdir()


def missing_subfolder(root: Path) -> None:
    (root / "trip").rename(root.with_name("unplugged"))


def remount(root: Path) -> None:
    unplugged = root.with_name("unplugged")
    place = root if (unplugged / "trip").exists() else root / "trip"
    if place.exists():
        shutil.rmtree(place)
    unplugged.rename(place)


WHOLE = (missing_root, empty_mount_point, only_lost_and_found, only_another_file)
PART = (emptied_subfolder, missing_subfolder)


@pytest.mark.parametrize("unmount", [*WHOLE, *PART])
def test_what_is_unmounted_waits_and_comes_back(
    phototag: Run, gallery: Path, database: Path, unmount: Callable[[Path], None]
) -> None:
    phototag("index", gallery)
    phototag("tag", gallery / "trip" / "car.webp", "+dog")
    before = content(database)
    unmount(gallery)
    away = report(phototag)
    lost = gallery if unmount in WHOLE else gallery / "trip"
    assert (away["offline"], away["missing"], away["failed"]) == ([str(lost)], 0, [])
    hits = json.loads(phototag("search", "car", "--json").stdout)
    assert [(hit["path"], hit["offline"]) for hit in hits] == [(str(gallery / "trip" / "car.webp"), True)]
    assert phototag("search", "car", "--online").stdout == b""
    offline = {place["path"]: place["reason"] for place in json.loads(phototag("roots", "list", "--json").stdout)}
    assert offline[str(lost)]
    remount(gallery)
    back = report(phototag)
    assert (back["unchanged"], back["analysed"], back["offline"]) == (4, 0, [])
    assert content(database) == before
    assert phototag("search", "tag:dog and is:corrected").stdout.strip().endswith(b"car.webp")


def test_what_is_confirmed_to_be_gone_is_missing_and_still_comes_back(
    phototag: Run, gallery: Path, database: Path
) -> None:
    phototag("index", gallery)
    before = content(database)
    emptied_subfolder(gallery)
    report(phototag)
    phototag("roots", "confirm", gallery / "trip")
    assert phototag("search", "car").stdout == b""
    remount(gallery)
    assert report(phototag)["analysed"] == 0
    assert content(database) == before


def test_a_root_moves_to_another_mount_point(phototag: Run, gallery: Path, database: Path) -> None:
    phototag("index", gallery)
    before = content(database)
    elsewhere = gallery.with_name("other place")
    gallery.rename(elsewhere)
    assert report(phototag)["offline"] == [str(gallery)]
    phototag("roots", "move", gallery, elsewhere)
    assert [hit["path"] for hit in json.loads(phototag("search", "car", "--json").stdout)] == [
        str(elsewhere / "trip" / "car.webp")
    ]
    after = report(phototag)
    assert (after["unchanged"], after["analysed"]) == (4, 0)
    assert content(database) == before


@pytest.mark.parametrize("inner_first", [True, False])
def test_roots_in_one_another_are_one(phototag: Run, gallery: Path, database: Path, inner_first: bool) -> None:
    first, second = (gallery / "trip", gallery) if inner_first else (gallery, gallery / "trip")
    phototag("index", first)
    assert report(phototag, second)["analysed"] == (2 if inner_first else 0)
    [root] = json.loads(phototag("roots", "list", "--json").stdout)
    assert (root["path"], root["files"]) == (str(gallery), 4)
    assert json.loads(phototag("search", "car", "--json").stdout)[0]["copies"] == 1
    assert report(phototag, gallery / "trip", gallery)["analysed"] == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to mount a file system")
def test_a_real_mount(
    phototag: Run, gallery: Path, database: Path, mounted: Callable[[Path], Callable[[], None]]
) -> None:
    point = gallery.with_name("mount point")
    point.mkdir()
    unmount = mounted(point)
    shutil.copytree(gallery, point, dirs_exist_ok=True)
    phototag("index", point)
    unmount()
    assert report(phototag)["offline"] == [str(point)]
    mounted(point)  # a fresh file system: another device, other inodes
    shutil.copytree(gallery, point, dirs_exist_ok=True)
    back = report(phototag)
    assert (back["analysed"], back["offline"], back["missing"]) == (0, [], 0)
