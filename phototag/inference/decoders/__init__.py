"""Decoders: from a detector's output tensors to candidates, one module per family of detectors."""

from collections.abc import Callable, Mapping

from phototag.inference.decoders import detr, fastestdet, nanodet, ssd, yolo, yolox
from phototag.inference.decoders.base import Decoder
from phototag.inference.spec import ModelSpec
from phototag.inference.tables import Table

FAMILIES: Mapping[str, Callable[[Table, ModelSpec], Decoder]] = {
    "yolox": yolox.read,
    "nanodet": nanodet.read,
    "fastestdet": fastestdet.read,
    "detr": detr.read,
    "detr-logits": detr.read_logits,
    "yolo-objectness": yolo.read_objectness,
    "yolo-anchor-free": yolo.read_anchor_free,
    "yolo-end-to-end": yolo.read_end_to_end,
    "ssd": ssd.read,
}
"""A catalog's `head.family` and what reads the rest of that table."""

__all__ = ["FAMILIES", "Decoder", "read_decoder"]


def read_decoder(spec: ModelSpec) -> tuple[Decoder, float]:
    """The decoder that a detector's `head` table describes, and the IoU above which two boxes of one label are taken
    for one object (1: never).

    Raises ModelBrokenError naming the key that is missing or wrong.
    """
    head = spec.head
    family = head.choice("family", *FAMILIES)
    nms_iou = head.fraction("nms_iou")
    decoder = FAMILIES[family](head, spec)
    head.finish()
    return decoder, nms_iou
