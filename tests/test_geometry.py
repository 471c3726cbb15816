"""Boxes: what every IoU must obey."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phototag.geometry import Box

sides = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted)
boxes = st.tuples(sides, sides).map(lambda s: Box(s[0][0], s[1][0], s[0][1], s[1][1]))


@given(boxes, boxes)
def test_iou_is_symmetric_and_between_0_and_1(a: Box, b: Box) -> None:
    assert a.iou(b) == b.iou(a)
    assert 0.0 <= a.iou(b) <= 1.0 + 1e-9


@given(boxes)
def test_a_box_overlaps_itself_wholly(box: Box) -> None:
    assert box.iou(box) == (pytest.approx(1.0) if box.area > 0 else 0.0)


@given(boxes, st.integers(1, 20000), st.integers(1, 20000))
def test_pixels_and_back(box: Box, width: int, height: int) -> None:
    back = Box.from_pixels(box.to_pixels(width, height), width, height)
    assert (back.x1, back.y1, back.x2, back.y2) == pytest.approx((box.x1, box.y1, box.x2, box.y2))


def test_pixels_outside_the_image_are_clipped() -> None:
    assert Box.from_pixels((-5.0, 10.0, 250.0, 90.0), 200, 100) == Box(0.0, 0.1, 1.0, 0.9)


@pytest.mark.parametrize(
    "corners", [(0.5, 0, 0.4, 1), (0, 0.5, 1, 0.4), (-0.1, 0, 1, 1), (0, 0, 1.1, 1), (float("nan"), 0, 1, 1)]
)
def test_what_is_no_box_is_refused(corners: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="not a box"):
        Box(*corners)
