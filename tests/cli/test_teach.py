"""Tags of the user's own, from examples: taught, applied, forgotten, and given to new photos."""

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import Coco
from tests.conftest import Inside

pytest.importorskip("sklearn", reason="the extra `teach` is not installed")


def names(inside: Inside, query: str) -> set[str]:
    return {Path(line).name for line in inside("search", query).out.splitlines()}


def test_a_tag_is_taught_from_examples(inside: Inside, coco: Coco) -> None:
    examples, rest = coco.tables[:10], {path.name for path in coco.tables[10:]}
    planned = inside("teach", "our meals", *examples)
    assert "our meals: 10 examples" in planned.out
    assert "precision at least" in planned.out
    assert "nothing was changed" in planned.err
    inside("search", "our meals", code=2)  # still an unknown word
    assert inside("teach", "our meals", *examples, "--yes").out == planned.out
    found = names(inside, "our meals")
    assert {path.name for path in examples} <= found
    others = {path.name for path in coco.others}  # some of which show a meal all the same
    assert len(found & rest) >= 4
    assert len(found & rest) / len(rest) >= 2 * len(found & others) / len(others)
    [listed] = json.loads(inside("teach", "--list", "--json").out)
    assert (listed["name"], listed["examples"], listed["current"]) == ("our meals", 10, True)
    assert "our meals" in inside("teach", "--list").out


def test_corrections_win_over_what_was_taught_and_teach_more(inside: Inside, coco: Coco) -> None:
    inside("teach", "our meals", *coco.tables[:8], "--yes")
    wrong = coco.others[0]
    inside("tag", wrong, "+our meals")
    assert wrong.name in names(inside, "our meals")
    inside("undo")
    inside("tag", wrong, "-our meals")
    assert wrong.name not in names(inside, "our meals@0.01")
    more = inside("teach", "our meals", *coco.tables[8:10], "--not", coco.others[1], "--yes")
    assert "10 examples" in more.out
    assert "-our meals" in inside("corrections").out
    assert {coco.others[0].name, coco.others[1].name}.isdisjoint(names(inside, "our meals"))
    counted = json.loads(inside("count", "our meals", "--json").out)["photos"]
    inside("index")  # makes the fast summary anew
    assert json.loads(inside("count", "our meals", "--json").out)["photos"] == counted
    assert inside("db", "check").out is not None


def test_forgetting_leaves_the_users_own_tags(inside: Inside, coco: Coco) -> None:
    inside("teach", "our meals", *coco.tables[:8], "--yes")
    inside("teach", "our meals", "--forget")
    assert names(inside, "our meals") == {path.name for path in coco.tables[:8]}
    inside("teach", "our meals", "--forget", code=2)
    assert json.loads(inside("teach", "--list", "--json").out) == []


def test_what_cannot_be_taught(inside: Inside, coco: Coco) -> None:
    assert "5 are the least" in inside("teach", "our meals", *coco.tables[:4], code=2).err
    assert "says itself" in inside("teach", "dog", *coco.tables[:5], code=2).err
    assert "not in the index" in inside("teach", "our meals", *coco.tables[:5], "/nowhere/a.jpg", code=2).err
    assert "both of" in inside("teach", "our meals", *coco.tables[:6], "--not", coco.tables[0], code=2).err
    inside("teach", "a\x07b", *coco.tables[:6], code=2)
    inside("teach", code=2)
    inside("teach", "our meals", "--forget", code=2)
    assert json.loads(inside("corrections", "--json").out) == []


@pytest.fixture
def colours(tmp_path: Path, tiny_models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ten teal photos and ten of other colours, taken long after one another."""
    monkeypatch.setenv("PHOTOTAG_CATALOG", str(tiny_models))
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(10):
        Image.new("RGB", (64, 64), (5 * number, 150 + number, 140 + 2 * number)).save(folder / f"teal{number}.png")
        Image.new("RGB", (64, 64), (250 - 9 * number, 30 + 4 * number, 20)).save(folder / f"red{number}.png")
    return folder


def test_new_photos_get_it_and_another_classifier_does_not(inside: Inside, colours: Path) -> None:
    inside("index", colours)
    inside("teach", "my boat", *sorted(colours.glob("teal[0-7].png")), "--yes")
    assert names(inside, "my boat") == {f"teal{number}.png" for number in range(10)}
    Image.new("RGB", (64, 64), (22, 154, 149)).save(colours / "new.png")
    Image.new("RGB", (64, 64), (240, 30, 30)).save(colours / "new red.png")
    inside("index")
    assert "new.png" in names(inside, "my boat")
    assert "new red.png" not in names(inside, "my boat")
    shutil.move(colours / "teal9.png", colours / "moved.png")
    inside("index", "--force")  # a new analysis of every photo
    assert {"moved.png", "new.png"} <= names(inside, "my boat")
    told = inside("index", "--classifier", "tagger").err
    assert "`phototag teach my boat`" in told
    assert "another classifier" in inside("teach", "--list").err
    assert names(inside, "my boat") == {f"teal{number}.png" for number in range(8)}
    inside("teach", "my boat", "--yes")
    assert "new.png" in names(inside, "my boat")
    assert [tag["classifier"] for tag in json.loads(inside("teach", "--list", "--json").out)] == ["tagger", "colours"]
    inside("db", "check")


def test_examples_of_one_moment_are_refused(inside: Inside, colours: Path) -> None:
    for path in colours.glob("teal*.png"):
        path.rename(colours / f"{path.stem} 2024-05-01 12.00.00.png")
    inside("index", colours)
    told = inside("teach", "my boat", *colours.glob("teal*.png"), code=2).err
    assert "all the examples are of one moment" in told


def test_where_nothing_tells_the_examples_from_the_others(inside: Inside, colours: Path) -> None:
    """A first model that takes every other photo for an example leaves nothing to learn from, if it is believed."""
    shutil.rmtree(colours)
    colours.mkdir()
    for number in range(20):  # all of one kind
        Image.new("RGB", (64, 64), (5 * number, 150 + number, 140 + 2 * number)).save(colours / f"{number:02}.png")
    inside("index", colours)
    told = inside("teach", "my boat", *sorted(colours.glob("*.png"))[::3], "--yes").out
    assert "taken for it" in told


def test_others_of_one_moment_are_too_few(inside: Inside, colours: Path) -> None:
    for path in colours.glob("red*.png"):
        path.rename(colours / f"{path.stem} 2024-05-01 12.00.00.png")
    inside("index", colours)
    told = inside("teach", "my boat", *colours.glob("teal*.png"), code=2).err
    assert "too few photos that do not show it" in told
    assert "--not" in told
