"""Contact sheets: many photos on one picture, with the boxes of what was searched for."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from phototag.render.annotate import annotate
from phototag.render.lettering import font_for
from phototag.render.text import printable
from phototag.types import Detection

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

    from phototag.render.lettering import Font

CELL = 320  # pixels, without its caption
GAP = 12
LETTER = 15
PAPER = (24, 24, 27)
INK = (228, 228, 231)


@dataclass(frozen=True, slots=True)
class Cell:
    """One photo of a sheet: its picture (None where it can't be shown; then the caption says why), and what to draw."""

    image: "Image.Image | None"
    caption: str
    objects: Sequence[Detection] = ()


def contact_sheet(cells: Iterable[Cell], number: int) -> "Image.Image":
    """`number` cells, row by row, about as wide as high; each picture fits a square and keeps its shape."""
    from PIL import Image, ImageDraw

    columns = max(1, min(number, math.ceil(math.sqrt(number * 1.2))))
    rows = max(1, math.ceil(number / columns))
    step_x, step_y = CELL + GAP, CELL + GAP + 2 * LETTER
    sheet = Image.new("RGB", (columns * step_x + GAP, rows * step_y + GAP), PAPER)
    canvas = ImageDraw.Draw(sheet)
    for place, cell in enumerate(cells):
        row, column = divmod(place, columns)
        left, top = GAP + column * step_x, GAP + row * step_y
        if cell.image is not None:
            picture = annotate(fitted(cell.image, CELL), cell.objects, small=True)
            sheet.paste(picture, (left + (CELL - picture.width) // 2, top + CELL - picture.height))
        else:
            canvas.rectangle((left, top, left + CELL - 1, top + CELL - 1), outline=INK)
        font = font_for([cell.caption], LETTER)
        canvas.text((left, top + CELL + LETTER // 3), _shortened(canvas, cell.caption, font), fill=INK, font=font)
    return sheet


def fitted(image: "Image.Image", side: int) -> "Image.Image":
    """The picture made to fit a square of `side` pixels, in its own shape; a smaller one stays as it is."""
    from PIL import Image

    scale = min(1.0, side / max(image.size))
    if scale == 1.0:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _shortened(canvas: "ImageDraw.ImageDraw", text: str, font: "Font") -> str:
    """The caption as far as it fits a cell: its end is cut off."""
    text = printable(text)
    while text and canvas.textlength(text, font=font) > CELL:
        text = text[:-2] + "…" if len(text) > 2 else ""
    return text
