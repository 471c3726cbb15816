"""Truth in COCO's format: one JSON file with `images`, `annotations` and `categories`."""

from pathlib import Path
from typing import Any

from phototag.geometry import Box
from phototag.metrics.faults import fault, inside, numbers, read_json
from phototag.metrics.scene import Truth, TruthBox, TruthPhoto

PARTS = ("images", "annotations", "categories")


def read_coco(file: Path, images: Path) -> Truth:
    """The photos of a COCO file, which lie in `images`; labels are the category names.

    Raises UsageError naming what is wrong with the file.
    """
    document = read_json(file)
    if not isinstance(document, dict) or not all(_are_objects(document.get(part)) for part in PARTS):
        raise fault(file, f"is not in COCO's format: it needs lists of {', '.join(PARTS)}")
    names = {_key(file, category, "categories"): str(category.get("name", "")) for category in document["categories"]}
    sizes: dict[int | str, tuple[int, int]] = {}
    paths: dict[int | str, Path] = {}
    for image in document["images"]:
        key = _key(file, image, "images")
        if key in paths:
            raise fault(file, f"there are two images with the id {key}")
        width, height = numbers(file, (image.get("width"), image.get("height")), 2, f"width and height of image {key}")
        if min(width, height) < 1:
            raise fault(file, f"image {key} has no size")
        sizes[key] = int(width), int(height)
        paths[key] = inside(file, images, str(image.get("file_name", "")))
    boxes: dict[int | str, list[TruthBox]] = {key: [] for key in paths}
    for place, annotation in enumerate(document["annotations"]):
        key, box = _read_box(file, annotation, names, sizes, f"annotation {annotation.get('id', place)}")
        boxes[key].append(box)
    photos = tuple(TruthPhoto(path, tuple(boxes[key]), sizes[key]) for key, path in paths.items())
    return Truth(photos, tuple(dict.fromkeys(name for name in names.values() if name)))


def _read_box(
    file: Path, annotation: Any, names: dict[int | str, str], sizes: dict[int | str, tuple[int, int]], where: str
) -> tuple[int | str, TruthBox]:
    image, category = annotation.get("image_id"), annotation.get("category_id")
    if not isinstance(image, int | str) or image not in sizes:
        raise fault(file, f"{where} is for the image {image!r}, which the file does not have")
    if not isinstance(category, int | str) or not names.get(category):
        raise fault(file, f"{where} has the category {category!r}, which the file does not name")
    x, y, width, height = numbers(file, annotation.get("bbox"), 4, f"the bbox of {where}")
    if min(width, height) < 0:
        raise fault(file, f"the bbox of {where} has a negative size")
    of_photo = sizes[image]
    box = Box.from_pixels((x, y, x + width, y + height), *of_photo)
    area = None
    if annotation.get("area") is not None:
        [pixels] = numbers(file, [annotation["area"]], 1, f"the area of {where}")
        area = pixels / (of_photo[0] * of_photo[1])
    return image, TruthBox(names[category], box, bool(annotation.get("iscrowd")), area)


def _are_objects(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, dict) for value in values)


def _key(file: Path, entry: dict[str, Any], where: str) -> int | str:
    key = entry.get("id")
    if not isinstance(key, int | str):
        raise fault(file, f"one of the {where} has no id")
    return key
