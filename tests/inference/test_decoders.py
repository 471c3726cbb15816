"""Each family's decoder, on tensors made from known boxes by the family's own rule, written out again here."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from phototag.errors import ModelBrokenError
from phototag.inference.catalog import Catalog
from phototag.inference.decoders import Decoder, read_decoder
from phototag.inference.nms import Candidates
from phototag.inference.spec import ModelSpec
from phototag.inference.tables import Table

SIZE = (64, 32)  # not square, so that no axis can be confused with the other
LABELS = 3


@pytest.fixture
def spec(catalog: Catalog) -> ModelSpec:
    squares = catalog.model("squares")
    return replace(squares, input=replace(squares.input, width=SIZE[0], height=SIZE[1]))


def decoder(spec: ModelSpec, **head: Any) -> Decoder:
    return read_decoder(replace(spec, head=Table({"nms_iou": 0.5, **head}, "head")))[0]


def logit(value: float) -> float:
    return float(np.log(value / (1 - value)))


def check(found: Candidates, expected: Mapping[tuple[int, float], tuple[float, float, float, float]]) -> None:
    """`expected` maps (label, score) to corners."""
    rows = {
        (label, round(score, 4)): box
        for label, score, box in zip(found.labels.tolist(), found.scores.tolist(), found.boxes.tolist(), strict=True)
    }
    assert rows.keys() == {(label, round(score, 4)) for label, score in expected}
    for (label, score), box in expected.items():
        assert rows[label, round(score, 4)] == pytest.approx(box, abs=1e-3)


def test_yolox(spec: ModelSpec) -> None:
    cells = 8 * 4 + 4 * 2
    tensor = np.zeros((2, cells, 5 + LABELS), np.float32)
    # the second image: row 3, column 5 of stride 8, and row 1, column 2 of stride 16
    tensor[1, 3 * 8 + 5] = [0.5, 0.25, np.log(2), np.log(1), 0.8, 0.1, 0.9, 0.5]
    tensor[1, 32 + 1 * 4 + 2] = [0.0, 1.0, np.log(0.5), np.log(1.5), 0.5, 0.6, 0.0, 0.0]
    boxes = {
        (1, 0.72): (44 - 8, 26 - 4, 44 + 8, 26 + 4),
        (0, 0.3): (32 - 4, 32 - 12, 32 + 4, 32 + 12),
    }
    head = {"family": "yolox", "output": "o", "strides": [8, 16]}
    first, second = decoder(spec, **head, several_labels_per_box=False).decode({"o": tensor}, 0.05)
    assert len(first) == 0
    check(second, boxes)
    _, several = decoder(spec, **head, several_labels_per_box=True).decode({"o": tensor}, 0.05)
    check(several, {**boxes, (0, 0.08): boxes[1, 0.72], (2, 0.4): boxes[1, 0.72]})
    with pytest.raises(ModelBrokenError, match="40 cells"):
        decoder(spec, **head, several_labels_per_box=True).decode({"o": tensor[:, 1:]}, 0.05)


@pytest.mark.parametrize("logits", [False, True])
def test_nanodet(spec: ModelSpec, logits: bool) -> None:
    scores = np.full((1, 8 * 4, LABELS), logit(0.01) if logits else 0.01, np.float32)
    scores[0, 2 * 8 + 6, 1] = logit(0.6) if logits else 0.6
    distances = np.full((1, 8 * 4, 4, 5), -50.0, np.float32)
    for side, (low, high) in enumerate([(0, 1), (1, 1), (2, 3), (4, 4)]):  # halfway between bins, or on one
        distances[0, 2 * 8 + 6, side, [low, high]] = 3.0
    middle = (6.5 * 8, 2.5 * 8)
    sides = (0.5 * 8, 1 * 8, 2.5 * 8, 4 * 8)
    nanodet = decoder(
        spec,
        family="nanodet",
        scores=["s"],
        distances=["d"],
        strides=[8],
        bins=5,
        logits=logits,
        several_labels_per_box=False,
    )
    [found] = nanodet.decode({"s": scores, "d": distances.reshape(1, 32, 20)}, 0.05)
    box = (middle[0] - sides[0], middle[1] - sides[1], middle[0] + sides[2], middle[1] + sides[3])
    check(found, {(1, 0.6): box})


def test_fastestdet(spec: ModelSpec) -> None:
    tensor = np.zeros((1, 5 + LABELS, 2, 4), np.float32)
    tensor[0, :, 1, 3] = [0.5, np.arctanh(0.5), np.arctanh(-0.25), logit(0.25), logit(0.5), 0.1, 0.1, 0.8]
    fastest = decoder(spec, family="fastestdet", output="o", objectness_power=0.6, label_power=0.4)
    [found] = fastest.decode({"o": tensor}, 0.05)
    x, y = 3.5 / 4 * 64, 0.75 / 2 * 32
    check(found, {(2, 0.5**0.6 * 0.8**0.4): (x - 8, y - 8, x + 8, y + 8)})


def test_finished_detr_is_told_the_size_of_its_own_input(spec: ModelSpec) -> None:
    detr = decoder(spec, family="detr", labels="l", boxes="b", scores="s", size_input="size")
    extra = detr.extra_inputs(3)
    assert extra["size"].tolist() == [[64, 32]] * 3
    assert extra["size"].dtype == np.int64
    outputs = {
        "l": np.array([[2, 0, 1]]),
        "b": np.array([[[1, 2, 3, 4], [5, 6, 7, 8], [0, 0, 1, 1]]], np.float32),
        "s": np.array([[0.3, 0.9, 0.01]], np.float32),
    }
    [found] = detr.decode(outputs, 0.05)
    check(found, {(2, 0.3): (1, 2, 3, 4), (0, 0.9): (5, 6, 7, 8)})


def test_raw_detr(spec: ModelSpec) -> None:
    logits = np.array([[[logit(0.7), logit(0.2), -9], [-9, -9, -9]]], np.float32)
    boxes = np.array([[[0.5, 0.25, 0.25, 0.5], [0, 0, 1, 1]]], np.float32)
    box = (32 - 8, 8 - 8, 32 + 8, 8 + 8)
    head = {"family": "detr-logits", "logits": "l", "boxes": "b"}
    [one] = decoder(spec, **head, several_labels_per_box=False).decode({"l": logits, "b": boxes}, 0.05)
    check(one, {(0, 0.7): box})
    [two] = decoder(spec, **head, several_labels_per_box=True).decode({"l": logits, "b": boxes}, 0.05)
    check(two, {(0, 0.7): box, (1, 0.2): box})


def test_yolo_heads(spec: ModelSpec) -> None:
    cell = [20.0, 10.0, 8.0, 4.0]
    box = (16, 8, 24, 12)
    old = np.array([[[*cell, 0.5, 0.1, 0.8, 0.1], [*cell, 0.01, 1, 1, 1]]], np.float32)
    [found] = decoder(spec, family="yolo-objectness", output="o", several_labels_per_box=False).decode({"o": old}, 0.06)
    check(found, {(1, 0.4): box})
    new = np.array([[[*cell, 0.1, 0.8, 0.3], [*cell, 0.01, 0, 0]]], np.float32).transpose(0, 2, 1)
    anchor_free = decoder(spec, family="yolo-anchor-free", output="o", several_labels_per_box=True)
    check(anchor_free.decode({"o": new}, 0.2)[0], {(1, 0.8): box, (2, 0.3): box})
    finished = np.array([[[*box, 0.9, 2], [*box, 0.01, 0]]], np.float32)
    check(decoder(spec, family="yolo-end-to-end", output="o").decode({"o": finished}, 0.2)[0], {(2, 0.9): box})


def test_ssd(spec: ModelSpec) -> None:
    ssd = decoder(spec, family="ssd", boxes="b", scores="s", labels="l", first_label=1)
    outputs = {
        "b": np.array([[[0.25, 0.5, 0.5, 1.0], [0, 0, 1, 1]]], np.float32),
        "s": np.array([[0.8, 0.01]], np.float32),
        "l": np.array([[3.0, 1.0]], np.float32),
    }
    check(ssd.decode(outputs, 0.05)[0], {(2, 0.8): (32, 8, 64, 16)})


def test_an_unknown_family_is_named(spec: ModelSpec) -> None:
    with pytest.raises(ModelBrokenError, match=r"head\.family must be one of yolox, "):
        decoder(spec, family="crystal ball")


def test_nanodet_needs_a_tensor_per_stride(spec: ModelSpec) -> None:
    with pytest.raises(ModelBrokenError, match="one tensor per stride"):
        decoder(spec, family="nanodet", scores=["s"], distances=["d"], strides=[8, 16])
