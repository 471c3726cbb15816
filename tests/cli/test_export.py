"""Boxes for other programs, and back: written and read through the real command."""

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Inside, Run


@pytest.fixture
def corrected(phototag: Run, gallery: Path) -> Path:
    """A photo with a box of the user's beside what the model found."""
    phototag("index", gallery)
    phototag("box", gallery / "walk.png", "cat", "0,200,40,20")
    return gallery


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def test_what_the_user_drew_is_truth_and_the_rest_are_predictions(
    phototag: Run, corrected: Path, tmp_path: Path
) -> None:
    out = tmp_path / "coco"
    phototag("export", "person", "--format", "coco", "--out", out, "--copy")
    document = read(out / "annotations.json")
    names = {category["id"]: category["name"] for category in document["categories"]}
    assert {image["file_name"] for image in document["images"]} == {"two people.jpg", "walk.png"}
    [box] = document["annotations"]
    assert (names[box["category_id"]], box["bbox"], box["area"]) == ("cat", [0.0, 200.0, 40.0, 20.0], 800.0)
    found = sorted(names[one["category_id"]] for one in read(out / "predictions.json"))
    assert found == ["dog", "person", "person", "person"]
    assert (out / "images" / "walk.png").read_bytes() == (corrected / "walk.png").read_bytes()
    phototag("export", "person", "--format", "coco", "--out", out, code=2)

    phototag("export", "person", "--format", "yolo", "--out", tmp_path / "yolo", "--accept")
    lines = (tmp_path / "yolo" / "labels" / "walk.txt").read_text().splitlines()
    assert "0 0.078125 0.820312 0.156250 0.078125" in lines
    assert len(lines) == 3
    phototag("export", "person", "--format", "csv", "--out", tmp_path / "csv")
    rows = list(csv.DictReader((tmp_path / "csv" / "objects.csv").read_text("utf-8").splitlines()))
    assert [row["source"] for row in rows].count("user") == 1
    assert len(rows) == 5


def test_other_programs_boxes_come_back_as_corrections(phototag: Run, corrected: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    phototag("export", "object:dog", "--format", "coco", "--out", out, "--copy", "--accept")
    document = read(out / "annotations.json")
    dog = next(c["id"] for c in document["categories"] if c["name"] == "dog")
    document["annotations"] = [one for one in document["annotations"] if one["category_id"] != dog]
    (out / "annotations.json").write_text(json.dumps(document), "utf-8")
    phototag("import", out / "annotations.json", "--complete")
    shown = json.loads(phototag("show", corrected / "walk.png", "--json").stdout)["objects"]
    assert sorted((one["label"], one["confidence"]) for one in shown) == [("cat", 1.0), ("person", 1.0)]
    phototag("undo")
    shown = json.loads(phototag("show", corrected / "walk.png", "--json").stdout)["objects"]
    assert sorted(one["label"] for one in shown) == ["cat", "dog", "person"]
    from tests.onnx_models import paint

    paint({(0, 0): "car"}).save(out / "images" / "walk.png")  # another photo under the name
    before = phototag("corrections", "--json").stdout
    assert b"not in the index" in phototag("import", out / "annotations.json", code=2).stderr
    assert phototag("corrections", "--json").stdout == before


@pytest.mark.parametrize("form", ["coco", "yolo", "voc"])
def test_every_photo_comes_back_with_its_own_boxes(phototag: Run, gallery: Path, tmp_path: Path, form: str) -> None:
    from tests.onnx_models import paint

    paint({(0, 0): "car"}).save(gallery / "walk.jpg", quality=95)  # walk.png's label file would be called the same
    paint({(1, 1): "car"}).save(os.fsencode(gallery / "trip") + b"/\x01\r\xe9.png")
    paint({(0, 1): "dog"}).save(gallery / "trip" / "below.png")
    phototag("index", gallery)
    before = shown(phototag)
    phototag("export", "any:object", "--format", form, "--out", tmp_path / "out", "--copy", "--accept")
    source = tmp_path / "out" / ("annotations.json" if form == "coco" else "")
    told = phototag("import", source, "--complete").stderr
    assert f"{len(before)} photos: ".encode() in told
    assert b" 0 boxes taken out" in told
    assert shown(phototag) == before


def shown(phototag: Run) -> dict[str, list[tuple[str, int, int]]]:
    """The objects of each photo: labels and corners."""
    hits = json.loads(phototag("search", "any:object", "--json").stdout)
    return {
        hit["path"]: sorted((one["label"], round(one["box"]["x"]), round(one["box"]["y"])) for one in hit["objects"])
        for hit in hits
    }


def test_what_other_programs_need_to_read_it(phototag: Run, gallery: Path, tmp_path: Path) -> None:
    """pycocotools 2.0.10 asks for `info`; Ultralytics takes `path: .` for the folder that it runs in."""
    (gallery / "walk.png").rename(gallery / 'a\rwalk, "b".png')
    phototag("index", gallery)
    phototag("export", "person", "--format", "coco", "--out", tmp_path / "coco")
    assert read(tmp_path / "coco" / "annotations.json")["info"] == {}
    phototag("export", "person", "--format", "yolo", "--out", tmp_path / "yolo")
    assert "path" not in (tmp_path / "yolo" / "data.yaml").read_text("utf-8")
    phototag("export", "person", "--format", "csv", "--out", tmp_path / "csv")
    hits = phototag("search", "person", "--csv").stdout
    for text in (hits, (tmp_path / "csv" / "objects.csv").read_bytes()):
        rows = list(csv.DictReader(io.StringIO(text.decode(), newline="")))
        assert str(gallery / 'a\rwalk, "b".png') in {row["path"] for row in rows}
        assert all(None not in (*row, *row.values()) for row in rows)


def test_a_file_that_would_empty_most_photos_is_refused(inside: Inside, painted: Path, tmp_path: Path) -> None:
    inside("box", painted / "car.webp", "cat", "0,200,40,20")
    inside("undo")
    out = tmp_path / "out"
    assert "export with --accept" in inside("export", "any:object", "--format", "coco", "--out", out, "--copy").err
    before = inside("count", "any:object").out
    told = inside("import", out / "annotations.json", "--complete", code=2).err
    assert "no box for 4 of 4 photos with objects" in told
    assert "all 7 objects" in told
    assert "--accept" in told
    inside("import", out / "annotations.json")  # nothing in it, and nothing to be taken out
    assert inside("count", "any:object").out == before
    assert "7 boxes taken out" in inside("import", out / "annotations.json", "--complete", "--yes").err
    assert inside("count", "any:object").out == "any:object: 0 objects in 0 photos\n"


def test_a_box_and_a_file_say_which_words_are_new(inside: Inside, painted: Path, tmp_path: Path) -> None:
    told = inside("box", painted / "car.webp", "unicorn", "0,200,40,20").err
    assert "“unicorn” is a new word in this index." in told
    assert "new word" not in inside("box", painted / "car.webp", "unicorn", "40,200,40,20").err
    inside("export", "unicorn", "--format", "yolo", "--out", tmp_path / "out", "--copy")
    names = tmp_path / "out" / "data.yaml"
    names.write_text(names.read_text().replace("unicorn", "griffin"))
    assert "“griffin” is a new word in this index." in inside("import", tmp_path / "out").err
    assert "griffin: 2 objects" in inside("count", "griffin").out


def test_boxes_outside_their_photo_are_refused_and_those_over_its_edge_are_cut(
    inside: Inside, painted: Path, tmp_path: Path
) -> None:
    inside("box", painted / "car.webp", "cat", "0,200,40,20")
    inside("export", "object:cat", "--format", "coco", "--out", tmp_path / "out", "--copy")
    inside("undo")
    file = tmp_path / "out" / "annotations.json"
    document = read(file)
    [box] = document["annotations"]
    for outside in ([900, 900, 5, 5], [-9, 10, 9, 20], [10, 10, 0, 5]):
        document["annotations"] = [box, {**box, "id": 2, "bbox": outside}]
        file.write_text(json.dumps(document), "utf-8")
        told = inside("import", file, code=2).err
        assert "1 of the 2 boxes" in told
        assert "outside its photo" in told
        assert "Nothing was changed" in told
    document["annotations"] = [{**box, "bbox": [-20, -10, 60, 30]}]
    file.write_text(json.dumps(document), "utf-8")
    assert "1 box drawn" in inside("import", file).err
    [hit] = json.loads(inside("search", "object:cat", "--json").out)
    [drawn] = [one["box"] for one in hit["objects"] if one["label"] == "cat"]
    assert drawn == {"x": 0, "y": 0, "width": 40, "height": 20}


def test_a_yolo_folder_without_a_box_comes_back(inside: Inside, painted: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    inside("export", "not any:object", "--format", "yolo", "--out", out, "--copy")
    assert (out / "data.yaml").read_text() == "train: images\nval: images\nnames: []\n"
    assert "1 photo: 0 boxes drawn" in inside("import", out).err
