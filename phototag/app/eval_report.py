"""The HTML reports of `phototag eval`: the measures, with plots and the worst photos."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from phototag.app.eval_classify import ClassificationReport
from phototag.app.eval_detect import DetectionReport
from phototag.errors import PhototagError
from phototag.media.examine import open_photo
from phototag.media.fault import PhotoError
from phototag.metrics.matching import match
from phototag.metrics.scene import Scene
from phototag.render.evaluation_page import CURVES, Page, Picture, classification_page, detection_page
from phototag.render.pairs import side_by_side
from phototag.render.plots import Points
from phototag.render.sheet import fitted
from phototag.render.text import printable, readable
from phototag.settings import Settings
from phototag.types import Detection

if TYPE_CHECKING:
    from PIL.Image import Image

PICTURES = 12
SIDE = 480


def detection_html(report: DetectionReport, settings: Settings) -> str:
    """The report on a detector as a page. Raises UsageError when the template engine is not installed."""
    worst = sorted(report.detected.scenes, key=lambda scene: (-sum(_faults(scene)), scene.path))[:PICTURES]
    return detection_page(report.to_json(), Page(_curves(report), _scene_pictures(worst, settings)))


def classification_html(report: ClassificationReport, settings: Settings) -> str:
    """The report on a classifier as a page. Raises UsageError when the template engine is not installed."""
    points = [(b.confidence, b.accuracy) for b in report.measures.bins]
    wrong = sorted((a for a in report.answers if not a.right), key=lambda answer: (-answer.confidence, answer.path))
    pictures = []
    for answer in wrong[:PICTURES]:
        image = _decoded(answer.path, settings)
        told = f"{printable(answer.path.name)}: is {answer.truth}, said {answer.first} ({answer.confidence:.0%})"
        if image is not None:
            pictures.append(Picture(fitted(image, SIDE), told))
    return classification_page(report.to_json(), Page({"answers": points}, pictures))


def write_page(text: str, output: Path) -> None:
    """Write the page. Raises PhototagError when it can't be written."""
    try:
        output.write_text(readable(text), "utf-8")  # names of files and folders need not be UTF-8
    except OSError as error:
        raise PhototagError(f"can't write {output}: {error.strerror or error}", hint="Name another place.") from error


def _curves(report: DetectionReport) -> dict[str, Points]:
    """The mean over the labels, and the labels with the most objects."""
    curves = report.precision.curves
    if not curves:
        return {}
    most = sorted(curves, key=lambda label: (-report.counts[label].objects, label))[:CURVES]
    mean = [sum(column) / len(curves) for column in zip(*curves.values(), strict=True)]
    lines = {"all labels": mean} | {label: list(curves[label]) for label in most}
    return {name: [(place / 100, value) for place, value in enumerate(line)] for name, line in lines.items()}


def _faults(scene: Scene) -> tuple[int, int]:
    """How many boxes are wrong or have the wrong label, and how many objects were missed."""
    wrong = 0
    missed = sum(not box.crowd for box in scene.truth)
    for label in {box.label for box in scene.truth} | {found.label for found in scene.counted}:
        truth = [box for box in scene.truth if box.label == label]
        matches = match(truth, [found for found in scene.counted if found.label == label])
        wrong += matches.count(None)
        missed -= sum(place is not None and not truth[place].crowd for place in matches)
    return wrong, missed


def _scene_pictures(scenes: Iterable[Scene], settings: Settings) -> list[Picture]:
    pictures = []
    for scene in scenes:
        image = _decoded(scene.path, settings)
        if image is not None:
            truth = [Detection(box.label, 1.0, box.box) for box in scene.truth]
            wrong, missed = _faults(scene)
            told = f"{printable(scene.path.name)}: {wrong} wrong, {missed} missed"
            pictures.append(Picture(side_by_side(fitted(image, SIDE), truth, scene.counted), told))
    return pictures


def _decoded(path: Path, settings: Settings) -> "Image | None":
    try:
        return open_photo(os.fsencode(path)).decode(minimum=SIDE, max_megapixels=settings.max_megapixels).image
    except PhotoError:
        return None
