"""Corrections as a user makes them: tags, boxes, undo; what they do to searches, and what they survive."""

import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from phototag.cli.tag import spelled_out
from tests.conftest import Inside, Run


@pytest.fixture
def indexed(phototag: Run, gallery: Path) -> Path:
    phototag("index", gallery)
    return gallery


def paths(phototag: Run, *query: str) -> list[str]:
    return sorted(os.path.basename(line) for line in phototag("search", *query).stdout.decode().splitlines())


def objects(phototag: Run, photo: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(phototag("show", photo, "--json").stdout)["objects"]
    return found


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["a.jpg", "+beach", "-dog"], ["a.jpg", "--add=beach", "--remove=dog"]),
        (["a.jpg", "-vase", "-q"], ["a.jpg", "--remove=vase", "--remove=q"]),
        (["-q", "a.jpg", "+sea"], ["-q", "a.jpg", "--add=sea"]),
        (["--query", "-dog", "+cat"], ["--query", "-dog", "--add=cat"]),
        (["--query=dog", "-cat"], ["--query=dog", "--remove=cat"]),
        (["a.jpg", "--remove", "-x", "--db", "+y"], ["a.jpg", "--remove", "-x", "--db", "+y"]),
    ],
)
def test_what_is_a_tag(typed: list[str], meant: list[str]) -> None:
    assert spelled_out(typed) == meant


def test_a_tag_counts_as_sure_and_makes_its_uppers_true(phototag: Run, indexed: Path) -> None:
    phototag("tag", indexed / "trip" / "nothing.jpg", "+beagle")
    [hit] = json.loads(phototag("search", "tag:beagle@1", "--json").stdout)
    assert (hit["path"], hit["score"]) == (str(indexed / "trip" / "nothing.jpg"), 1.0)
    assert "nothing.jpg" in paths(phototag, "tag:dog")
    assert "nothing.jpg" in paths(phototag, "animal@1")
    assert {"name": "beagle", "confidence": 1.0} in hit["labels"]
    assert paths(phototag, "is:corrected") == ["nothing.jpg"]


def test_a_rejected_word_takes_its_boxes_and_all_below_it_along(phototag: Run, indexed: Path) -> None:
    assert paths(phototag, "object:dog") == ["walk.png"]
    phototag("tag", indexed / "walk.png", "-animal")
    assert paths(phototag, "object:dog") == []
    assert "walk.png" not in paths(phototag, "tag:dog or tag:animal")
    assert "walk.png" in paths(phototag, "not object:dog")
    assert "walk.png" in paths(phototag, "person")
    phototag("tag", indexed / "walk.png", "+dog")
    assert "walk.png" in paths(phototag, "tag:dog@1")
    phototag("tag", indexed / "walk.png", "-dog")
    assert "walk.png" not in paths(phototag, "dog")


def test_a_word_that_no_photo_got_is_not_announced(inside: Inside, gallery: Path) -> None:
    inside("index", gallery)
    told = inside("tag", "--query", "zebra", "+zork").err
    assert "+zork: 0 photos" in told
    assert "new word" not in told
    inside("search", "zork", code=2)
    assert "“zork” is a new word" in inside("tag", "--query", "object:car", "+zork").err


def test_new_words_belong_to_the_index(phototag: Run, indexed: Path) -> None:
    phototag("search", "rex", code=2)
    phototag("tag", indexed / "walk.png", "-rex", code=2)
    assert b"new word" in phototag("tag", indexed / "walk.png", "+Rex", "+grandma's boat").stderr
    assert paths(phototag, "rex") == paths(phototag, '"grandma\'s boat"') == ["walk.png"]
    phototag("undo")
    phototag("search", "rex", code=2)
    for bad in ("+", "+a\x1bb", '+say "hi"', "+" + "x" * 101):
        phototag("tag", indexed / "walk.png", "--add", bad[1:], code=2)
    phototag("tag", indexed / "walk.png", code=2)
    phototag("tag", indexed / "walk.png", "+dog", "-dog", code=2)
    phototag("tag", indexed / "nowhere.png", "+dog", code=2)
    assert json.loads(phototag("corrections", "--json").stdout) == []


def test_corrections_over_a_query(phototag: Run, indexed: Path) -> None:
    phototag("tag", "--query", "person", "+holiday", "-golden retriever")
    assert paths(phototag, "tag:holiday") == ["two people.jpg", "walk.png"]
    assert phototag("count", "tag:holiday").stdout == b"tag:holiday: 2 photos\n"
    assert len(json.loads(phototag("corrections", "--json").stdout)) == 4
    phototag("undo")
    assert json.loads(phototag("corrections", "--json").stdout) == []
    phototag("undo", code=2)


def test_boxes(phototag: Run, indexed: Path) -> None:
    photo = indexed / "walk.png"
    before = objects(phototag, photo)
    phototag("box", photo, "dog", "130,130,60,60")
    assert json.loads(phototag("count", "object:dog", "--json").stdout)["objects"] == 1
    assert objects(phototag, photo)[0] == {
        "label": "dog", "confidence": 1.0, "box": {"x": 130.0, "y": 130.0, "width": 60.0, "height": 60.0},
    }  # fmt: skip
    phototag("box", photo, "cat", "0,200,40,40")
    assert paths(phototag, "dog near cat") == paths(phototag, "cat near dog")
    listed = phototag("box", photo).stdout.decode()
    assert "130,130,60,60" in listed
    phototag("undo")
    phototag("undo")
    assert objects(phototag, photo) == before
    number = [found["label"] for found in before].index("dog") + 1
    phototag("box", photo, "--delete", str(number))
    assert paths(phototag, "object:dog") == []
    phototag("box", photo, "--delete", "9", code=2)
    for bad in ("1,2,3", "a,b,c,d", "-5,0,10,10", "0,0,300,10", "0,0,0,10"):
        phototag("box", photo, "dog", "--", bad, code=2)


def test_corrections_survive(phototag: Run, indexed: Path, tmp_path: Path) -> None:
    photo = indexed / "walk.png"
    phototag("tag", photo, "+rex", "-person")
    phototag("box", photo, "--delete", "1" if objects(phototag, photo)[0]["label"] == "dog" else "2")
    phototag("index", "--force")
    phototag("index", "--floor", "0.001")
    photo.rename(indexed / "trip" / "moved.png")
    phototag("index")
    assert paths(phototag, "rex") == ["moved.png"]
    assert paths(phototag, "person") == ["two people.jpg"]
    assert paths(phototag, "object:dog") == []
    (indexed / "trip" / "moved.png").rename(tmp_path / "away.png")
    phototag("index")
    assert paths(phototag, "rex") == []
    (tmp_path / "away.png").rename(photo)
    phototag("index")
    assert paths(phototag, "rex") == ["walk.png"]
    assert paths(phototag, "object:dog") == []


def test_views_hold_the_corrections(phototag: Run, indexed: Path, tmp_path: Path) -> None:
    db = tmp_path / "mine.db"
    phototag("index", indexed, "--db", db)
    phototag("tag", indexed / "walk.png", "+rex", "-dog", "--db", db)
    phototag("box", indexed / "walk.png", "cat", "0,0,50,50", "--db", db)
    connection = sqlite3.connect(f"file:{db}?mode=ro", uri=True)
    assert connection.execute("SELECT model, name, confidence FROM v_labels WHERE name = 'rex'").fetchall() == [
        ("user", "rex", 1.0)
    ]
    assert connection.execute("SELECT label, x, width FROM v_objects WHERE model = 'user'").fetchall() == [
        ("cat", 0.0, 50.0)
    ]
    assert connection.execute("SELECT count(*) FROM v_objects WHERE label = 'dog'").fetchone() == (0,)
    connection.close()


def test_nothing_to_show_and_nothing_to_undo_is_said(inside: Inside, gallery: Path) -> None:
    inside("index", gallery)
    for _ in range(2):  # before, and after all was taken back
        nothing = inside("corrections")
        assert (nothing.out, "Nothing was put right" in nothing.err) == ("", True)
        assert "no correction is left" in inside("undo", code=2).err
        inside("tag", gallery / "walk.png", "+beach")
        assert "beach" in inside("corrections").out
        inside("undo")
    assert "No tag was taught yet" in inside("teach", "--list").err


def test_a_folder_without_photos_and_a_file_are_told_so(inside: Inside, gallery: Path) -> None:
    (gallery / "empty").mkdir()
    assert "no file there is a photo" in inside("index", gallery / "empty").err
    inside("index", gallery)
    assert "is no folder" in inside("index", gallery / "walk.png", code=2).err
    (gallery / "trip").rename(gallery / "away")
    inside("index", gallery / "trip")  # was a folder, and is missing: no mistake
