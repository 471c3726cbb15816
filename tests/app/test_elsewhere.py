"""Files that left a place which the run did not walk."""

import json
import shutil
from pathlib import Path

from tests.conftest import Inside


def places(inside: Inside) -> dict[str, bool]:
    """Where each photo is shown, and whether that is offline."""
    return {hit["path"]: hit["offline"] for hit in json.loads(inside("search", "width>0", "--json").out)}


def report(inside: Inside, *paths: Path) -> dict[str, int]:
    found = json.loads(inside("index", *paths, "--json").out)
    return {name: found[name] for name in ("seen", "new", "moved", "unchanged", "missing")}


def test_a_renamed_folder_that_is_indexed_under_its_new_name(inside: Inside, gallery: Path) -> None:
    inside("index", gallery)
    new = gallery.with_name("renamed")
    gallery.rename(new)
    assert str(gallery) in inside("index", new).err
    assert set(places(inside)) == {str(new / path.relative_to(new)) for path in new.rglob("*.*")}
    assert not any(places(inside).values())
    first, *_ = json.loads(inside("dupes", "--exact", "--json").out)[0]
    assert Path(first).exists(), "who deletes all but the first keeps one"
    new.rename(gallery)
    inside("index")
    assert set(places(inside)) == {str(path) for path in gallery.rglob("*.*")}


def test_a_file_that_went_from_one_root_to_another(inside: Inside, gallery: Path) -> None:
    other = gallery.with_name("other")
    other.mkdir()
    shutil.copy(gallery / "trip" / "car.webp", other / "copy.webp")
    inside("index", gallery, other)
    (gallery / "walk.png").rename(other / "walk.png")
    shutil.copy(gallery / "two people.jpg", other)
    assert report(inside, other) == {"seen": 3, "new": 1, "moved": 1, "unchanged": 1, "missing": 0}
    assert str(other / "walk.png") in places(inside)
    assert len(json.loads(inside("dupes", "--exact", "--json").out)) == 2, "copies stay copies"
    assert report(inside)["missing"] == 0
