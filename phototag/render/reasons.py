"""Why a photo matches, for people and for programs."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from phototag.geometry import Box
from phototag.render.machine import box_document, hit_document
from phototag.render.text import path_text, printable
from phototag.types import Hit


class Reason(Protocol):
    """One thing that made a photo match."""

    @property
    def rule(self) -> str: ...
    @property
    def model(self) -> str | None: ...
    @property
    def label(self) -> str | None: ...
    @property
    def confidence(self) -> float | None: ...
    @property
    def threshold(self) -> float | None: ...
    @property
    def box(self) -> Box | None: ...


def reason_lines(hit: Hit, reasons: Sequence[Reason]) -> Iterator[str]:
    """The hit, and below it a line a reason."""
    score = "" if hit.score is None else f"{hit.score:.2f}  "
    yield f"{score}{printable(path_text(hit.path))}"
    for reason in reasons:
        yield f"    {printable(_told(hit, reason))}"


def reason_document(hit: Hit, reasons: Sequence[Reason]) -> dict[str, Any]:
    """The contract's JSON object of the hit, with `reasons`."""
    listed = [
        {
            "rule": reason.rule,
            "model": reason.model,
            "label": reason.label,
            "confidence": reason.confidence and round(reason.confidence, 4),
            "threshold": reason.threshold,
            "box": reason.box and box_document(reason.box, hit.width, hit.height),
        }
        for reason in reasons
    ]
    return hit_document(hit) | {"reasons": listed}


def _told(hit: Hit, reason: Reason) -> str:
    if reason.label is None or reason.confidence is None or reason.threshold is None:
        return f"{reason.rule}: true"
    where = "the whole photo"
    if reason.box is not None:
        x1, y1, x2, y2 = reason.box.to_pixels(hit.width, hit.height)
        where = f"box {x1:.0f},{y1:.0f} {x2 - x1:.0f} x {y2 - y1:.0f}"
    sure = f"{reason.confidence:.2f} ≥ {reason.threshold:g}"
    return f"{reason.rule}: {reason.label} {sure}, {where} ({reason.model})"
