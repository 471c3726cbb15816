"""Average precision by faster-coco-eval: our boxes are mapped to its form, and it computes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from phototag.errors import UsageError
from phototag.metrics.scene import Scene

SUMMARY = ("AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large", "AR_1", "AR_10", "AR")
LAST = -1  # of the evaluator's axes: every size comes first, the most detections a photo last


@dataclass(frozen=True, slots=True)
class Precision:
    """What the evaluator says, in percent; None where nothing of that kind is in the truth.

    `summary` has the keys of `SUMMARY`: AP is the mean over IoU 0.50 to 0.95 and over the labels; small, medium and
    large objects have areas below 32², below 96² and from 96² pixels on. `labels` has AP per label, `curves` per label
    the precision (0..1) at IoU 0.5 for 101 recalls from 0 to 1.
    """

    summary: Mapping[str, float | None]
    labels: Mapping[str, float | None]
    curves: Mapping[str, Sequence[float]]


def average_precision(scenes: Sequence[Scene], labels: Sequence[str]) -> Precision:
    """COCO's measures of the found boxes over `labels`. Raises UsageError when the evaluator is not installed."""
    evaluation = evaluate(scenes, labels)
    table = evaluation.eval["precision"]  # [IoU, recall, label, size, detections a photo]
    return Precision(
        {name: _percent(value) for name, value in zip(SUMMARY, evaluation.stats, strict=False)},
        {label: _percent(_mean(table[:, :, place, 0, LAST])) for place, label in enumerate(labels)},
        {
            label: table[0, :, place, 0, LAST].tolist()
            for place, label in enumerate(labels)
            if table[0, 0, place, 0, LAST] >= 0
        },
    )


def evaluate(scenes: Sequence[Scene], labels: Sequence[str]) -> Any:
    """The evaluator after its run. Raises UsageError when it is not installed."""
    try:
        from faster_coco_eval import COCO, COCOeval_faster
    except ImportError as error:
        raise UsageError("the evaluator is not installed", hint="Run: pip install 'phototag[eval]'") from error
    numbers = {label: number for number, label in enumerate(labels, 1)}
    truth = COCO(_truth(scenes, numbers))
    found = _found(scenes, numbers)
    evaluation = COCOeval_faster(
        truth, truth.loadRes(found) if found else _nothing(truth), "bbox", print_function=lambda *_: None
    )
    evaluation.params.imgIds = list(range(1, len(scenes) + 1))
    evaluation.params.catIds = list(numbers.values())
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return evaluation


def _truth(scenes: Sequence[Scene], numbers: Mapping[str, int]) -> dict[str, Any]:
    annotations: list[dict[str, Any]] = []
    for image, scene in enumerate(scenes, 1):
        for box in scene.truth:
            fraction = box.box.area if box.area is None else box.area
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image,
                    "category_id": numbers[box.label],
                    "bbox": _pixels(box.box.to_pixels(scene.width, scene.height)),
                    "area": fraction * scene.width * scene.height,
                    "iscrowd": int(box.crowd),
                }
            )
    return {
        "images": [{"id": i, "width": s.width, "height": s.height} for i, s in enumerate(scenes, 1)],
        "annotations": annotations,
        "categories": [{"id": number, "name": label} for label, number in numbers.items()],
    }


def _found(scenes: Sequence[Scene], numbers: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "image_id": image,
            "category_id": numbers[detection.label],
            "bbox": _pixels(detection.box.to_pixels(scene.width, scene.height)),
            "score": detection.confidence,
        }
        for image, scene in enumerate(scenes, 1)
        for detection in scene.found
    ]


def _nothing(truth: Any) -> Any:
    """No found boxes, which `loadRes` refuses to read."""
    from faster_coco_eval import COCO

    return COCO({"images": truth.dataset["images"], "categories": truth.dataset["categories"], "annotations": []})


def _pixels(corners: tuple[float, float, float, float]) -> list[float]:
    x1, y1, x2, y2 = corners
    return [x1, y1, x2 - x1, y2 - y1]


def _mean(values: Any) -> float:
    known = values[values > -1]
    return float(known.mean()) if known.size else -1.0


def _percent(value: float) -> float | None:
    return None if value < 0 else 100 * float(value)
