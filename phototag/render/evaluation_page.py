"""The HTML report of an evaluation: one file that holds everything, pictures included, and runs nothing."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phototag.errors import UsageError
from phototag.render.evaluation import ANSWERS, LABEL_COLUMNS, MEASURES, label_rows, percent
from phototag.render.plots import Points, line_plot

if TYPE_CHECKING:
    from PIL.Image import Image

TEMPLATE = Path(__file__).with_name("evaluation.html")
QUALITY = 82
MATRIX_LABELS = 15
CURVES = 7
BACKGROUND = "background"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture for the page, and what it shows."""

    image: "Image"
    caption: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything on the page that is not in the document of `--json`."""

    curves: Mapping[str, Points]
    pictures: Sequence[Picture] = field(default_factory=tuple)


def detection_page(document: Mapping[str, Any], page: Page) -> str:
    """The report on a detector; the curves are precision over recall, by label."""
    plot = line_plot(page.curves, ("recall", "precision"))
    return _render(
        title=f"{document['model']} on {document['photos']:,} photos",
        summary=[(told, percent(document[name])) for name, told in MEASURES.items()],
        plots=[("Precision over recall at IoU 0.5", plot)],
        matrix=_matrix(document),
        columns=[name for name, _ in LABEL_COLUMNS],
        rows=label_rows(document),
        pictures=page.pictures,
        pictures_note="Left: what is there. Right: what was found at the thresholds in use.",
    )


def classification_page(document: Mapping[str, Any], page: Page) -> str:
    """The report on a classifier; the curves are the part that is right over the confidence."""
    plot = line_plot(page.curves, ("confidence", "part that is right"), ideal=True, dots=True)
    return _render(
        title=f"{document['model']} on {document['photos']:,} photos",
        summary=[(told, percent(document[name])) for name, told in ANSWERS.items()],
        plots=[("Reliability", plot)],
        matrix=_matrix(document),
        columns=["label", "photos", "precision", "recall", "F1"],
        rows=[
            (row["label"], row["photos"], *(percent(row[name]) for name in ("precision", "recall", "f1")))
            for row in document["labels"]
        ],
        pictures=page.pictures,
        pictures_note="The wrong answers that the model was most sure of.",
    )


def _render(*, plots: Sequence[tuple[str, str]], pictures: Sequence[Picture], **values: Any) -> str:
    try:
        from jinja2 import Environment, StrictUndefined
        from markupsafe import Markup
    except ImportError as error:
        raise UsageError("jinja2 is not installed", hint="Run: pip install 'phototag[eval]'") from error
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(TEMPLATE.read_text("utf-8"))
    return template.render(
        plots=[{"title": title, "svg": Markup(svg)} for title, svg in plots],  # noqa: S704 -- escaped where drawn
        pictures=[{"data": _jpeg(picture.image), "caption": picture.caption} for picture in pictures],
        **values,
    )


def _matrix(document: Mapping[str, Any]) -> dict[str, Any] | None:
    """The labels with the most mistakes, and background; the strength of a cell is its part of the row."""
    cells = {(e["truth"] or BACKGROUND, e["found"] or BACKGROUND): e["number"] for e in document["confusion"]}
    names = _confused(cells)
    if not names:
        return None
    rows = []
    for there in names:
        total = sum(number for (row, _), number in cells.items() if row == there) or 1
        numbers = [cells.get((there, said), 0) for said in names]
        rows.append(
            (
                there,
                [
                    {"number": number, "strength": f"{number / total:.2f}", "right": said == there}
                    for said, number in zip(names, numbers, strict=True)
                ],
            )
        )
    return {"columns": names, "rows": rows}


def _confused(cells: Mapping[tuple[str, str], int]) -> list[str]:
    """The labels to show. Of a detector's, those with the most mistakes, and background; of a classifier's, both of
    each pair that was confused most often, for among a thousand labels the worst ones need not have met."""
    wrong = sorted((pair for pair in cells if pair[0] != pair[1]), key=lambda pair: (-cells[pair], pair))
    if not any(BACKGROUND in pair for pair in cells):
        return list(dict.fromkeys(name for pair in wrong[: MATRIX_LABELS // 2] for name in pair))
    mistakes: dict[str, int] = {}
    for pair in wrong:
        for name in pair:
            mistakes[name] = mistakes.get(name, 0) + cells[pair]
    mistakes.pop(BACKGROUND, None)
    return [*sorted(mistakes, key=lambda name: (-mistakes[name], name))[:MATRIX_LABELS], BACKGROUND]


def _jpeg(image: "Image") -> str:
    data = io.BytesIO()
    image.convert("RGB").save(data, "JPEG", quality=QUALITY)
    return base64.b64encode(data.getvalue()).decode("ascii")
