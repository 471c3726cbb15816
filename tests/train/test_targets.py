"""What the detector learns from: boxes that follow their photo, and the teacher's answers corrected by them."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs phototag[train]")
pytest.importorskip("cv2", reason="training needs phototag[train]")
pytest.importorskip("onnx", reason="training needs phototag[train]")

import torch

from scripts.train import data, truth
from scripts.train.teacher import Targets

SIZE = 64


def photo(box: tuple[float, float, float, float]) -> data.Photo:
    """A black photo of 100 × 100 px with one white object of class 7."""
    pixels = np.zeros((100, 100, 3), np.uint8)
    x1, y1, x2, y2 = (int(v) for v in box)
    pixels[y1:y2, x1:x2] = 255
    return data.Photo(pixels, np.array([[*box, 7]], np.float32), "made")


@pytest.mark.parametrize("seed", range(8))
def test_a_box_stays_on_its_object_when_the_photo_is_placed(seed: int) -> None:
    canvas = np.zeros((SIZE, SIZE, 3), np.uint8)
    boxes = data.place(canvas, photo((30, 40, 60, 80)), (0, 0, SIZE, SIZE), 60.0, np.random.default_rng(seed))
    ys, xs = np.nonzero(canvas[:, :, 0] > 200)
    assert len(boxes) == 1
    assert boxes[0, 4] == 7
    assert np.abs(boxes[0, :4] - [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]).max() <= 1.5


def test_boxes_of_which_little_is_left_are_dropped() -> None:
    still = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
    boxes = np.array([[0, 0, 10, 10, 1], [60, 0, 80, 10, 2], [62, 0, 90, 10, 3]], np.float32)
    left = data.moved(boxes, still, (0, 0, SIZE + 4, SIZE))
    assert left[:, 4].tolist() == [1, 2]
    assert left[1].tolist() == [60, 0, 68, 10, 2]


def test_batches_repeat_with_their_seed_and_differ_without() -> None:
    pools = data.Pools([photo((30, 40, 60, 80))], [], [])
    first, again, other = (data.Sampler(pools, seed).batch(3, SIZE).images for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_photos_of_rare_classes_are_drawn_more_often() -> None:
    usual, rare = photo((0, 0, 9, 9)), photo((0, 0, 9, 9))
    rare.truth = np.array([[0, 0, 9, 9, 3]], np.float32)
    weights = data.repeat_factors([usual] * 199 + [rare])
    assert weights[-1] > 2 * weights[0]
    assert weights.sum() == pytest.approx(1)


def blank_targets(objectness: float) -> Targets:
    """A teacher that says the same of every cell: boxes of one cell, this logit, no class."""
    sides = [SIZE // stride for stride in (8, 16, 32)]
    return Targets(
        [],
        [torch.full((1, 80, s, s), -8.0) for s in sides],
        [torch.zeros(1, 4, s, s) for s in sides],
        [torch.full((1, 1, s, s), objectness) for s in sides],
    )


def batch_with(box: list[float]) -> data.Batch:
    return data.Batch(np.zeros((1, 3, SIZE, SIZE), np.float32), [np.array([box], np.float32)], [[(0, 0, SIZE, SIZE)]])


def test_what_is_not_there_is_faded() -> None:
    targets = blank_targets(0.0)
    batch = data.Batch(np.zeros((1, 3, SIZE, SIZE), np.float32), [np.zeros((0, 5), np.float32)], [[(0, 0, SIZE, 32)]])
    truth.correct(targets, batch, 0.5)
    seen = targets.objectness[0].sigmoid()[0, 0]
    assert torch.allclose(seen[:4], torch.tensor(0.25), atol=1e-4)
    assert torch.allclose(seen[4:], torch.tensor(0.5), atol=1e-4), "nothing is known of the lower half"


def test_what_the_teacher_half_sees_is_strengthened_and_moved_to_the_true_box() -> None:
    targets = blank_targets(-4.0)
    level, row, column = 1, 1, 2  # stride 16, centre at (40, 24)
    targets.objectness[level][0, 0, row, column] = 0.0
    targets.classes[level][0, 7, row, column] = 2.0
    targets.boxes[level][0, :, row, column] = torch.tensor([0.5, 0.5, 0.6, 0.6])
    truth.correct(targets, batch_with([24, 8, 56, 40, 7]), 0.5)
    assert targets.objectness[level][0, 0, row, column].sigmoid() > 0.7
    assert targets.classes[level][0, 7, row, column].sigmoid() > 0.9
    box = targets.boxes[level][0, :, row, column]
    assert torch.allclose(box, torch.tensor([0.5, 0.5, np.log(2.0), np.log(2.0)]).float(), atol=1e-4)


def test_a_box_of_which_the_teacher_sees_nothing_changes_no_class() -> None:
    targets = blank_targets(-8.0)
    truth.correct(targets, batch_with([24, 8, 56, 40, 7]), 0.5)
    assert all(float(level.max()) < -7 for level in targets.classes)
