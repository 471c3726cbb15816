"""Photos with their boxes in the formats of other programs, as files by relative path.

What the user drew is ground truth; what a model found is a prediction, with its confidence and in a place of its own
wherever the format has one.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any
from xml.etree import ElementTree as Xml

from phototag.render.machine import box_document, csv_row, hit_document, object_document
from phototag.render.text import path_text
from phototag.types import Detection, Hit

Files = Iterator[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Exported:
    """A photo under the relative name that it has in the export; `content` is its, in hexadecimal; `truth` and
    `predictions` are its boxes."""

    name: str
    content: str
    hit: Hit
    truth: tuple[Detection, ...]
    predictions: tuple[Detection, ...]


def coco(photos: Sequence[Exported]) -> Files:
    """`annotations.json` with the ground truth, `predictions.json` with the rest in COCO's form of results."""
    names = _labels(photos)
    numbers = {name: number for number, name in enumerate(names, 1)}
    images = [
        {"id": number, "file_name": one.name, "width": one.hit.width, "height": one.hit.height}
        for number, one in enumerate(photos, 1)
    ]
    annotations: list[dict[str, Any]] = []
    predictions: list[dict[str, Any]] = []
    for number, one in enumerate(photos, 1):
        for found in one.truth:
            entry = _coco_box(number, found, one.hit, numbers)
            area = entry["bbox"][2] * entry["bbox"][3]
            annotations.append({"id": len(annotations) + 1, **entry, "area": area, "iscrowd": 0})
        predictions += [
            {**_coco_box(number, found, one.hit, numbers), "score": found.confidence} for found in one.predictions
        ]
    categories = [{"id": number, "name": name} for name, number in numbers.items()]
    parts = {"images": images, "annotations": annotations, "categories": categories}
    yield "annotations.json", _json({"info": {}, **parts})  # without `info`, pycocotools 2.0.10 reads no results for it
    yield "predictions.json", _json(predictions)


def yolo(photos: Sequence[Exported]) -> Files:
    """`data.yaml`, `labels/*.txt` with the ground truth, `predictions/*.txt` each line with a confidence at its end."""
    names = _labels(photos)
    numbers = {name: number for number, name in enumerate(names)}
    listed = "".join(f"\n  {number}: {json.dumps(name, ensure_ascii=False)}" for name, number in numbers.items())
    # No `path`: Ultralytics takes `.` for the folder that it runs in, and without one that of the file.
    yield "data.yaml", f"train: images\nval: images\nnames:{listed or ' []'}\n".encode()
    for one in photos:
        name = PurePosixPath(one.name).with_suffix(".txt")
        truth = "".join(f"{_yolo_box(found, numbers)}\n" for found in one.truth)
        yield f"labels/{name}", truth.encode()
        if one.predictions:
            lines = (f"{_yolo_box(found, numbers)} {found.confidence:.4f}\n" for found in one.predictions)
            yield f"predictions/{name}", "".join(lines).encode()


def voc(photos: Sequence[Exported]) -> Files:
    """`Annotations/*.xml` with the ground truth, `predictions/*.xml` with the rest; VOC counts pixels from 1."""
    for one in photos:
        name = PurePosixPath(one.name).with_suffix(".xml")
        yield f"Annotations/{name}", _voc(one, one.truth)
        if one.predictions:
            yield f"predictions/{name}", _voc(one, one.predictions)


def csv_table(photos: Sequence[Exported]) -> Files:
    """`objects.csv`: a row an object, in pixels of the upright image; `source` is user or model."""
    rows = [csv_row(("path", "label", "confidence", "source", "x", "y", "width", "height"))]
    for one in photos:
        for source, found in _sourced(one):
            box = box_document(found.box, one.hit.width, one.hit.height)
            confidence = round(found.confidence, 4)
            rows.append(csv_row((path_text(one.hit.path), found.label, confidence, source, *box.values())))
    yield "objects.csv", b"".join(rows)


def jsonl(photos: Sequence[Exported]) -> Files:
    """`photos.jsonl`: a hit a line as `search --jsonl` has it, each object with its `source`."""
    lines = []
    for one in photos:
        size = one.hit.width, one.hit.height
        objects = [{**object_document(found, *size), "source": source} for source, found in _sourced(one)]
        lines.append(_json({**hit_document(one.hit), "objects": objects}, indent=None))
    yield "photos.jsonl", b"".join(lines)


def label_studio(photos: Sequence[Exported]) -> Files:
    """`tasks.json`: a task a photo; what the user drew are annotations, the model's boxes are predictions."""
    tasks = []
    for one in photos:
        task: dict[str, Any] = {"data": {"image": one.name}, "annotations": [], "predictions": []}
        for part, found in (("annotations", one.truth), ("predictions", one.predictions)):
            if found:
                task[part] = [{"result": [_studio_box(each, one.hit) for each in found]}]
        tasks.append(task)
    yield "tasks.json", _json(tasks)


FORMATS: Mapping[str, Callable[[Sequence[Exported]], Files]] = {
    "coco": coco,
    "yolo": yolo,
    "voc": voc,
    "csv": csv_table,
    "jsonl": jsonl,
    "label-studio": label_studio,
}
BY_STEM = ("yolo", "voc")  # their files bear the photo's name without its extension
_UNWRITABLE = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in XML 1.0, by no escape


def named(photos: Iterable[Exported], form: str) -> Iterator[Exported]:
    """The photos under names that a format can hold: where `a.jpg` and `a.png` would share a file, the second becomes
    `a-2.png`; what XML can't say becomes `_`."""
    taken: set[str] = set()
    for one in photos:
        name = PurePosixPath(_UNWRITABLE.sub("_", one.name) if form == "voc" else one.name)
        stem, number = name.stem, 1
        while form in BY_STEM and str(name.with_suffix("")).casefold() in taken:  # some file systems ignore case
            number += 1
            name = name.with_name(f"{stem}-{number}{name.suffix}")
        taken.add(str(name.with_suffix("")).casefold())
        yield replace(one, name=str(name))


def _labels(photos: Sequence[Exported]) -> list[str]:
    return sorted({found.label for one in photos for _, found in _sourced(one)})


def _sourced(one: Exported) -> list[tuple[str, Detection]]:
    return [("user", found) for found in one.truth] + [("model", found) for found in one.predictions]


def _coco_box(image: int, found: Detection, hit: Hit, numbers: Mapping[str, int]) -> dict[str, Any]:
    x1, y1, x2, y2 = found.box.to_pixels(hit.width, hit.height)
    box = [round(value, 3) for value in (x1, y1, x2 - x1, y2 - y1)]
    return {"image_id": image, "category_id": numbers[found.label], "bbox": box}


def _yolo_box(found: Detection, numbers: Mapping[str, int]) -> str:
    x, y = found.box.center
    return f"{numbers[found.label]} {x:.6f} {y:.6f} {found.box.width:.6f} {found.box.height:.6f}"


def _voc(one: Exported, objects: Sequence[Detection]) -> bytes:
    root = Xml.Element("annotation")
    Xml.SubElement(root, "filename").text = one.name
    size = Xml.SubElement(root, "size")
    for part, pixels in (("width", one.hit.width), ("height", one.hit.height), ("depth", 3)):
        Xml.SubElement(size, part).text = str(pixels)
    for found in objects:
        entry = Xml.SubElement(root, "object")
        Xml.SubElement(entry, "name").text = found.label
        Xml.SubElement(entry, "difficult").text = "0"
        x1, y1, x2, y2 = found.box.to_pixels(one.hit.width, one.hit.height)
        box = Xml.SubElement(entry, "bndbox")
        for part, value in (("xmin", x1 + 1), ("ymin", y1 + 1), ("xmax", x2), ("ymax", y2)):
            Xml.SubElement(box, part).text = f"{value:.3f}"
    Xml.indent(root)
    text: bytes = Xml.tostring(root, encoding="utf-8")
    return text + b"\n"


def _studio_box(found: Detection, hit: Hit) -> dict[str, Any]:
    box = found.box
    value = {"x": box.x1 * 100, "y": box.y1 * 100, "width": box.width * 100, "height": box.height * 100, "rotation": 0}
    return {
        "type": "rectanglelabels",
        "from_name": "label",
        "to_name": "image",
        "original_width": hit.width,
        "original_height": hit.height,
        "image_rotation": 0,
        "value": {**value, "rectanglelabels": [found.label]},
        "score": found.confidence,
    }


def _json(document: Any, indent: int | None = 1) -> bytes:
    return json.dumps(document, ensure_ascii=True, indent=indent).encode() + b"\n"
