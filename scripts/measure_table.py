"""Write the table of docs/evaluation.md: every model whose weights are in a folder, measured through phototag.

    scripts/measure_table.py --models FOLDER --boxes TRUTH.json --labels PHOTOS_FOLDER

The measures are those of `phototag eval detect` and `phototag eval classify`; milliseconds are processor time on one
core, the median over 40 photos, for preparing, running and decoding one, without reading its file: others who use the
machine change processor time less than seconds.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from phototag.app.eval_classify import classify
from phototag.app.eval_detect import detect, measure
from phototag.app.setup import model_file
from phototag.app.trial import choose_for_trial
from phototag.app.words import load_vocabulary
from phototag.inference.analyser import open_analyser
from phototag.inference.catalog import load_catalog
from phototag.inference.library import Installed, sha256_of
from phototag.metrics.truth import read_boxes
from phototag.settings import Folders, Settings
from phototag.types import Task

TIMED_PHOTOS = 40
THREADS = 1


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, required=True, help="folder with the weights")
    parser.add_argument("--boxes", type=Path, required=True, help="truth for detectors, in COCO's format")
    parser.add_argument("--labels", type=Path, required=True, help="folder of labelled photos for classifiers")
    options = parser.parse_args()
    photos = [photo.path for photo in read_boxes(options.boxes, None, ()).photos[:TIMED_PHOTOS]]
    with tempfile.TemporaryDirectory() as folder:
        settings = _install(options.models, Path(folder))
        print("| detector | AP | AP50 | F1 | objects counted (truth) | off by, a photo | published | MB | ms |")
        print("|---|---|---|---|---|---|---|---|---|")
        for found in _installed(settings, Task.DETECT):
            print(f"{_detector_row(found, options.boxes, settings)} {_facts(found, photos, settings)}", flush=True)
        print("\n| classifier | top-1 | top-5 | everyday words | ECE | published | MB | ms |")
        print("|---|---|---|---|---|---|---|---|")
        for found in _installed(settings, Task.CLASSIFY):
            print(f"{_classifier_row(found, options.labels, settings)} {_facts(found, photos, settings)}", flush=True)


def _install(source: Path, folder: Path) -> Settings:
    """Settings of an installation that has every model of the catalog whose weights are in `source`."""
    folders = Folders(data=folder / "data", config=folder / "config", cache=folder / "cache")
    for spec in load_catalog().models.values():
        for build in spec.builds:
            weights = source / build.file
            place = folders.models / spec.name / build.file
            if weights.is_file() and not place.exists() and sha256_of(weights) == build.sha256:
                place.parent.mkdir(parents=True)
                place.symlink_to(weights.resolve())
    return Settings(folders=folders, db=str(folder / "index.db"))


def _installed(settings: Settings, task: Task) -> Iterator[Installed]:
    for spec in load_catalog().models.values():
        if spec.task is task and (spec.embedded or (settings.folders.models / spec.name).is_dir()):
            yield choose_for_trial(settings, task, spec.name)


def _detector_row(found: Installed, truth: Path, settings: Settings) -> str:
    report = measure(detect(truth, None, found.spec.name, settings, lambda _: None)).to_json()
    counts = report["counts"]
    return (
        f"| `{found.spec.name}` | {report['AP']:.1f} | {report['AP50']:.1f} | {report['f1']:.1f} "
        f"| {counts['found']:,} ({counts['objects']:,}) | {counts['error_per_photo']:.2f} |"
    )


def _classifier_row(found: Installed, photos: Path, settings: Settings) -> str:
    report = classify(photos, found.spec.name, settings, lambda _: None).to_json()
    return (
        f"| `{found.spec.name}` | {report['top1']:.1f} | {report['top5']:.1f} | {report['everyday']:.1f} "
        f"| {report['ece']:.1f} |"
    )


def _facts(found: Installed, photos: list[Path], settings: Settings) -> str:
    """What the catalog says of the model, its size and its speed."""
    size = found.path.stat().st_size / 1e6
    return f"{found.spec.accuracy} | {size:.1f} | {_milliseconds(found, photos, settings):.0f} |"


def _milliseconds(found: Installed, photos: list[Path], settings: Settings) -> float:
    file = model_file(found, load_vocabulary(settings), found.spec.confidences.floor)
    analyser = open_analyser(file, threads=THREADS)
    times = []
    for path in photos:
        image = Image.open(path).convert("RGB")
        begun = time.process_time()
        analyser.analyse([image])
        times.append(time.process_time() - begun)
    return 1000 * statistics.median(times)


if __name__ == "__main__":
    main()
