"""Labelled photos, in whichever form people have them."""

import csv
import re
from collections.abc import Collection
from pathlib import Path

from phototag.errors import UsageError
from phototag.metrics.coco import read_coco
from phototag.metrics.faults import HINT, check_photos, fault, read_text
from phototag.metrics.scene import LabelledPhoto, Truth
from phototag.metrics.voc import read_voc
from phototag.metrics.yolo import read_yolo

WNID = re.compile(r"n\d{8}(?=_|$)")


def read_boxes(truth: Path, images: Path | None, extensions: Collection[str]) -> Truth:
    """Photos with boxes: a COCO file (*.json), a VOC folder (with Annotations/), or a YOLO folder (or its data.yaml).

    `images` is where the photos lie, if not where the format keeps them; `extensions` say which files are photos.
    Raises UsageError for a truth that can't be read, and for photos that are not there.
    """
    if truth.is_dir() and ((truth / "Annotations").is_dir() or any(truth.glob("*.xml"))):
        folder = truth / "Annotations" if (truth / "Annotations").is_dir() else truth
        found = read_voc(folder, images or _first_folder(truth / "JPEGImages", truth / "images", truth))
    elif truth.is_dir() or truth.suffix.lower() in (".yaml", ".yml"):
        folder = truth if truth.is_dir() else truth.parent
        found = read_yolo(folder, images or _first_folder(folder / "images", folder), extensions)
    else:
        found = read_coco(truth, images or truth.parent / "images")
    check_photos((photo.path for photo in found.photos), str(truth))
    return found


def read_labelled(truth: Path, extensions: Collection[str]) -> list[LabelledPhoto]:
    """Photos with a label each: a CSV file of path,label, or a folder with a folder for each label; a photo's own name
    may begin with a WordNet id instead (n01234567_12.JPEG).

    Raises UsageError for a truth that can't be read, and for photos that are not there.
    """
    photos = _read_folder(truth, extensions) if truth.is_dir() else _read_csv(truth)
    check_photos((photo.path for photo in photos), str(truth))
    return photos


def _read_folder(folder: Path, extensions: Collection[str]) -> list[LabelledPhoto]:
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in extensions and path.is_file())
    return [LabelledPhoto(path, _label(path, folder)) for path in paths]


def _label(path: Path, folder: Path) -> str:
    wnid = WNID.match(path.stem)
    if wnid:
        return wnid[0]
    parts = path.relative_to(folder).parts
    if len(parts) == 1:
        raise UsageError(
            f"{path} has no label: it lies in no folder of its own, and its name begins with no WordNet id", hint=HINT
        )
    return parts[0]


def _read_csv(file: Path) -> list[LabelledPhoto]:
    try:
        rows = list(csv.reader(read_text(file).splitlines(), strict=True))
    except csv.Error as error:
        raise fault(file, f"is no CSV: {error}") from error
    if rows and [cell.strip().lower() for cell in rows[0]] == ["path", "label"]:
        rows = rows[1:]
    photos = []
    for number, row in enumerate(rows, 1):
        if not row:
            continue
        if len(row) != 2 or not all(cell.strip() for cell in row) or "\0" in row[0]:
            raise fault(file, f"row {number} should be: path,label")
        photos.append(LabelledPhoto(file.parent / row[0].strip(), row[1].strip()))
    return photos


def _first_folder(*candidates: Path) -> Path:
    return next((folder for folder in candidates if folder.is_dir()), candidates[-1])
