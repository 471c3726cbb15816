"""Albums and settings through the real command."""

import json
import os
import re
import shlex
import shutil
import tomllib
from pathlib import Path

from tests.conftest import Inside, Run


def test_an_album_follows_its_query_and_touches_nothing_else(phototag: Run, gallery: Path, tmp_path: Path) -> None:
    phototag("index", gallery)
    folder = tmp_path / "albums" / "people"
    phototag("album", "people", code=2)
    phototag("album", "people", "person", "--out", tmp_path / "albums")
    assert {name for name in os.listdir(folder) if not name.startswith(".")} == {"two people.jpg", "walk.png"}
    assert (folder / "walk.png").readlink() == gallery / "walk.png"
    (folder / "mine.txt").write_text("kept")
    (folder / "two people.jpg").unlink()
    (folder / "two people.jpg").write_text("not phototag's any more")
    phototag("tag", "--query", "person", "-person")
    phototag("album", "people", "--out", tmp_path / "albums")
    assert {name for name in os.listdir(folder) if not name.startswith(".")} == {"mine.txt", "two people.jpg"}
    phototag("album", "photos", "person", "--out", tmp_path, code=2)  # a folder that is no album
    phototag("album", "../up", "person", "--out", tmp_path, code=2)


def test_copies_and_hard_links_follow_too(phototag: Run, gallery: Path, tmp_path: Path) -> None:
    phototag("index", gallery)
    for kind in ("copy", "hardlink"):
        phototag("album", kind, "person", "--out", tmp_path / "albums", "--kind", kind)
    copy, link = (tmp_path / "albums" / kind / "walk.png" for kind in ("copy", "hardlink"))
    assert copy.read_bytes() == (gallery / "walk.png").read_bytes()
    assert (copy.samefile(gallery / "walk.png"), link.samefile(gallery / "walk.png")) == (False, True)
    (gallery / "walk.png").rename(gallery / "stroll.png")
    phototag("index")
    assert phototag("album", "--all").stderr.endswith(b"2 albums up to date\n")
    for kind in ("copy", "hardlink"):
        names = {name for name in os.listdir(tmp_path / "albums" / kind) if not name.startswith(".")}
        assert names == {"two people.jpg", "stroll.png"}
    phototag("album", "--all", "people", code=2)
    phototag("album", code=2)


def test_an_album_that_was_broken_off_goes_on(phototag: Run, gallery: Path, tmp_path: Path) -> None:
    phototag("index", gallery)
    photo = gallery / "walk.png"
    photo.rename(tmp_path / "kept.png")
    photo.mkdir()  # the last by path: as a copy it fails when others are there
    album = ("album", "people", "person", "--out", tmp_path / "albums", "--kind", "copy")
    assert b"can't write" in phototag(*album, code=1).stderr
    photo.rmdir()
    (tmp_path / "kept.png").rename(photo)
    phototag(*album)
    folder = tmp_path / "albums" / "people"
    assert {name for name in os.listdir(folder) if not name.startswith(".")} == {"two people.jpg", "walk.png"}


def test_an_album_that_can_not_be_written_is_refused(phototag: Run, gallery: Path, tmp_path: Path) -> None:
    phototag("index", gallery)
    (tmp_path / "file").write_bytes(b"kept")
    assert b"can't write" in phototag("album", "pets", "dog", "--out", tmp_path / "file", code=1).stderr
    assert (tmp_path / "file").read_bytes() == b"kept"
    assert b"0 albums up to date" in phototag("album", "--all").stderr


def test_duplicates_are_reported(phototag: Run, gallery: Path) -> None:
    from tests.media.test_fingerprint import picture

    shutil.copy(gallery / "walk.png", gallery / "trip" / "copy.png")
    picture(1).save(gallery / "large.png")
    picture(1).resize((200, 150)).save(gallery / "small.jpg", quality=80)
    phototag("index", gallery)
    copies = [str(gallery / "trip" / "copy.png"), str(gallery / "walk.png")]
    assert json.loads(phototag("dupes", "--exact", "--json").stdout) == [copies]
    assert json.loads(phototag("dupes", "--exact", "--query", "person or dog", "--json").stdout) == [copies]
    assert json.loads(phototag("dupes", "--exact", "--query", "not person", "--json").stdout) == []
    near = json.loads(phototag("dupes", "--near", "--json").stdout)
    assert [str(gallery / "large.png"), str(gallery / "small.jpg")] in near
    assert (gallery / "small.jpg").exists()
    phototag("dupes", code=2)


def test_settings(phototag: Run, tmp_path: Path) -> None:
    file = Path(phototag("config", "path").stdout.decode().strip())
    phototag("config", "set", "min_confidence", "0.4")
    phototag("config", "set", "thresholds.dog", "0.6")
    assert tomllib.loads(file.read_text("utf-8")) == {"min_confidence": 0.4, "thresholds": {"dog": 0.6}}
    assert json.loads(phototag("config", "show", "--json").stdout)["thresholds"] == {"dog": 0.6}
    before = file.read_bytes()
    for name, value in (
        ("min_confidence", "2"),
        ("thresholds.dog", "much"),
        ("colour", "red"),
        ("pack", "none"),
        ("detector", "none"),
        ("thresholds", "1"),
    ):
        phototag("config", "set", name, value, code=2)
    assert file.read_bytes() == before
    phototag("config", "unset", "min_confidence")
    assert tomllib.loads(file.read_text("utf-8")) == {"thresholds": {"dog": 0.6}}
    phototag("config", "set", "pack", "tiny")
    for _ in range(2):
        phototag("config", "unset", "thresholds")
        assert tomllib.loads(file.read_text("utf-8")) == {"pack": "tiny"}


def test_an_album_that_was_deleted_can_be_forgotten(inside: Inside, painted: Path, tmp_path: Path) -> None:
    albums = tmp_path / "my albums"
    for name, query in (("people", "person"), ("cars", "car")):
        inside("album", name, query, "--out", albums)
    shutil.rmtree(albums / "cars")
    assert f"the album {albums / 'cars'} is gone, and forgotten" in inside("album", "--all").err
    shutil.rmtree(albums)  # as if its drive were away
    for _ in range(2):
        told = inside("album", "--all").err
        assert "cars" not in told
    way_out = re.findall(r"`phototag (album .* --forget)`", told)[0]
    assert "is forgotten" in inside(*shlex.split(way_out)).err
    assert inside("album", "--all").err == "0 albums up to date\n"
    assert "no album at" in inside(*shlex.split(way_out), code=2).err
    inside("album", "people", "person", "--out", albums, "--forget", code=2)
    inside("album", "--all", "--forget", code=2)


def test_an_album_with_another_query_says_what_it_was(inside: Inside, painted: Path, tmp_path: Path) -> None:
    for query in ((), ("person",), (), ("person",)):
        code = 0 if query or (tmp_path / "people").exists() else 2
        assert "another query" not in inside("album", "people", *query, "--out", tmp_path, code=code).err
    assert "another query now; it was: person\n" in inside("album", "people", "dog", "--out", tmp_path).err
