"""One photo with everything known of it, for a person."""

from typing import Protocol

from rich.console import Group, RenderableType
from rich.text import Text

from phototag.render.tables import rows_table
from phototag.render.text import path_text, printable
from phototag.types import Hit


class Details(Protocol):
    """A photo with its files and models."""

    @property
    def hit(self) -> Hit:
        """The photo as a hit."""
        ...

    @property
    def paths(self) -> tuple[bytes, ...]:
        """All its known files."""
        ...

    @property
    def format(self) -> str:
        """How it is coded."""
        ...

    @property
    def models(self) -> tuple[str, ...]:
        """The models that answer for it."""
        ...


def details_table(details: Details) -> RenderableType:
    """Facts, labels, objects with their boxes in pixels of the upright image."""
    hit = details.hit
    parts: list[RenderableType] = [Text(printable(path_text(hit.path)), style="bold")]
    parts += [Text(f"  {name}: {printable(value)}") for name, value in _facts(details)]
    if hit.labels:
        rows = [(label.name, f"{label.confidence:.2f}") for label in hit.labels]
        parts.append(rows_table((("label", "left"), ("confidence", "right")), rows))
    if hit.objects:
        columns = (("object", "left"), ("confidence", "right"), ("x", "right"), ("y", "right"))
        boxes = [found.box.to_pixels(hit.width, hit.height) for found in hit.objects]
        parts.append(
            rows_table(
                (*columns, ("width", "right"), ("height", "right")),
                [
                    (o.label, f"{o.confidence:.2f}", round(x1), round(y1), round(x2 - x1), round(y2 - y1))
                    for o, (x1, y1, x2, y2) in zip(hit.objects, boxes, strict=True)
                ],
            )
        )
    return Group(*parts)


def _facts(details: Details) -> list[tuple[str, str]]:
    hit, known = details.hit, details.hit.metadata
    facts = [("size", f"{hit.width} x {hit.height} pixels, {details.format}")]
    if known.taken_at:
        facts.append(("taken", f"{known.taken_at.replace('T', ' ')} (from {known.taken_source})"))
    if known.camera:
        facts.append(("camera", known.camera))
    if known.lens:
        facts.append(("lens", known.lens))
    if known.latitude is not None and known.longitude is not None:
        facts.append(("place", f"{known.latitude:.5f}, {known.longitude:.5f}"))
    if known.keywords:
        facts.append(("keywords", ", ".join(known.keywords)))
    facts.append(("models", ", ".join(details.models) or "none yet"))
    facts += [("copy", path_text(path)) for path in details.paths if path != hit.path]
    if hit.offline:
        facts.append(("offline", "its drive or folder is not there now"))
    return facts
