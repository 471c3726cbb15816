"""What the detector learns from: boxes that follow their photo, and the teacher's answers corrected by them."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs phototag[train]")
pytest.importorskip("cv2", reason="training needs phototag[train]")
pytest.importorskip("onnx", reason="training needs phototag[train]")

import torch

from scripts.train import augment, data, sampler, truth
from scripts.train.augment import Batch
from scripts.train.teacher import Targets

SIZE = 64
CPU = torch.device("cpu")
STARTS = {8: 0, 16: 64, 32: 80}  # of the strides' cells in one row


def photo(box: tuple[float, float, float, float]) -> data.Photo:
    """A black photo of 100 × 100 px with one white object of class 7."""
    pixels = np.zeros((100, 100, 3), np.uint8)
    x1, y1, x2, y2 = (int(v) for v in box)
    pixels[y1:y2, x1:x2] = 255
    return data.Photo(pixels, np.array([[*box, 7]], np.float32), "made")


@pytest.mark.parametrize("longest", [60.0, 120.0])
def test_a_box_stays_on_its_object_when_the_photo_is_placed(longest: float) -> None:
    bank, rng = data.bank([photo((30, 40, 60, 80))]), augment.Random(0, CPU)
    row, window = torch.zeros(8, 1, dtype=torch.long), torch.tensor([0.0, 0.0, 96, 96]).expand(8, 1, 4)
    place = augment.placed(bank, row, torch.full((8, 1), longest), torch.full((8, 1), 1.1), window, rng)
    images = augment.drawn(bank, place, torch.full((8, 2), 96.0), 96)
    boxes = augment.moved(bank, place, window)
    for image, box in zip(images, boxes[:, 0], strict=True):
        ys, xs = (image[0] > 200).nonzero(as_tuple=True)
        assert box[4] == 7
        assert (box[:4] - torch.tensor([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1])).abs().max() <= 2


def test_a_mosaic_shows_each_photo_in_its_window_only() -> None:
    white, black = (data.Photo(np.full((40, 40, 3), value, np.uint8)) for value in (255, 0))
    bank = data.bank([white, black])
    rows = torch.tensor([[0, 1, 1, 0]])
    one = torch.ones(1, 4)
    place = augment.Placement(rows, one, one, torch.tensor([[0.0, 20, 0, 20]]), torch.tensor([[0.0, 0, 24, 24]]))
    image = augment.drawn(bank, place, torch.tensor([[20.0, 24.0]]), 48)[0, 1]
    assert (image[:24, :20] == 255).all()
    assert (image[:24, 20:] == 0).all()
    assert (image[24:, :20] == 0).all()
    assert (image[24:, 20:] == 255).all()


def test_boxes_of_which_little_is_left_are_dropped() -> None:
    boxes = np.array([[0, 0, 10, 10, 1], [60, 0, 80, 10, 2], [62, 0, 90, 10, 3]], np.float32)
    bank = data.bank([data.Photo(np.zeros((64, 100, 3), np.uint8), boxes)])
    one = torch.ones(1, 1)
    place = augment.Placement(torch.zeros(1, 1, dtype=torch.long), one, one, 0 * one, 0 * one)
    left = augment.moved(bank, place, torch.tensor([[[0.0, 0.0, 68.0, 64.0]]]))[0]
    assert left[:3, 4].tolist() == [1, 2, -1]
    assert left[1].tolist() == [60, 0, 68, 10, 2]


def test_batches_repeat_with_their_seed_and_differ_without() -> None:
    pools = sampler.Pools([photo((30, 40, 60, 80))], [], [])
    first, again, other = (sampler.Sampler(pools, seed, CPU).batch(4, SIZE).images for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_photos_of_rare_classes_are_drawn_more_often() -> None:
    usual, rare = photo((0, 0, 9, 9)), photo((0, 0, 9, 9))
    rare.truth = np.array([[0, 0, 9, 9, 3]], np.float32)
    weights = data.repeat_factors([usual] * 199 + [rare])
    assert weights[-1] > 2 * weights[0]
    assert weights.sum() == pytest.approx(1)


def blank_targets(objectness: float) -> Targets:
    """A teacher that says the same of every cell: boxes of one cell, this objectness, no class."""
    return Targets([], torch.full((1, 84), objectness), torch.full((1, 80, 84), 3e-4), torch.zeros(1, 4, 84))


def batch_with(boxes: list[list[float]], rows: int = 8) -> Batch:
    """One sample with these boxes, of which the upper `rows` × 8 px are labelled."""
    truth_rows = torch.full((1, augment.MOST_BOXES, 5), -1.0)
    for k, box in enumerate(boxes):
        truth_rows[0, k] = torch.tensor(box)
    known = torch.zeros(1, 8, 8, dtype=torch.bool)
    known[:, :rows] = True
    return Batch(torch.zeros(1, 3, SIZE, SIZE), truth_rows, known)


def test_what_is_not_there_is_faded() -> None:
    seen = truth.correct(blank_targets(0.5), batch_with([], 4), 0.5).objectness[0, :64].view(8, 8)
    assert torch.allclose(seen[:4], torch.tensor(0.25))
    assert torch.allclose(seen[4:], torch.tensor(0.5)), "nothing is known of the lower half"


def test_what_the_teacher_half_sees_is_strengthened_and_moved_to_the_true_box() -> None:
    targets = blank_targets(0.02)
    cell = STARTS[16] + 1 * 4 + 2  # centre at (40, 24)
    targets.objectness[0, cell] = 0.5
    targets.classes[0, 7, cell] = 0.88
    targets.boxes[0, :, cell] = torch.tensor([0.5, 0.5, 0.6, 0.6])
    found = truth.correct(targets, batch_with([[24, 8, 56, 40, 7]]), 0.5)
    assert found.objectness[0, cell] > 0.7
    assert found.classes[0, 7, cell] > 0.9
    assert torch.allclose(found.boxes[0, :, cell], torch.tensor([0.5, 0.5, np.log(2.0), np.log(2.0)]).float())


def test_a_box_of_which_the_teacher_sees_nothing_changes_no_class() -> None:
    found = truth.correct(blank_targets(3e-4), batch_with([[24, 8, 56, 40, 7]]), 0.5)
    assert float(found.classes.max()) < 1e-3


def test_a_cell_learns_one_box_and_each_box_some_cell() -> None:
    cells = truth.grid(SIZE, CPU)
    boxes = torch.tensor([[[8.0, 8, 24, 24, 1], [12.0, 12, 28, 28, 2], [0, 0, 0, 0, -1]]])
    iou = truth.overlaps(boxes, truth.corners(torch.zeros(1, 4, 84), cells))
    learns, owner = truth.assign(cells, iou, torch.full((1, 3, 84), 0.5), boxes)
    assert set(owner[learns].tolist()) == {0, 1}
