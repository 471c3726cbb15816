"""Non-maximum suppression and IoU, against plain-Python references."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from phototag.geometry import Box
from phototag.inference.nms import Candidates, pairwise_iou, suppress

coordinate = st.integers(0, 8).map(lambda value: value / 8)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    """A box on a coarse grid, so that overlaps and equals are common."""
    x1, x2 = sorted((draw(coordinate), draw(coordinate)))
    y1, y2 = sorted((draw(coordinate), draw(coordinate)))
    return Box(x1, y1, x2, y2)


found = st.lists(st.tuples(boxes(), st.integers(1, 5).map(lambda value: value / 5), st.integers(0, 1)), max_size=12)


@given(found)
def test_iou_is_the_geometry_modules(rows: list[tuple[Box, float, int]]) -> None:
    array = _candidates(rows).boxes
    expected = np.array([[a.iou(b) for b, _, _ in rows] for a, _, _ in rows]).reshape(len(rows), len(rows))
    assert np.allclose(pairwise_iou(array, array), expected, atol=1e-6)


@settings(max_examples=300)
@given(found, st.sampled_from([0.26, 0.45, 0.65, 1.0]))
def test_suppression_is_the_greedy_loop(rows: list[tuple[Box, float, int]], limit: float) -> None:
    expected: list[tuple[Box, float, int]] = []
    for box, score, label in sorted(rows, key=lambda row: -row[1]):
        if all(label != other or box.iou(kept) <= limit + 1e-6 for kept, _, other in expected):
            expected.append((box, score, label))
    kept = suppress(_candidates(rows), limit)
    assert [tuple(box) for box in kept.boxes.tolist()] == [(b.x1, b.y1, b.x2, b.y2) for b, _, _ in expected]
    assert kept.labels.tolist() == [label for _, _, label in expected]


def test_scores_that_are_no_numbers_are_dropped() -> None:
    rows = [(Box(0, 0, 1, 1), float("nan"), 0), (Box(0, 0, 1, 1), 0.5, 0)]
    assert _candidates(rows).best(0.1, 10).scores.tolist() == [0.5]


def _candidates(rows: list[tuple[Box, float, int]]) -> Candidates:
    return Candidates(
        np.array([(box.x1, box.y1, box.x2, box.y2) for box, _, _ in rows], np.float32).reshape(-1, 4),
        np.array([score for _, score, _ in rows], np.float32),
        np.array([label for _, _, label in rows], np.int64),
    )
