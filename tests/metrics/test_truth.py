"""Files of truth as people have them, and as they should not be."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phototag.errors import UsageError
from phototag.geometry import Box
from phototag.metrics.scene import LabelledPhoto, TruthBox
from phototag.metrics.truth import read_boxes, read_labelled

EXTENSIONS = frozenset((".jpg", ".jpeg"))


def coco() -> dict[str, Any]:
    return {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 100, "height": 50}],
        "categories": [{"id": 3, "name": "cat"}, {"id": 4, "name": "dog"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 3, "bbox": [10, 5, 50, 25], "area": 1000, "iscrowd": 0},
            {"id": 2, "image_id": 1, "category_id": 4, "bbox": [0, 0, 200, 50], "iscrowd": 1},
        ],
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.jpg").write_bytes(b"photo")
    return tmp_path


def write(folder: Path, document: object) -> Path:
    path = folder / "truth.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
    return path


def test_coco(folder: Path) -> None:
    truth = read_boxes(write(folder, coco()), None, EXTENSIONS)
    assert truth.labels == ("cat", "dog")
    [photo] = truth.photos
    assert (photo.path, photo.size) == (folder / "images" / "a.jpg", (100, 50))
    assert photo.boxes == (
        TruthBox("cat", Box(0.1, 0.1, 0.6, 0.6), area=0.2),
        TruthBox("dog", Box(0, 0, 1, 1), crowd=True),  # clipped to the photo
    )


def changed(path: list[Any], value: object) -> Callable[[], object]:
    def make() -> object:
        document = coco()
        place: Any = document
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        return document

    return make


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: "{", "no JSON"),
        (lambda: "[" * 100_000, "no JSON"),
        (list, "COCO's format"),
        (changed(["annotations"], None), "COCO's format"),
        (changed(["images"], [1]), "COCO's format"),
        (changed(["images"], []), "for the image 1"),
        (changed(["images", 0, "width"], 0), "no size"),
        (changed(["images", 0, "height"], "high"), "2 numbers"),
        (changed(["images", 0, "id"], [1]), "no id"),
        (changed(["images", 0, "file_name"], "../secret.jpg"), "no photo in"),
        (changed(["images", 0, "file_name"], "/etc/passwd"), "no photo in"),
        (changed(["images", 0, "file_name"], "b.jpg"), "1 of the 1 photos"),
        (changed(["annotations", 0, "category_id"], 99), "category 99"),
        (changed(["annotations", 0, "category_id"], {}), "category {}"),
        (changed(["annotations", 0, "bbox"], [1, 2, 3]), "4 numbers"),
        (changed(["annotations", 0, "bbox"], [1, 2, float("nan"), 3]), "4 numbers"),
        (changed(["annotations", 0, "bbox"], [1, 2, -3, 3]), "negative"),
        (changed(["annotations", 0, "area"], "large"), "1 numbers"),
    ],
)
def test_a_broken_coco_file_says_what_is_wrong(folder: Path, make: Callable[[], object], said: str) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        read_boxes(write(folder, make()), None, EXTENSIONS)
    assert raised.value.hint


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.sampled_from([["images"], ["images", 0], ["annotations", 0], ["categories", 0], ["annotations", 1, "bbox"]]),
    st.sampled_from(["id", "file_name", "width", "image_id", "category_id", "bbox", "name", "area", "iscrowd"]),
    values,
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=80)
def test_whatever_stands_in_a_coco_file_is_read_or_refused(
    folder: Path, path: list[Any], key: str, value: object
) -> None:
    document = coco()
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    if isinstance(place[path[-1]], dict):
        place[path[-1]][key] = value
    else:
        place[path[-1]] = value
    with suppress(UsageError):  # and nothing else
        assert read_boxes(write(folder, document), None, EXTENSIONS).photos


def test_no_file_at_all(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no file"):
        read_boxes(tmp_path / "none.json", None, EXTENSIONS)


VOC = """<annotation><filename>a.jpg</filename><size><width>100</width><height>50</height><depth>3</depth></size>
<object><name>cat</name><difficult>{difficult}</difficult>
<bndbox><xmin>11</xmin><ymin>6</ymin><xmax>60</xmax><ymax>30</ymax></bndbox></object></annotation>"""


@pytest.mark.parametrize("difficult", [0, 1])
def test_voc(folder: Path, difficult: int) -> None:
    (folder / "Annotations").mkdir()
    (folder / "Annotations" / "a.xml").write_text(VOC.format(difficult=difficult))
    truth = read_boxes(folder, None, EXTENSIONS)
    assert truth.labels == ("cat",)
    [photo] = truth.photos
    assert photo.size == (100, 50)
    assert photo.boxes == (TruthBox("cat", Box(0.1, 0.1, 0.6, 0.6), crowd=bool(difficult)),)


BOMB = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;">]><annotation><filename>&c;</filename></annotation>'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<annotation>", "no XML"),
        (BOMB, "no XML"),
        ("<annotation/>", "2 numbers"),
        (VOC.format(difficult=0).replace("<name>cat</name>", ""), "no name"),
        (VOC.format(difficult=0).replace("<xmax>60", "<xmax>1"), "negative"),
        (VOC.format(difficult=0).replace("a.jpg", "../a.jpg"), "no photo in"),
    ],
)
def test_a_broken_voc_file_says_what_is_wrong(folder: Path, text: str, said: str) -> None:
    (folder / "Annotations").mkdir()
    (folder / "Annotations" / "a.xml").write_text(text)
    with pytest.raises(UsageError, match=said):
        read_boxes(folder, None, EXTENSIONS)


NAMES = {
    "data.yaml": "names: [cat, dog]",
    "set.yml": "names:\n  0: cat\n  1: dog",
    "classes.txt": "cat\ndog\n",
}


@pytest.mark.parametrize("names", NAMES)
def test_yolo(folder: Path, names: str) -> None:
    (folder / names).write_text(NAMES[names])
    (folder / "labels").mkdir()
    (folder / "labels" / "a.txt").write_text("1 0.375 0.5 0.25 0.5\n0 0 0 0.5 0 0.5 0.25 0 0.25\n")
    (folder / "images" / "empty.jpg").write_bytes(b"photo")
    truth = read_boxes(folder, None, EXTENSIONS)
    assert truth.labels == ("cat", "dog")
    assert {photo.path.name: photo.boxes for photo in truth.photos} == {
        "a.jpg": (TruthBox("dog", Box(0.25, 0.25, 0.5, 0.75)), TruthBox("cat", Box(0, 0, 0.5, 0.25))),
        "empty.jpg": (),
    }


@pytest.mark.parametrize(
    ("names", "line", "said"),
    [
        ("names: [cat]", "7 0.5 0.5 0.1 0.1", "class 7"),
        ("names: [cat]", "0 0.5 0.5 0.1", "class x y width height"),
        ("names: [cat]", "0 320 240 10 10", "fractions"),
        ("names: [cat]", "cat 0.5 0.5 0.1 0.1", "5 numbers"),
        ("names: {0: cat, 7: dog}", "0 0.5 0.5 0.1 0.1", "without a gap"),
        ("names: [cat", "0 0.5 0.5 0.1 0.1", "no YAML"),
        ("nc: 80", "0 0.5 0.5 0.1 0.1", "classes are called"),
        ("names: cat", "0 0.5 0.5 0.1 0.1", "classes are called"),
        ("names:", "0 0.5 0.5 0.1 0.1", "class 0, and there are 0 names"),
    ],
)
def test_a_broken_yolo_folder_says_what_is_wrong(folder: Path, names: str, line: str, said: str) -> None:
    (folder / "data.yaml").write_text(names)
    (folder / "labels").mkdir()
    (folder / "labels" / "a.txt").write_text(line)
    with pytest.raises(UsageError, match=said):
        read_boxes(folder, None, EXTENSIONS)


@pytest.mark.parametrize("names", ["names:", "names: []", "names: {}"])
def test_a_yolo_folder_without_a_box_needs_no_names(folder: Path, names: str) -> None:
    (folder / "data.yaml").write_text(names)
    (folder / "labels").mkdir()
    (folder / "labels" / "a.txt").write_text("")
    truth = read_boxes(folder, None, EXTENSIONS)
    assert truth.labels == ()
    assert [photo.boxes for photo in truth.photos] == [()]
    (folder / "classes.txt").write_text("cat\n")
    assert read_boxes(folder, None, EXTENSIONS).labels == ("cat",)


def test_yolo_labels_of_photos_that_are_not_there(folder: Path) -> None:
    (folder / "classes.txt").write_text("cat")
    (folder / "labels").mkdir()
    (folder / "labels" / "b.txt").write_text("0 0.5 0.5 0.1 0.1")
    with pytest.raises(UsageError, match="no photo b"):
        read_boxes(folder, None, EXTENSIONS)


def test_labels_by_folder_by_wordnet_id_and_by_csv(tmp_path: Path) -> None:
    (tmp_path / "cat").mkdir()
    (tmp_path / "mixed").mkdir()
    for name in ("cat/1.jpg", "cat/notes.txt", "mixed/n02099601_4.jpeg"):
        (tmp_path / name).write_bytes(b"x")
    by_folder = [
        LabelledPhoto(tmp_path / "cat/1.jpg", "cat"),
        LabelledPhoto(tmp_path / "mixed/n02099601_4.jpeg", "n02099601"),
    ]
    assert read_labelled(tmp_path, EXTENSIONS) == by_folder
    table = tmp_path / "truth.csv"
    table.write_text('path,label\ncat/1.jpg,"hot dog"\n')
    assert read_labelled(table, EXTENSIONS) == [LabelledPhoto(tmp_path / "cat/1.jpg", "hot dog")]


@pytest.mark.parametrize(
    ("text", "said"),
    [("cat/1.jpg", "row 1"), ("a,b,c", "row 1"), ("none.jpg,cat", "not there"), ("", "no photos"), ('"a', "no CSV")],
)
def test_a_broken_csv_says_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(UsageError, match=said):
        read_labelled(tmp_path / "t.csv", EXTENSIONS)


def test_photos_without_a_label_are_refused(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_bytes(b"x")
    with pytest.raises(UsageError, match="has no label"):
        read_labelled(tmp_path, EXTENSIONS)
