"""Matching, counts and thresholds: equal to the evaluator on the same boxes, and to what can be seen by eye."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phototag.geometry import Box
from phototag.metrics.counts import count_error
from phototag.metrics.matching import Rates, Scored, confusion, score
from phototag.metrics.precision import SUMMARY, average_precision, evaluate
from phototag.metrics.scene import Scene, TruthBox
from phototag.metrics.tuning import tune
from phototag.types import Detection

LABELS = ("cat", "dog")
SIDE = 512
MOST = 4  # photos

sides = st.integers(0, 7).flatmap(
    lambda near: st.tuples(st.just(near / 8), st.integers(near + 1, 8).map(lambda far: far / 8))
)
boxes = st.builds(lambda x, y: Box(x[0], y[0], x[1], y[1]), sides, sides)
truths = st.builds(TruthBox, st.sampled_from(LABELS), boxes, st.sampled_from([False, False, False, True]))
confidences = st.lists(st.integers(1, 999), unique=True, max_size=8).map(lambda found: sorted(found, reverse=True))


@st.composite
def scenes(draw: st.DrawFn, place: int) -> Scene:
    # Confidences differ, in other photos, too: how equals are ordered is the evaluator's own business.
    shares = [(number * MOST + place) / (1000 * MOST) for number in draw(confidences)]
    found = tuple(Detection(draw(st.sampled_from(LABELS)), share, draw(boxes)) for share in shares)
    truth = tuple(draw(st.lists(truths, max_size=6)))
    return Scene(Path("a.jpg"), SIDE, SIDE, truth, found, tuple(d for d in found if d.confidence >= 0.5))


@given(st.integers(1, MOST).flatmap(lambda number: st.tuples(*map(scenes, range(number)))))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_recall_and_precision_are_the_evaluators(photos: tuple[Scene, ...]) -> None:
    evaluation = evaluate(photos, LABELS)
    scored = score(photos, lambda scene: scene.found)
    for place, label in enumerate(LABELS):
        recall = evaluation.eval["recall"][0, place, 0, -1]
        rates = scored.get(label, Scored()).rates()
        if recall < 0:
            assert rates.recall is None
            continue
        assert rates.recall == pytest.approx(recall, abs=1e-6)
        curve = evaluation.eval["precision"][0, :, place, 0, -1]
        assert curve.tolist() == pytest.approx(interpolated(scored[label]), abs=1e-6)


def interpolated(scored: Scored) -> list[float]:
    """The best precision at or beyond each of 101 recalls, from our own matches."""
    points = []
    for confidence, _ in scored.found:
        rates = scored.rates(confidence)
        points.append((rates.recall or 0.0, rates.precision or 0.0))
    return [max((p for r, p in points if r >= recall / 100 - 1e-12), default=0.0) for recall in range(101)]


def test_the_mapping_gives_the_evaluator_what_it_would_read_from_a_file() -> None:
    from faster_coco_eval import COCO, COCOeval_faster

    truth: dict[str, Any] = {
        "images": [{"id": 7, "width": 640, "height": 480}],
        "categories": [{"id": 17, "name": "cat"}, {"id": 18, "name": "dog"}],
        "annotations": [
            {"id": 1, "image_id": 7, "category_id": 17, "bbox": [10, 20, 100, 50], "area": 800, "iscrowd": 0},
            {"id": 2, "image_id": 7, "category_id": 17, "bbox": [300, 20, 333, 111], "area": 30000, "iscrowd": 0},
            {"id": 3, "image_id": 7, "category_id": 18, "bbox": [0, 0, 640, 480], "area": 200000, "iscrowd": 1},
            {"id": 4, "image_id": 7, "category_id": 18, "bbox": [100, 200, 99, 77], "area": 5000, "iscrowd": 0},
        ],
    }
    results: list[dict[str, Any]] = [
        {"image_id": 7, "category_id": 17, "bbox": [12, 22, 95, 52], "score": 0.9},
        {"image_id": 7, "category_id": 17, "bbox": [310, 25, 333, 100], "score": 0.4},
        {"image_id": 7, "category_id": 17, "bbox": [500, 300, 40, 40], "score": 0.6},
        {"image_id": 7, "category_id": 18, "bbox": [105, 203, 90, 90], "score": 0.3},
    ]
    expected = COCO(truth)
    direct = COCOeval_faster(expected, expected.loadRes(results), "bbox", print_function=lambda *_: None)
    direct.evaluate()
    direct.accumulate()
    direct.summarize()
    names = {17: "cat", 18: "dog"}
    scene = Scene(
        Path("a.jpg"),
        640,
        480,
        tuple(
            TruthBox(names[a["category_id"]], fractions(a["bbox"]), bool(a["iscrowd"]), a["area"] / (640 * 480))
            for a in truth["annotations"]
        ),
        tuple(Detection(names[r["category_id"]], r["score"], fractions(r["bbox"])) for r in results),
        (),
    )
    ours = average_precision([scene], LABELS).summary
    theirs = dict(zip(SUMMARY, direct.stats, strict=False))
    assert theirs["AP"] > 0.1
    for name, value in theirs.items():
        found = ours[name]
        assert (found is None and value == -1) or found == pytest.approx(100 * value, abs=1e-6)


def fractions(bbox: Any) -> Box:
    x, y, width, height = bbox
    return Box.from_pixels((x, y, x + width, y + height), 640, 480)


def a_scene(truth: list[TruthBox], found: list[Detection]) -> Scene:
    return Scene(Path("a.jpg"), SIDE, SIDE, tuple(truth), tuple(found), tuple(found))


LEFT, RIGHT = Box(0, 0, 0.5, 1), Box(0.5, 0, 1, 1)


def test_confusion_tells_mistaken_from_missed_and_invented() -> None:
    mistaken = a_scene([TruthBox("cat", LEFT)], [Detection("dog", 0.9, LEFT), Detection("dog", 0.8, RIGHT)])
    missed = a_scene([TruthBox("cat", LEFT), TruthBox("dog", RIGHT, crowd=True)], [])
    assert confusion([mistaken, missed]) == {("cat", "dog"): 1, (None, "dog"): 1, ("cat", None): 1}


def test_counts_are_off_either_way_and_leave_crowds_out() -> None:
    one_more = a_scene([TruthBox("cat", LEFT)], [Detection("cat", 0.9, LEFT), Detection("cat", 0.8, RIGHT)])
    one_less = a_scene([TruthBox("cat", LEFT)], [])
    crowd = a_scene([TruthBox("cat", LEFT, crowd=True)], [Detection("cat", 0.9, LEFT)])
    error = count_error([one_more, one_less, crowd], "cat")
    assert (error.photos, error.objects, error.found, error.error) == (2, 2, 2, 1.0)


def test_tuning_finds_the_best_f1_and_holds_a_precision() -> None:
    scored = Scored(5, [(0.9, True), (0.8, True), (0.7, True), (0.6, False), (0.5, True), (0.2, False), (0.1, False)])
    best = tune(scored)
    assert best is not None
    assert best.threshold == pytest.approx(0.35)
    assert best.rates == Rates(4, 1, 1) == scored.rates(best.threshold)
    strict = tune(scored, precision=0.9)
    assert strict is not None
    assert strict.threshold == pytest.approx(0.65)
    assert tune(Scored(5, [(0.9, False)] * 6), precision=0.5) is None
    assert tune(Scored(2, [(0.9, True), (0.8, True)])) is None


@given(st.lists(st.tuples(st.integers(1, 20), st.booleans()), min_size=5, max_size=30))
def test_no_threshold_is_better_than_the_tuned_one(found: list[tuple[int, bool]]) -> None:
    scored = Scored(40, [(number / 20, right) for number, right in found])
    best = tune(scored)
    tried = [scored.rates(number / 20).f1 or 0.0 for number in range(1, 21)]
    assert (best.rates.f1 if best else 0.0) == pytest.approx(max(tried))
    assert best is None or scored.rates(best.threshold) == best.rates
