"""A sheet of photos, each twice side by side with two sets of boxes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from phototag.render.annotate import annotate
from phototag.render.lettering import font_for
from phototag.render.sheet import GAP, INK, LETTER, PAPER, fitted
from phototag.render.text import printable
from phototag.types import Detection

if TYPE_CHECKING:
    from PIL import Image

SIDE = 480  # pixels that each picture fits


@dataclass(frozen=True, slots=True)
class Pair:
    """A photo (None where it can't be shown any more), the boxes for its left and its right picture, and a caption."""

    image: "Image.Image | None"
    left: Sequence[Detection]
    right: Sequence[Detection]
    caption: str


def pair_sheet(pairs: Sequence[Pair], headings: tuple[str, str]) -> "Image.Image":
    """The pairs below one another, under the names of what is compared."""
    from PIL import Image, ImageDraw

    pictures = [None if pair.image is None else fitted(pair.image, SIDE) for pair in pairs]
    heights = [LETTER * 2 + (0 if picture is None else picture.height) + GAP for picture in pictures]
    sheet = Image.new("RGB", (2 * SIDE + 3 * GAP, sum(heights) + LETTER * 2 + 2 * GAP), PAPER)
    canvas = ImageDraw.Draw(sheet)
    font = font_for([*headings, *(pair.caption for pair in pairs)], LETTER)
    columns = (GAP, SIDE + 2 * GAP)
    for left, heading in zip(columns, headings, strict=True):
        canvas.text((left, GAP), printable(heading), fill=INK, font=font)
    top = GAP + 2 * LETTER
    for pair, picture, height in zip(pairs, pictures, heights, strict=True):
        canvas.text((GAP, top), _fitting(canvas.textlength, printable(pair.caption), font), fill=INK, font=font)
        if picture is not None:
            for left, objects in zip(columns, (pair.left, pair.right), strict=True):
                sheet.paste(annotate(picture, objects), (left, top + LETTER + LETTER // 2))
        top += height
    return sheet


def side_by_side(image: "Image.Image", left: Sequence[Detection], right: Sequence[Detection]) -> "Image.Image":
    """The picture twice, with each set of boxes."""
    from PIL import Image

    both = Image.new("RGB", (2 * image.width + GAP, image.height), PAPER)
    both.paste(annotate(image, left), (0, 0))
    both.paste(annotate(image, right), (image.width + GAP, 0))
    return both


def _fitting(length: Callable[..., float], text: str, font: object) -> str:
    """The text, cut off where the sheet ends."""
    while text and length(text, font=font) > 2 * SIDE:
        text = text[:-2] + "…"
    return text
