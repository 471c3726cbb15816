"""Measure the models of the catalog on labelled photos.

    scripts/measure_models.py detect TRUTH.json --models FOLDER [--images FOLDER] [NAME]...
    scripts/measure_models.py classify PHOTOS.tar --models FOLDER [NAME]...

`detect` reads COCO's format and prints, per detector: AP and AP50 at floor 0.01 by faster-coco-eval; the confidence at
which as many objects are found as the truth has, for all labels and for the commonest one (photos with crowds left
out); how far counts are off at the catalog's threshold; and the confidence above which a photo keeps ten boxes.
`--every N` takes every Nth photo of the truth. `classify` reads a tar of photos whose names begin with a WordNet id,
and prints top-1 and top-5; what share of the labels at or above a confidence is right, and of the photos gets its
label; and how many labels a photo keeps at the catalog's floor. `--longest N` enlarges the photos first, so that models
have to shrink them; `--resampling METHOD` shows what another way of shrinking than the catalog's would do.
"""

import argparse
import io
import json
import tarfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from phototag.inference.analyser import Analyser, open_analyser
from phototag.inference.catalog import load_catalog
from phototag.inference.labels import read_labels
from phototag.inference.library import sha256_of
from phototag.inference.spec import ModelFile, ModelSpec
from phototag.types import Detection, Task

EVALUATION_FLOOR = 0.01
BOXES_A_PHOTO = 10
THRESHOLDS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7)


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=[task.value for task in Task])
    parser.add_argument("truth", type=Path)
    parser.add_argument("names", nargs="*", help="models; default: all whose files are there")
    parser.add_argument("--models", type=Path, required=True, help="folder with the weights")
    parser.add_argument("--images", type=Path, help="default: images/ beside TRUTH")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="every Nth photo of the truth alone")
    parser.add_argument("--longest", type=int, help="enlarge photos until their longer side has so many pixels")
    parser.add_argument("--resampling", help="instead of the catalog's: nearest, area, bilinear, bicubic, lanczos")
    options = parser.parse_intermixed_args()
    truth = read_truth(options.truth, options.every) if options.task == Task.DETECT else None
    specs = [spec for spec in load_catalog().models.values() if spec.task == options.task]
    for spec in specs:
        if options.names and spec.name not in options.names:
            continue
        if options.resampling:
            spec = replace(spec, input=replace(spec.input, resampling=options.resampling))
        analyser = _open(spec, options.models)
        if analyser and options.task == Task.DETECT:
            _measure_detector(analyser, spec, truth, options.images or options.truth.parent / "images", options.longest)
        elif analyser:
            _measure_classifier(analyser, spec, options.truth, options.longest)


def _open(spec: ModelSpec, folder: Path) -> Analyser | None:
    for build in spec.builds:
        path = folder / build.file
        if path.is_file() and sha256_of(path) == build.sha256:
            floor = EVALUATION_FLOOR if spec.task is Task.DETECT else 0.0
            return open_analyser(ModelFile(spec, path, build.sha256, spec.labels, {}, floor))
    return None


def read_truth(file: Path, every: int) -> Any:
    """The truth in COCO's format, of every Nth photo."""
    truth = json.loads(file.read_text("utf-8"))
    truth["images"] = truth["images"][::every]
    kept = {photo["id"] for photo in truth["images"]}
    truth["annotations"] = [box for box in truth["annotations"] if box["image_id"] in kept]
    return truth


def _measure_detector(analyser: Analyser, spec: ModelSpec, truth: Any, images: Path, longest: int | None) -> None:
    found: dict[int, tuple[Detection, ...]] = {}
    seconds = 0.0
    for photo in truth["images"]:
        image = enlarged(Image.open(images / photo["file_name"]).convert("RGB"), longest)
        start = time.perf_counter()
        found[photo["id"]] = analyser.analyse([image])[0].detections
        seconds += time.perf_counter() - start
    average, average50 = average_precision(truth, found)
    print(f"{spec.name}: AP {average:.1f}, AP50 {average50:.1f}; {1000 * seconds / len(found):.1f} ms a photo")
    _measure_counts(spec.confidences.threshold, truth, found)


def _measure_counts(threshold: float, truth: Any, found: dict[int, tuple[Detection, ...]]) -> None:
    """Print where counts are unbiased and how far off they are at the catalog's `threshold`."""
    crowded = {box["image_id"] for box in truth["annotations"] if box["iscrowd"]}
    labels = {category["id"]: category["name"] for category in truth["categories"]}
    real = [(box["image_id"], labels[box["category_id"]]) for box in truth["annotations"]]
    real = [(photo, label) for photo, label in real if photo not in crowded]
    seen = [(photo, box) for photo, boxes in found.items() if photo not in crowded for box in boxes]
    common = Counter(label for _, label in real).most_common(1)[0][0]
    for name, wanted in (("all labels", set(labels.values())), (common, {common})):
        scores = sorted((box.confidence for _, box in seen if box.label in wanted), reverse=True)
        expected = Counter(photo for photo, label in real if label in wanted)
        counted = Counter(photo for photo, box in seen if box.label in wanted and box.confidence >= threshold)
        error = sum(abs(expected[photo] - counted[photo]) for photo in found) / (len(found) - len(crowded))
        unbiased = scores[min(expected.total(), len(scores)) - 1]
        print(
            f"  {name}: counts unbiased at {unbiased:.3f}; at {threshold} "
            f"{counted.total() / expected.total():.2f} times the true {expected.total()}, {error:.2f} wrong a photo"
        )
    stored = sorted((box.confidence for boxes in found.values() for box in boxes), reverse=True)
    print(f"  ten boxes a photo above {stored[min(BOXES_A_PHOTO * len(found), len(stored)) - 1]:.3f}", flush=True)


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


def _measure_classifier(analyser: Analyser, spec: ModelSpec, photos: Path, longest: int | None) -> None:
    ids = dict(zip(spec.labels, read_labels(spec.labels_file).ids, strict=True))
    answers = [(wnid, analyser.analyse([enlarged(image, longest)])[0].labels) for wnid, image in _photos(photos)]
    places = []
    for wnid, labels in answers:
        best = [ids[label.name] for label in labels[:5]]
        places.append(best.index(wnid) if wnid in best else None)
    first, fifth = sum(place == 0 for place in places), sum(place is not None for place in places)
    print(f"{spec.name}: top-1 {100 * first / len(places):.1f}, top-5 {100 * fifth / len(places):.1f} of {len(places)}")
    for threshold in THRESHOLDS:
        said = [
            (wnid, ids[label.name]) for wnid, labels in answers for label in labels if label.confidence >= threshold
        ]
        right = sum(wnid == label for wnid, label in said)
        print(
            f"  at {threshold:.2f}: {100 * right / max(len(said), 1):.1f} % of the labels are right, "
            f"{100 * right / len(answers):.1f} % of the photos get theirs"
        )
    floor = spec.confidences.floor
    kept = sum(label.confidence >= floor for _, labels in answers for label in labels)
    print(f"  {kept / len(answers):.1f} labels a photo at the floor of {floor}", flush=True)


def enlarged(image: Image.Image, longest: int | None) -> Image.Image:
    """The photo with `longest` pixels along its longer side, if it has fewer."""
    ratio = (longest or 0) / max(image.size)
    if ratio <= 1:
        return image
    return image.resize((round(image.width * ratio), round(image.height * ratio)), Image.Resampling.LANCZOS)


def _photos(file: Path) -> Iterator[tuple[str, Image.Image]]:
    with tarfile.open(file) as archive:
        for member in archive:
            content = archive.extractfile(member)
            if content is not None:
                yield Path(member.name).name.split("_")[0], Image.open(io.BytesIO(content.read())).convert("RGB")


if __name__ == "__main__":
    main()
