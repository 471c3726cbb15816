"""The commands around search: ask, save, labels, pairs, explain."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from phototag.settings import load_settings
from tests.conftest import Inside, Run


def test_ask_prints_the_query_and_what_it_did_not_understand(phototag: Run, gallery: Path) -> None:
    phototag("index", gallery)
    answer = phototag("ask", "how many people are there, and unicorns?")
    assert answer.stdout == b"person: 3 objects in 2 photos\n"
    assert b"phototag count 'person'" in answer.stderr
    assert b"unicorns" in answer.stderr
    assert b"walk.png" in phototag("ask", "photos of at least one person").stdout
    asked, searched = (phototag(*words, "--json").stdout for words in (("ask", "photos of a dog"), ("search", "dog")))
    assert asked == searched
    assert json.loads(phototag("ask", "how many dogs", "--json").stdout)["query"] == "dog"
    phototag("ask", "qwertz", code=2)


def test_leading_verbs(phototag: Run, gallery: Path) -> None:
    phototag("index", gallery)
    assert phototag("count", "count", "people").stdout == b"people: 3 objects in 2 photos\n"
    assert phototag("find", "find", "car").stdout == phototag("search", "car").stdout


def test_a_word_without_a_photo_is_known(phototag: Run, gallery: Path) -> None:
    phototag("index", gallery)
    assert b"no model has seen one" in phototag("search", "zebra").stderr


def test_asking_for_less_than_is_stored_is_noted(phototag: Run, gallery: Path) -> None:
    phototag("index", gallery)
    assert b"objects below 0.1 and labels below 0.02" in phototag("count", "car@0.01").stderr
    assert b"have objects below 0.1 (" in phototag("count", "any:object@0.05").stderr
    assert b"have labels below 0.02." in phototag("search", "tag:beagle", "--min-confidence", "0.01").stderr
    assert b"below" not in phototag("count", "car@0.1").stderr
    phototag("index", gallery, "--floor", "0.01")
    assert b"objects" not in phototag("count", "car@0.01").stderr


def test_saved_queries(phototag: Run, gallery: Path) -> None:
    phototag("index", gallery)
    phototag("save", "company", "person>=2")
    assert json.loads(phototag("saved", "--json").stdout) == {"company": "person>=2"}
    assert b"two people" in phototag("search", "@company").stdout
    assert b"car.webp" in phototag("search", "not @company and car").stdout
    phototag("save", "bad name!", "person", code=2)
    phototag("save", "broken", "person>=", code=2)
    phototag("forget", "company")
    phototag("forget", "company", code=2)
    phototag("search", "@company", code=2)


def test_labels_and_pairs(phototag: Run, gallery: Path) -> None:
    phototag("index", gallery)
    rows = {row["word"]: row for row in json.loads(phototag("labels", "--json").stdout)}
    assert (rows["person"]["photos"], rows["person"]["objects"]) == (2, 3)
    tree = json.loads(phototag("labels", "--tree", "--json").stdout)
    depths = [(row["word"], row["depth"]) for row in tree]
    assert depths.index(("vehicle", 0)) < depths.index(("car", 1))
    assert json.loads(phototag("pairs", "--least", "1", "--json").stdout) == [
        {"labels": ["dog", "person"], "photos": 1, "lift": 2.0}
    ]


def test_explain(phototag: Run, gallery: Path) -> None:
    phototag("index", gallery)
    [hit] = [json.loads(line) for line in phototag("search", "object:dog", "--explain", "--json").stdout.splitlines()]
    [reason] = hit["reasons"]
    assert (reason["label"], reason["model"]) == ("dog", "squares")
    assert reason["confidence"] >= reason["threshold"]
    assert reason["box"] == hit["objects"][-1]["box"] or reason["box"] in [o["box"] for o in hit["objects"]]
    nothing = phototag("search", "object:dog and car", "--explain").stderr.decode()
    assert "object:dog: 1 photo" in nothing
    assert "car: 1 photo" in nothing


def test_a_word_that_is_only_a_tag_counts_no_objects(inside: Inside, painted: Path) -> None:
    inside("tag", painted / "car.webp", painted / "walk.png", "+holiday")
    assert inside("count", "holiday").out == "holiday: 2 photos\n"
    assert json.loads(inside("count", "holiday", "--json", "--by", "folder").out) == {
        "query": "holiday",
        "objects": None,
        "photos": 2,
        "by": [{"key": str(painted), "objects": None, "photos": 2}],
    }
    assert json.loads(inside("count", "holiday", "--dedupe", "burst", "--json").out)["objects"] is None
    assert json.loads(inside("count", "holiday or dog", "--json").out)["by_word"] == {"holiday": 0, "dog": 2}
    inside("tag", "--query", "dog", "--remove", "dog")
    assert inside("count", "dog").out == "dog: 0 objects in 0 photos\n"  # which the detector could say
    assert inside("count", "object:holiday").out == "object:holiday: 0 objects in 0 photos\n"
    inside("box", painted / "car.webp", "holiday", "0,200,40,20")
    assert inside("count", "holiday").out == "holiday: 1 object in 2 photos\n"


def test_failed_files_that_are_no_photo_are_told_of(inside: Inside, painted: Path, tmp_path: Path) -> None:
    assert inside("search", "is:failed").err == ""
    with closing(sqlite3.connect(tmp_path / "index.db")) as raw, raw:
        columns = "folder_id, name, stage, reason, since, last"
        raw.execute(f"INSERT INTO problems ({columns}) SELECT id, x'61', 'decode', 'cut off', 1, 1 FROM folders")
    number = len(json.loads(inside("errors", "--json").out))
    told = inside("search", "not is:failed and car", "--paths")
    assert f"{number} files that failed show no photo: `phototag errors`" in told.err
    assert "car.webp" in told.out
    assert "errors" not in inside("search", "car").err


def test_saving_under_a_name_that_is_taken_says_what_was_there(inside: Inside, painted: Path) -> None:
    assert "It was" not in inside("save", "pets", "dog or cat").err
    assert "It was" not in inside("save", "pets", "dog or cat").err
    assert inside("save", "@pets", "dog").err == "@pets is now: dog\nIt was: dog or cat\n"


def test_a_run_that_did_not_see_everything_is_noted(inside: Inside, gallery: Path) -> None:
    assert json.loads(inside("index", gallery, "--limit", "2", "--json").out)["incomplete"] == "limit"
    told = inside("count", "any:object").err
    assert (
        told == "The index may lack photos: the last run ended at its --limit; `phototag index` goes on from there.\n"
    )
    assert json.loads(inside("index", "--limit", "2", "--json").out)["incomplete"] is None  # two were left
    assert inside("count", "any:object").err == ""
    with closing(sqlite3.connect(load_settings().db)) as raw, raw:
        raw.execute("INSERT INTO runs (id, started_at, pid) VALUES (9, '2026', 1)")
    assert "the last run was broken off, or is under way" in inside("search", "car").err
