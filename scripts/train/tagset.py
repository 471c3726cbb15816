"""The tagger's photos and their targets: labels where a data set has them, teachers' answers for the rest.

    python -m scripts.train.tagset --models DIR --coco DIR [--coco …] --photos TAR_OR_DIR [--photos …] --work DIR

Teachers, run once over every photo, their answers kept in `WORK/tagset.npz`: MobileNet-EdgeTPU (ImageNet classes,
summed into tags), the ADE20K mobile segmenter (sky, sea, mountain, road …), YOLOX-nano (COCO objects where nobody
labelled them). Photos of 64 px and less are left to their labels: teachers see little in them. The segmenter costs
ten times as much as the others and is asked about every `SEGMENT_EVERY`th photo and COCO's held-back ones; else its
tags are unknown.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from scripts.train import data, evaluate, tags
from scripts.train.teacher import session

Floats = NDArray[np.float32]
HELD_BACK_EVERY = 10
SEGMENT_EVERY = 2
LARGE = 160  # px, shorter side from which the segmenter and the detector are asked
UNSURE_OBJECT = 0.3  # scores of the detecting teacher below this say nothing


@dataclass(slots=True)
class TagPhoto:
    """One photo: BGR pixels, targets [tags] 0..1, weights [tags] (0: unknown), tags that its class alone implies."""

    pixels: data.Pixels
    source: str
    name: str
    label: str
    target: Floats
    weight: Floats
    own: NDArray[np.bool_]


class Teachers:
    """The three teachers, and the tags their answers imply."""

    def __init__(self, models: Path, vocabulary: list[tags.Tag], wnids: list[str], threads: int) -> None:
        def open_model(name: str) -> Any:
            return session(str(models / name), threads)

        self._classifier = open_model("mobilenet_edgetpu_224_1.0_uint8_probs.onnx")
        self._segmenter = open_model("mobile_segmenter_r3_quant_lowres.onnx")
        self._detector = evaluate.onnx_model(models / "yolox_nano.onnx", threads)
        self._tags = vocabulary
        self._columns = np.array([[wnid in tag.imagenet for wnid in wnids] for tag in vocabulary], np.float32)
        self._ade = (models / "labels" / "ade20k_32.txt").read_text().splitlines()
        self._coco = (models / "labels" / "coco80.txt").read_text().splitlines()

    def classes(self, pixels: data.Pixels) -> Floats:
        """Probability of each tag from ImageNet probabilities, seen on the centre square."""
        h, w = pixels.shape[:2]
        side = min(h, w)
        y, x = (h - side) // 2, (w - side) // 2
        square = cv2.resize(pixels[y : y + side, x : x + side], (224, 224), interpolation=cv2.INTER_AREA)
        (probabilities,) = self._classifier.run(["probs"], {self._input(self._classifier): square[None, :, :, ::-1]})
        return np.asarray(self._columns @ probabilities[0], np.float32).clip(0, 1)

    def segments(self, pixels: data.Pixels) -> Floats:
        square = np.ascontiguousarray(cv2.resize(pixels, (512, 512))[None, :, :, ::-1])
        (classes,) = self._segmenter.run(["classes"], {self._input(self._segmenter): square})
        counts = np.bincount(np.asarray(classes).ravel(), minlength=len(self._ade)) / classes.size
        return tags.of_segments(self._tags, dict(zip(self._ade, counts.tolist(), strict=False)))

    def objects(self, pixels: data.Pixels) -> Floats:
        """Highest score of an object of each tag that covers enough of the photo; unsure ones count as nothing."""
        found = evaluate.detect(self._detector, pixels, 416, UNSURE_OBJECT)
        best = np.zeros(len(self._tags), np.float32)
        area = pixels.shape[0] * pixels.shape[1]
        for box, score, kind in zip(found.boxes, found.scores, found.classes, strict=True):
            if (box[2] - box[0]) * (box[3] - box[1]) / area < tags.SMALLEST_SHARE:
                continue
            for k, tag in enumerate(self._tags):
                if self._coco[kind] in tag.coco:
                    best[k] = max(best[k], score)
        return best

    @staticmethod
    def _input(model: Any) -> str:
        return str(model.get_inputs()[0].name)


def label_of(name: str) -> str:
    """The class in a photo's relative name: the wnid a file name starts with, or else its folder."""
    path = Path(name)
    first = path.name.split("_")[0]
    return first if first.startswith(("n0", "n1")) else path.parent.name


def from_photos(source: Path, vocabulary: list[tags.Tag], teachers: Teachers) -> Iterator[TagPhoto]:
    """Photos of an ImageFolder-like set; labels decide their own tags, teachers the others."""
    by_ade = np.array([bool(tag.ade) for tag in vocabulary])
    for index, (name, pixels) in enumerate(data.read_photos(source)):
        label = label_of(name)
        labelled = tags.of_class(vocabulary, label)
        answers = [labelled.astype(np.float32)]
        segmented = False
        if max(pixels.shape[:2]) > 64:
            answers.append(teachers.classes(pixels))
        if min(pixels.shape[:2]) >= LARGE:
            answers.append(teachers.objects(pixels))
            if segmented := index % SEGMENT_EVERY == 0:
                answers.append(teachers.segments(pixels))
        target = np.maximum.reduce(answers)
        weight = np.ones(len(vocabulary), np.float32)
        if not segmented:
            weight[by_ade & (target < 1)] = 0
        yield TagPhoto(data.shrink(pixels), source.name, name, label, target, weight, labelled)


def from_coco(folder: Path, vocabulary: list[tags.Tag], teachers: Teachers) -> Iterator[TagPhoto]:
    """Photos of a COCO set; objects decide the tags of COCO classes, teachers the others."""
    names = [
        c["name"]
        for c in sorted(json.loads((folder / "instances.json").read_text())["categories"], key=lambda c: c["id"])
    ]
    by_coco = np.array([bool(tag.coco) for tag in vocabulary])
    by_ade = np.array([bool(tag.ade) for tag in vocabulary])
    for index, photo in enumerate(data.read_coco(folder)):
        assert photo.truth is not None
        boxes = photo.truth
        shares = (
            (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]) / (photo.pixels.shape[0] * photo.pixels.shape[1])
        )
        present, certain = tags.of_objects(vocabulary, [names[int(k)] for k in boxes[:, 4]], shares.tolist())
        answers = teachers.classes(photo.pixels)
        if segmented := index % SEGMENT_EVERY == 0 or index % HELD_BACK_EVERY == HELD_BACK_EVERY // 2:
            answers = np.maximum(answers, teachers.segments(photo.pixels))
        target = np.where(by_coco, present, np.maximum(present, answers)).astype(np.float32)
        weight = np.where(by_coco & ~certain, 0, 1).astype(np.float32)
        if not segmented:
            weight[by_ade & ~by_coco & (target < 1)] = 0
        own = np.zeros(len(vocabulary), bool)
        yield TagPhoto(photo.pixels, folder.name, photo.name, "", target, weight, own)


def wnid_order(models: Path) -> list[str]:
    lines = (models / "labels" / "imagenet1k_wnid_order.txt").read_text().splitlines()
    return [line.split()[0] for line in lines]


def save(path: Path, photos: list[TagPhoto], names: list[str]) -> None:
    """One compressed file; pixels stay where they are."""
    np.savez_compressed(
        path,
        tags=np.array(names),
        sources=np.array([photo.source for photo in photos]),
        names=np.array([photo.name for photo in photos]),
        labels=np.array([photo.label for photo in photos]),
        targets=np.stack([photo.target for photo in photos]).astype(np.float16),
        weights=np.stack([photo.weight for photo in photos]).astype(np.float16),
        own=np.stack([photo.own for photo in photos]),
    )


def load(path: Path, sources: list[Path]) -> tuple[list[TagPhoto], list[str]]:
    """(photos, tag names) as saved, their pixels read again from `sources` (COCO folders, tars, folders of photos)."""
    stored = np.load(path)
    columns = [stored[key] for key in ("sources", "names", "labels", "targets", "weights", "own")]
    rows = {(str(row[0]), str(row[1])): row for row in zip(*columns, strict=True)}
    photos = []
    for source in sources:
        found: Iterator[tuple[str, data.Pixels]] = (
            ((photo.name, photo.pixels) for photo in data.read_coco(source))
            if (source / "instances.json").exists() else data.read_photos(source)
        )  # fmt: skip
        for name, pixels in found:
            row = rows.get((source.name, name))
            if row is not None:
                target, weight = (np.asarray(values, np.float32) for values in row[3:5])
                photos.append(TagPhoto(data.shrink(pixels), source.name, name, str(row[2]), target, weight, row[5]))
    return photos, [str(name) for name in stored["tags"]]


def split(photos: list[TagPhoto]) -> tuple[list[TagPhoto], list[TagPhoto]]:
    """(training photos, held-back ones): every tenth of each class of each source is held back."""
    held: list[TagPhoto] = []
    training: list[TagPhoto] = []
    counts: dict[tuple[str, str], int] = {}
    for photo in photos:
        key = (photo.source, photo.label if photo.source != "imagenet-500.tar" else "")
        counts[key] = counts.get(key, -1) + 1
        (held if counts[key] % HELD_BACK_EVERY == HELD_BACK_EVERY // 2 else training).append(photo)
    return training, held


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, required=True, help="folder of the teachers and their labels/")
    parser.add_argument("--wordnet", type=Path, default=Path("/usr/share/wordnet"), help="WordNet 3.0 (data.noun)")
    parser.add_argument("--coco", type=Path, action="append", default=[])
    parser.add_argument("--photos", type=Path, action="append", default=[])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    wnids = wnid_order(options.models)
    vocabulary = tags.load(wnids, options.wordnet)
    teachers = Teachers(options.models, vocabulary, wnids, options.threads)
    photos: list[TagPhoto] = []
    for folder in options.coco:
        photos += from_coco(folder, vocabulary, teachers)
        print(f"{folder.name}: {len(photos)} photos so far", flush=True)
    for source in options.photos:
        photos += from_photos(source, vocabulary, teachers)
        print(f"{source.name}: {len(photos)} photos so far", flush=True)
    options.work.mkdir(parents=True, exist_ok=True)
    save(options.work / "tagset.npz", photos, [tag.name for tag in vocabulary])


if __name__ == "__main__":
    main()
