"""Chooses confidences on held-back photos and writes what the catalog needs to know of a trained model, as TOML.

    python -m scripts.train.calibrate detector --model models/tiny_detector.onnx --coco DIR --size 384 --output FILE
    python -m scripts.train.calibrate tagger --model models/tiny_tagger.onnx --targets DIR/tagset.npz \\
        --source DIR_OR_TAR --models DIR --size 160 --labels models/labels/tiny-tags.tsv --report FILE --output FILE
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from scripts.train import data, detector, entries, evaluate, tagger, tags, tagset
from scripts.train.teacher import session

Floats = NDArray[np.float32]
PRECISION = 0.8  # that a tag's threshold must reach
FEWEST_HITS = 3  # true photos above the threshold, below which precision means nothing
LEAST = 0.15  # no tag is believed below this, whatever the held-back photos say
PERSON = 0  # its class index
ORDINARY_BOXES = 25.0  # stored of an ordinary photo, so that a query may ask for less confidence
KNOWN, ABSENT = 0.5, 0.2  # a target above means the tag is there, below means it is not; between, nobody knows
NEEDED = {"detector": ("coco",), "tagger": ("targets", "source", "labels", "report", "models")}


def unbiased_confidence(scores: Floats, objects: int) -> float:
    """The confidence at and above which as many boxes are found as there are objects."""
    ranked = np.sort(scores)[::-1]
    return float(ranked[min(objects, len(ranked)) - 1])


def balanced_confidence(scores: Floats, right: NDArray[np.bool_], objects: int) -> tuple[float, float, float]:
    """(confidence, precision, recall) where F1 is highest."""
    order = scores.argsort()[::-1]
    hits, count = np.cumsum(right[order]), np.arange(1, len(order) + 1)
    best = int((2 * hits / (count + objects)).argmax())
    return float(scores[order[best]]), float(hits[best] / count[best]), float(hits[best] / objects)


@dataclass(frozen=True, slots=True)
class Choice:
    """A tag's threshold (1.0: none is good enough) and what it gives on the held-back photos."""

    threshold: float
    precision: float
    recall: float
    positives: int

    @property
    def reliable(self) -> bool:
        return self.threshold < 1.0


def at_confidence(scores: Floats, right: NDArray[np.bool_], objects: int, confidence: float) -> tuple[float, float]:
    """(precision, recall) of what is found at and above a confidence."""
    above = scores >= confidence
    hits = int(right[above].sum())
    return hits / max(int(above.sum()), 1), hits / objects


def choose_threshold(scores: Floats, truth: NDArray[np.bool_], wanted: float = PRECISION) -> Choice:
    """The lowest score at and above which at least `wanted` of the photos carry the tag."""
    order = scores.argsort()[::-1]
    hits = np.cumsum(truth[order])
    precision = hits / np.arange(1, len(order) + 1)
    able = np.nonzero((precision >= wanted) & (hits >= FEWEST_HITS))[0]
    positives = int(truth.sum())
    if not len(able):
        return Choice(1.0, 0.0, 0.0, positives)
    last = able[-1]
    return Choice(float(scores[order[last]]), float(precision[last]), float(hits[last] / positives), positives)


LABELS = """\
# The tags of the `tiny` pack's tagger in the order of its outputs: WordNet 3.0 synset, tab, name.
# Written by scripts/train/calibrate.py from scripts/train/tags.toml.
"""


def calibrate_detector(options: argparse.Namespace) -> str:
    """Threshold and floor from the held-back photos of a labelled set: people are counted right."""
    names = detector.held_back(data.read_coco(options.coco))
    photos = evaluate.CocoSet(options.coco, names)
    model = evaluate.onnx_model(options.model)
    scores: list[float] = []
    right: list[bool] = []
    classes_found: list[int] = []
    objects = people = 0
    for image, pixels in zip(photos.images, photos.pixels, strict=True):
        found = evaluate.detect(model, pixels, options.size)
        boxes, classes = photos.objects(image["id"])
        scores += found.scores.tolist()
        right += evaluate.matches(found, boxes, classes)
        classes_found += found.classes.tolist()
        objects += len(boxes)
        people += int((classes == PERSON).sum())
    values = np.array(scores, np.float32)
    correct = np.array(right)
    best = balanced_confidence(values, correct, objects)
    unbiased = unbiased_confidence(values, objects)
    persons = np.array(classes_found) == PERSON
    threshold = unbiased_confidence(values[persons], people)
    of_people = at_confidence(values[persons], correct[persons], people, threshold)
    of_all = at_confidence(values, correct, objects, threshold)
    floor = unbiased_confidence(values, int(ORDINARY_BOXES * len(photos.images)))
    print(
        f"{len(photos.images)} held-back photos, {objects} objects: {photos.report(model, options.size).line()};"
        f" as many boxes as objects at {unbiased:.3f}: precision and recall"
        f" {at_confidence(values, correct, objects, unbiased)}; as many people as there are at {threshold:.3f}:"
        f" {of_people}, of all classes {of_all};"
        f" best F1 at {best[0]:.3f}: precision {best[1]:.2f} recall {best[2]:.2f}; floor {floor:.3f}"
    )
    return entries.detector(options, threshold, min(floor, unbiased), evaluate.OVERLAP)


def predict(model: Path, photos: list[tagset.TagPhoto], size: int) -> Floats:
    """Tag probabilities [photos, tags] of whole photos."""
    run = session(str(model), 2)
    name = run.get_inputs()[0].name
    images = (tagger.whole(photo.pixels, size)[None] for photo in photos)
    return np.concatenate([np.asarray(run.run(["tags"], {name: image})[0], np.float32) for image in images])


def top_one(scores: Floats, photos: list[tagset.TagPhoto], classes: NDArray[np.bool_]) -> dict[str, tuple[float, int]]:
    """By source: how often the most probable tag is right, of the photos whose class is a tag, and how many those are.

    `classes` marks the photos' own tags [photos, tags], from their class label alone.
    """
    rows: dict[str, list[bool]] = {}
    for score, photo, own in zip(scores, photos, classes, strict=True):
        if own.any():
            rows.setdefault(photo.source, []).append(bool(own[score.argmax()]))
    everything = [right for source in rows.values() for right in source]
    return {name: (float(np.mean(right)), len(right)) for name, right in [*rows.items(), ("all", everything)]}


def cross_fitted(scores: Floats, truth: NDArray[np.bool_], known: NDArray[np.bool_]) -> tuple[float, float]:
    """(precision, recall) over all tags when thresholds chosen on one half of the photos are used on the other."""
    half = np.arange(len(scores)) % 2 == 0
    found = right = there = 0
    for chosen_on, used_on in ((half, ~half), (~half, half)):
        for k in range(scores.shape[1]):
            a, b = chosen_on & known[:, k], used_on & known[:, k]
            choice = choose_threshold(scores[a, k], truth[a, k])
            if choice.reliable:
                above = scores[b, k] >= choice.threshold
                found += int(above.sum())
                right += int((above & truth[b, k]).sum())
                there += int(truth[b, k].sum())
    return right / max(found, 1), right / max(there, 1)


def calibrate_tagger(options: argparse.Namespace) -> str:
    """Per-tag thresholds from the held-back photos; tags that no threshold makes reliable are hidden."""
    photos, names = tagset.load(options.targets, options.source)
    vocabulary = vocabulary_of(options)
    if [tag.name for tag in vocabulary] != names:
        raise ValueError(f"{options.targets} was made of other tags than {tags.TAGS} has now: make it again")
    _, held = tagset.split(photos)
    scores = predict(options.model, held, options.size)
    targets = np.stack([photo.target for photo in held])
    weights = np.stack([photo.weight for photo in held])
    large = np.array([max(photo.pixels.shape[:2]) > 64 for photo in held])[:, None]
    # What nobody knows counts as absent: that only makes thresholds stricter. In photos of 64 px nobody looked.
    known = ((targets >= KNOWN) | (targets < ABSENT)) & ((weights > 0) | large)
    there = targets >= KNOWN
    choices = {name: choose_threshold(scores[known[:, k], k], there[known[:, k], k]) for k, name in enumerate(names)}
    own = np.stack([photo.own for photo in held])
    tops = top_one(scores, held, own)
    precision, recall = cross_fitted(scores, there, known)
    report = {
        "held_back": len(held), "top_one": tops, "cross_fitted": {"precision": precision, "recall": recall},
        "tags": {name: [c.threshold, c.precision, c.recall, c.positives] for name, c in choices.items()},
    }  # fmt: skip
    options.report.write_text(json.dumps(report, indent=1))
    print(
        f"{len(held)} held-back photos; top-1 {tops}; on the other half: precision {precision:.3f} recall {recall:.3f}"
    )
    options.labels.write_text(LABELS + "".join(f"{tag.synset}\t{tag.name}\n" for tag in vocabulary))
    lines = "".join(f'"{name}" = {max(LEAST, c.threshold):.3f}\n' for name, c in choices.items() if c.reliable)
    hidden = ", ".join(f'"{name}"' for name, c in choices.items() if not c.reliable)
    print(f"{sum(c.reliable for c in choices.values())} of {len(names)} tags are reliable; hidden: {hidden}")
    return entries.tagger(options, lines, hidden)


def vocabulary_of(options: argparse.Namespace) -> list[tags.Tag]:
    return tags.load(tagset.wnid_order(options.models), options.wordnet)


def main() -> None:
    cv2.setNumThreads(1)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["detector", "tagger"])
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True, help="TOML for the catalog")
    parser.add_argument("--coco", type=Path, help="detector: the first labelled set of the training")
    parser.add_argument("--targets", type=Path, help="tagger: tagset.npz")
    parser.add_argument("--source", type=Path, action="append", help="tagger: photos of the targets, repeatable")
    parser.add_argument("--labels", type=Path, help="tagger: the label list to write")
    parser.add_argument("--report", type=Path, help="tagger: JSON with the figures of every tag")
    parser.add_argument("--models", type=Path, help="tagger: folder of the teachers")
    parser.add_argument("--wordnet", type=Path, default=Path("/usr/share/wordnet"))
    parser.add_argument("--accuracy", default="not measured")
    parser.add_argument("--licence", default="Apache-2.0")
    options = parser.parse_args()
    missing = [f"--{name}" for name in NEEDED[options.kind] if getattr(options, name) is None]
    if missing:
        parser.error(f"for a {options.kind} name also {', '.join(missing)}")
    text = calibrate_detector(options) if options.kind == "detector" else calibrate_tagger(options)
    options.output.write_text(text)


if __name__ == "__main__":
    main()
