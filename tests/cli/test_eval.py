"""Evaluating, tuning and comparing as a user does it, with tiny real models and, where they are, real ones."""

import json
import os
import re
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.conftest import Inside
from tests.onnx_models import COLOURS, paint

CELL = 64  # pixels of a cell in `paint`'s photos


def truth_of(folder: Path, photos: dict[str, dict[tuple[int, int], str]], names: tuple[str, ...]) -> Path:
    """A COCO file for photos made by `paint`."""
    images = [{"id": i, "file_name": name, "width": 256, "height": 256} for i, name in enumerate(photos)]
    boxes = [
        {"image_id": i, "category_id": names.index(label) + 1, "bbox": [x * CELL, y * CELL, CELL, CELL], "iscrowd": 0}
        for i, cells in enumerate(photos.values())
        for (x, y), label in cells.items()
    ]
    annotations = [{"id": number, "area": CELL * CELL, **box} for number, box in enumerate(boxes, 1)]
    categories = [{"id": number, "name": name} for number, name in enumerate(names, 1)]
    path = folder / "truth.json"
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
    return path


PHOTOS = {
    "two people.jpg": {(0, 0): "person", (3, 1): "person"},
    "walk.png": {(0, 0): "person", (2, 2): "dog"},
    "trip/car.webp": {(1, 1): "car"},
    "trip/nothing.jpg": {},
}


@pytest.fixture
def truth(gallery: Path) -> Path:
    """The gallery's truth: it says automobile for a car, and has a dog that is not in the photo."""
    words = {"car": "automobile"}
    photos = {name: {at: words.get(w, w) for at, w in cells.items()} for name, cells in PHOTOS.items()}
    photos["walk.png"][3, 3] = "dog"
    return truth_of(gallery, photos, ("person", "dog", "automobile", "unicorn"))


def evaluated(inside: Inside, *arguments: str | Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(inside("eval", *arguments, "--json").out)
    return document


def test_eval_detect_measures_what_index_would_store(inside: Inside, gallery: Path, truth: Path) -> None:
    document = evaluated(inside, "detect", truth, "--images", gallery)
    assert (document["model"], document["photos"]) == ("squares", 4)
    assert (document["precision"], document["recall"]) == (100.0, pytest.approx(100 * 5 / 6, abs=0.01))
    rows = {row["label"]: row for row in document["labels"]}
    assert set(rows) == {"person", "dog", "car"}
    assert rows["person"]["AP"] == 100.0
    assert rows["dog"]["recall"] == 50.0
    assert rows["dog"]["AP"] == pytest.approx(100 * 51 / 101, abs=0.01)  # half the objects, at full precision
    assert document["counts"] == {"photos": 4, "objects": 6, "found": 5, "error_per_photo": 0.25}
    assert {"truth": "dog", "found": None, "number": 1} in document["confusion"]
    told = inside("eval", "detect", truth, "--images", gallery).out
    assert "AP at IoU 0.50" in told
    assert "background" in told


def test_what_measures_is_missed_before_the_work(
    inside: Inside, gallery: Path, truth: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for missing in ("faster_coco_eval", "sklearn"):
        monkeypatch.setitem(sys.modules, missing, None)
    for arguments in (["detect", truth, "--images", gallery], ["classify", gallery]):
        done = inside("eval", *arguments, code=2)
        assert "phototag[eval]" in done.err
        assert done.out == ""


def test_a_detection_below_a_broader_label_counts(inside: Inside, gallery: Path) -> None:
    photos = {name: {at: "animal" for at, label in cells.items() if label == "dog"} for name, cells in PHOTOS.items()}
    document = evaluated(inside, "detect", truth_of(gallery, photos, ("animal",)), "--images", gallery)
    assert (document["AP50"], document["precision"], document["recall"]) == (100.0, 100.0, 100.0)


def test_a_label_that_the_model_lacks_is_left_out_and_an_unknown_one_refused(inside: Inside, gallery: Path) -> None:
    truth = truth_of(gallery, {"walk.png": {(0, 0): "person", (2, 2): "bicycle"}}, ("person", "bicycle"))
    done = inside("eval", "detect", truth, "--images", gallery, "--json")
    assert json.loads(done.out)["left_out"] == ["bicycle"]
    assert "bicycle" in done.err
    truth = truth_of(gallery, {"walk.png": {(0, 0): "person", (2, 2): "snarkk"}}, ("person", "snarkk"))
    assert "snarkk" in inside("eval", "detect", truth, "--images", gallery, code=2).err
    truth = truth_of(gallery, {"walk.png": {(2, 2): "bicycle"}}, ("bicycle",))
    assert "no label in common" in inside("eval", "detect", truth, "--images", gallery, code=2).err


def test_other_photos_than_the_truth_was_made_for_are_refused(inside: Inside, gallery: Path) -> None:
    truth = truth_of(gallery, {"walk.png": {(0, 0): "person"}}, ("person",))
    paint({}).resize((300, 200)).save(gallery / "walk.png")
    assert "300 x 200" in inside("eval", "detect", truth, "--images", gallery, code=2).err
    (gallery / "walk.png").unlink()
    assert "--images DIR" in inside("eval", "detect", truth, "--images", gallery, code=2).err


def test_a_shrunk_copy_is_measured_and_a_broken_photo_is_told(inside: Inside, gallery: Path) -> None:
    photos = {"walk.png": {(0, 0): "person"}, "two people.jpg": {(0, 0): "person"}}
    truth = truth_of(gallery, photos, ("person",))
    with Image.open(gallery / "walk.png") as image:
        image.resize((128, 128)).save(gallery / "walk.png")
    (gallery / "two people.jpg").write_bytes(b"no photo")
    document = evaluated(inside, "detect", truth, "--images", gallery)
    assert (document["photos"], document["AP50"]) == (1, 100.0)
    assert [Path(problem["path"]).name for problem in document["failed"]] == ["two people.jpg"]


def test_eval_classify(inside: Inside, gallery: Path, tmp_path: Path) -> None:
    folder = tmp_path / "labelled"
    for label in ("strawberry", "broccoli", "beagle"):
        (folder / label).mkdir(parents=True)
        Image.new("RGB", (64, 64), COLOURS[label]).save(folder / label / "1.png")
    Image.new("RGB", (64, 64), COLOURS["golden retriever"]).save(folder / "beagle" / "2.png")
    document = evaluated(inside, "classify", folder)
    assert (document["model"], document["photos"]) == ("colours", 4)
    assert (document["top1"], document["everyday"], document["top5"]) == (75.0, 100.0, 100.0)
    rows = {row["label"]: row for row in document["labels"]}
    assert (rows["beagle"]["recall"], rows["beagle"]["precision"]) == (50.0, 100.0)
    assert document["macro_f1"] == pytest.approx((100 + 100 + 200 / 3) / 3, abs=0.01)
    assert document["confusion"] == [{"truth": "beagle", "found": "golden retriever", "number": 1}]
    table = tmp_path / "truth.csv"
    table.write_text("labelled/beagle/2.png,dog\nlabelled/strawberry/1.png,strawberry\n")
    assert evaluated(inside, "classify", table)["top1"] == 100.0  # a golden retriever is a dog
    assert "right in everyday words" in inside("eval", "classify", table).out


def test_tuned_thresholds_are_stored_with_care_and_answer_queries(
    inside: Inside, gallery: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.mkdir()
    monkeypatch.setenv("PHOTOTAG_CONFIG_DIR", str(config))
    file = config / "config.toml"
    file.write_text("# mine\nworkers = 1 # slow machine\n\n[thresholds]\ncat = 0.6 # too many\n")
    photos: dict[str, dict[tuple[int, int], str]] = {}
    for number in range(6):  # pale squares are wrong: the detector is less sure of them
        cells = {(0, 0): "person"}
        image = paint(cells)
        image.paste((220, 60, 63), (2 * CELL, 2 * CELL, 3 * CELL, 3 * CELL))
        image.putpixel((255, 0), (number, 0, 0))  # no two photos are copies
        image.save(gallery / f"{number}.png")
        photos[f"{number}.png"] = cells
    truth = truth_of(gallery, photos, ("person",))
    inside("index", gallery)
    assert inside("count", "person").out == "person: 15 objects in 8 photos\n"
    [planned] = json.loads(inside("eval", "tune", truth, "--images", gallery, "--dry-run", "--json").out)
    before = file.read_text()
    assert "0.6 # too many" in before
    assert "person" not in before
    assert planned["f1_before"] < planned["f1_after"] == 100.0
    inside("eval", "tune", truth, "--images", gallery, "--precision", "0.95")
    after = file.read_text()
    assert after.startswith("# mine\nworkers = 1 # slow machine\n\n[thresholds]\ncat = 0.6 # too many\n")
    assert tomllib.loads(after)["thresholds"] == {"cat": 0.6, "person": planned["after"]}
    assert inside("count", "person").out == "person: 9 objects in 8 photos\n"
    inside("eval", "tune", truth, "--images", gallery, "--precision", "2", code=2)
    assert file.read_text() == after


def test_thresholds_are_learnt_from_corrections(
    inside: Inside, gallery: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHOTOTAG_CONFIG_DIR", str(tmp_path / "config"))
    for number in range(6):
        image = paint({(0, 0): "person"})
        image.paste((220, 60, 63), (2 * CELL, 2 * CELL, 3 * CELL, 3 * CELL))  # a wrong person, less sure
        image.putpixel((255, 0), (number, 0, 0))
        image.save(gallery / f"{number}.png")
    inside("index", gallery)
    assert "no photos with corrected boxes" in inside("eval", "tune", "--corrections", code=2).err
    assert "TRUTH is missing" in inside("eval", "tune", "--dry-run", code=2).err
    inside("eval", "tune", gallery, "--corrections", code=2)
    for number in range(6):
        inside("box", gallery / f"{number}.png", "--delete", "2")
    before = json.loads(inside("count", "person", "--json").out)
    shown = inside("eval", "tune", "--corrections", "--dry-run").out
    assert re.search(r"threshold +(before +)?after +F1 +(before +)?after", shown)
    told = inside("eval", "tune", "--corrections", "--json")
    [learnt] = json.loads(told.out)
    assert "`phototag config unset thresholds` takes all" in told.err
    assert "`phototag config unset thresholds.person`" in told.err
    assert (learnt["label"], learnt["objects"]) == ("person", 6)
    assert learnt["before"] < learnt["after"]
    assert learnt["f1_before"] < learnt["f1_after"] == 100.0
    assert json.loads(inside("count", "person", "--json").out) == before, "what was right is still found"
    newer = gallery / "new.png"
    image.putpixel((255, 0), (99, 0, 0))
    image.save(newer)
    inside("index", gallery)
    assert [one["label"] for one in json.loads(inside("show", newer, "--json").out)["objects"]] == ["person"]


def test_compare(inside: Inside, gallery: Path, tmp_path: Path, tiny_models: Path) -> None:
    inside("index", gallery)
    same = json.loads(inside("compare", "tiny", "tiny", "--json").out)
    assert (same["photos"], same["changed"], same["boxes"], same["labels"]) == (4, [], [], [])
    assert all(speed > 0 for speed in same["photos_per_second"])
    assert "no pack" in inside("compare", "tiny", "other", code=2).err
    assert "--sheet" not in inside("compare", "tiny", "tiny", "--sheet", tmp_path / "a.gif", code=2).out
    assert "no photo differs" in inside("compare", "tiny", "tiny", "--sheet", tmp_path / "a.png").err
    assert not (tmp_path / "a.png").exists()
    shutil.rmtree(gallery)
    gallery.mkdir()
    assert "none of the 4 photos could be read" in inside("compare", "tiny", "tiny", code=2).err


@pytest.mark.skipif(sys.platform != "linux", reason="names there are UTF-8")
def test_a_report_on_photos_whose_names_are_no_text(inside: Inside, gallery: Path, truth: Path, tmp_path: Path) -> None:
    folder = tmp_path / "sorted" / "dog"
    folder.mkdir(parents=True)
    strange = os.fsdecode(b"caf\xe9.png")
    shutil.copy(gallery / "walk.png", folder / strange)
    inside("eval", "classify", folder.parent, "--html", tmp_path / "report.html")
    document = json.loads(truth.read_text("utf-8").replace("walk.png", "caf\\udce9.png"))
    truth.write_text(json.dumps(document), "utf-8")
    (gallery / "walk.png").rename(gallery / strange)
    inside("eval", "detect", truth, "--images", gallery, "--html", tmp_path / "boxes.html")
    assert "caf\\xe9.png" in (tmp_path / "boxes.html").read_text("utf-8")


def test_the_average_precision_of_real_weights(inside: Inside, shared: Path) -> None:
    inside("models", "install", "small", "--from", shared / "models")
    document = evaluated(inside, "detect", shared / "data" / "coco-dev" / "instances.json", "--pack", "small")
    assert document["photos"] == 141
    assert document["AP"] == pytest.approx(30.2, abs=0.5)  # what an independent decoder gave, which shrinks bilinearly
    assert document["AP50"] == pytest.approx(45.7, abs=1.0)
    assert sum(row["counts"]["objects"] for row in document["labels"]) > 900


def test_a_report_is_never_written_over_a_photo(inside: Inside, gallery: Path, truth: Path, tmp_path: Path) -> None:
    pytest.importorskip("faster_coco_eval", reason="the extra `eval` is not installed")
    (gallery / "broken.jpg").write_bytes(b"\xff\xd8\xff")  # failed photos are the user's, too
    inside("index", gallery)
    (tmp_path / "linked").symlink_to(gallery)
    for photo in (gallery / "walk.png", tmp_path / "linked" / "walk.png", gallery / "broken.jpg"):
        before = photo.read_bytes()
        for command in (("eval", "detect", truth, "--html"), ("compare", "tiny", "tiny", "--sheet")):
            assert "is a photo of the index" in inside(*command, photo, code=2).err
        assert photo.read_bytes() == before


def test_a_truth_that_is_not_there_is_told_so(inside: Inside, gallery: Path) -> None:
    inside("index", gallery)
    failed = inside("import", "nope.json", code=2).err
    assert "there is no file nope.json" in failed
    assert "Check the name." in failed
