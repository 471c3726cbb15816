"""What the catalog needs to know of a trained model, as TOML."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path


def sized(path: Path) -> str:
    return (
        f'file = "{path.name}"\nsize = {path.stat().st_size}\n'
        f'sha256 = "{hashlib.sha256(path.read_bytes()).hexdigest()}"\nurl = ""\n'
    )


INPUT = """\
width = {size}
height = {size}
batch = {batch}
layout = "nchw"
dtype = "float32"
channels = "bgr"
{fit}resampling = "{resampling}"
scale = 1.0
mean = [0.0, 0.0, 0.0]
std = [1.0, 1.0, 1.0]
"""

DETECTOR = """\
[models.tiny-detector]
task = "detect"
licence = "{licence}"
source = "models/README.md"
accuracy = "{accuracy}"
note = "trained by this project"
tested = true
embedded = true
labels = "labels/coco-80.tsv"
[models.tiny-detector.input]
{input}[models.tiny-detector.head]
family = "yolox"
output = "output"
strides = [8, 16, 32]
several_labels_per_box = true
nms_iou = {overlap}
[models.tiny-detector.confidence]
threshold = {threshold:.2f}
floor = {floor:.2f}
keep = 300
[[models.tiny-detector.builds]]
{build}"""

TAGGER = """\
[models.tiny-tagger]
task = "classify"
licence = "{licence}"
source = "models/README.md"
accuracy = "{accuracy}"
note = "trained by this project"
tested = true
embedded = true
labels = "labels/tiny-tags.tsv"
[models.tiny-tagger.input]
{input}[models.tiny-tagger.head]
output = "tags"
activation = "independent"
feature = "feature"
[models.tiny-tagger.confidence]
threshold = 0.5
floor = 0.05
keep = 20
hidden = [{hidden}]
[models.tiny-tagger.confidence.labels]
{labels}[[models.tiny-tagger.builds]]
{build}"""


def detector(options: argparse.Namespace, threshold: float, floor: float, overlap: float) -> str:
    """The detector's entry; `options` has `model`, `size`, `licence` and `accuracy`."""
    return DETECTOR.format(
        licence=options.licence, accuracy=options.accuracy, threshold=threshold, floor=floor, overlap=overlap,
        input=INPUT.format(size=options.size, batch=2, resampling="area",
            fit='fit = "letterbox"\npad = 114\nanchor = "top-left"\n'),
        build=sized(options.model),
    )  # fmt: skip


def tagger(options: argparse.Namespace, labels: str, hidden: str) -> str:
    """The tagger's entry: `labels` are lines of tag = threshold, `hidden` the tags without one, quoted."""
    return TAGGER.format(
        licence=options.licence, accuracy=options.accuracy, labels=labels, hidden=hidden,
        input=INPUT.format(size=options.size, batch=16, resampling="bilinear", fit='fit = "stretch"\n'),
        build=sized(options.model),
    )  # fmt: skip
