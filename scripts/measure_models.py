"""Measure the models of the catalog on labelled photos.

    scripts/measure_models.py detect TRUTH.json --models FOLDER [--images FOLDER] [NAME]...
    scripts/measure_models.py classify PHOTOS.tar --models FOLDER [NAME]...

`detect` reads COCO's format and prints, per detector: AP and AP50 at floor 0.01 by faster-coco-eval; the confidence at
which as many objects are found as the truth has (photos with crowds left out); the count error per photo there; the
confidence above which a photo keeps ten boxes on average; and milliseconds a photo. `classify` reads a tar of photos
whose names begin with a WordNet id, and prints top-1 and top-5.
"""

import argparse
import io
import json
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from phototag.inference.analyser import Analyser, ModelFile, open_analyser
from phototag.inference.catalog import load_catalog
from phototag.inference.labels import read_labels
from phototag.inference.library import sha256_of
from phototag.inference.spec import ModelSpec
from phototag.types import Detection, Task

EVALUATION_FLOOR = 0.01
BOXES_A_PHOTO = 10


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=[task.value for task in Task])
    parser.add_argument("truth", type=Path)
    parser.add_argument("names", nargs="*", help="models; default: all whose files are there")
    parser.add_argument("--models", type=Path, required=True, help="folder with the weights")
    parser.add_argument("--images", type=Path, help="default: images/ beside TRUTH")
    options = parser.parse_intermixed_args()
    specs = [spec for spec in load_catalog().models.values() if spec.task == options.task]
    for spec in specs:
        if options.names and spec.name not in options.names:
            continue
        analyser = _open(spec, options.models)
        if analyser and options.task == Task.DETECT:
            _measure_detector(analyser, options.truth, options.images or options.truth.parent / "images")
        elif analyser:
            _measure_classifier(analyser, spec, options.truth)


def _open(spec: ModelSpec, folder: Path) -> Analyser | None:
    for build in spec.builds:
        path = folder / build.file
        if path.is_file() and sha256_of(path) == build.sha256:
            floor = EVALUATION_FLOOR if spec.task is Task.DETECT else 0.0
            return open_analyser(ModelFile(spec, path, build.sha256, spec.labels, {}, floor))
    return None


def _measure_detector(analyser: Analyser, truth_file: Path, images: Path) -> None:
    truth = json.loads(truth_file.read_text("utf-8"))
    found: dict[int, tuple[Detection, ...]] = {}
    seconds = 0.0
    for photo in truth["images"]:
        image = Image.open(images / photo["file_name"]).convert("RGB")
        start = time.perf_counter()
        found[photo["id"]] = analyser.analyse([image])[0].detections
        seconds += time.perf_counter() - start
    average, average50 = average_precision(truth, found)
    crowded = {box["image_id"] for box in truth["annotations"] if box["iscrowd"]}
    counted = [photo["id"] for photo in truth["images"] if photo["id"] not in crowded]
    counts = dict.fromkeys(counted, 0)
    for box in truth["annotations"]:
        if box["image_id"] in counts:
            counts[box["image_id"]] += 1
    scores = sorted((d.confidence for photo in counted for d in found[photo]), reverse=True)
    unbiased = scores[min(sum(counts.values()), len(scores)) - 1]
    errors = [abs(sum(d.confidence >= unbiased for d in found[photo]) - counts[photo]) for photo in counted]
    stored = sorted((d.confidence for boxes in found.values() for d in boxes), reverse=True)
    ten = stored[min(BOXES_A_PHOTO * len(found), len(stored)) - 1]
    print(
        f"{analyser.model.name}: AP {average:.1f}, AP50 {average50:.1f}; counts unbiased at {unbiased:.3f} with an "
        f"error of {sum(errors) / len(errors):.2f} of {sum(counts.values()) / len(counts):.2f} objects a photo; "
        f"ten boxes a photo above {ten:.3f}; {1000 * seconds / len(found):.1f} ms",
        flush=True,
    )


def average_precision(truth: Any, found: dict[int, tuple[Detection, ...]]) -> tuple[float, float]:
    """AP and AP50 in percent, by faster-coco-eval, of what was `found` by photo id; `truth` is in COCO's format."""
    from faster_coco_eval import COCO, COCOeval_faster

    categories = {category["name"]: category["id"] for category in truth["categories"]}
    sizes = {photo["id"]: (photo["width"], photo["height"]) for photo in truth["images"]}
    results = []
    for photo, detections in found.items():
        for detection in detections:
            x1, y1, x2, y2 = detection.box.to_pixels(*sizes[photo])
            results.append(
                {
                    "image_id": photo,
                    "category_id": categories[detection.label],
                    "bbox": [x1, y1, x2 - x1, y2 - y1],
                    "score": detection.confidence,
                }
            )
    expected = COCO(truth)
    evaluation = COCOeval_faster(expected, expected.loadRes(results), "bbox", print_function=lambda *_: None)
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return 100 * float(evaluation.stats[0]), 100 * float(evaluation.stats[1])


def _measure_classifier(analyser: Analyser, spec: ModelSpec, photos: Path) -> None:
    ids = dict(zip(spec.labels, read_labels(spec.labels_file).ids, strict=True))
    places = []
    for wnid, image in _photos(photos):
        best = [ids[label.name] for label in analyser.analyse([image])[0].labels[:5]]
        places.append(best.index(wnid) if wnid in best else None)
    first, fifth = sum(place == 0 for place in places), sum(place is not None for place in places)
    print(f"{spec.name}: top-1 {100 * first / len(places):.1f}, top-5 {100 * fifth / len(places):.1f} of {len(places)}")


def _photos(file: Path) -> Iterator[tuple[str, Image.Image]]:
    with tarfile.open(file) as archive:
        for member in archive:
            content = archive.extractfile(member)
            if content is not None:
                yield Path(member.name).name.split("_")[0], Image.open(io.BytesIO(content.read())).convert("RGB")


if __name__ == "__main__":
    main()
