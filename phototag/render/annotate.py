"""Boxes drawn on a picture, with their labels and confidences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from phototag.render.lettering import font_for
from phototag.render.palette import BLACK, Colour, colour, ink
from phototag.render.text import printable
from phototag.types import Detection

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

    from phototag.render.lettering import Font

Rectangle = tuple[int, int, int, int]

LINE_SHARE = 1 / 300  # of the picture's mean side
LETTER_SHARE = 1 / 45
SMALLEST_LETTER = 11
LARGEST_LETTER = 120


def annotate(image: "Image.Image", objects: Sequence[Detection], *, small: bool = False) -> "Image.Image":
    """A copy of `image` (RGB, upright) with the objects' boxes, labels and confidences.

    On a `small` one among many there are labels only for several classes, and only those that cover no other.
    Lines and letters grow with the picture. Every line and every label has a dark rim, so that it can be read on bright
    and on dark pictures; labels lie clear of one another and inside the picture where there is room for that.
    """
    from PIL import ImageDraw

    drawn = image.copy()
    canvas = ImageDraw.Draw(drawn)
    side = (image.width * image.height) ** 0.5
    line = max(2 if small else 1, round(side * LINE_SHARE))
    size = min(max(side * LETTER_SHARE, SMALLEST_LETTER), LARGEST_LETTER)
    font = font_for((caption(found) for found in objects), size)
    frames = [(found, _frame(found, image.size)) for found in objects]
    for found, frame in sorted(frames, key=lambda pair: pair[0].box.area, reverse=True):  # small ones stay on top
        _draw_frame(canvas, frame, found.label, line)
    taken: list[Rectangle] = []
    if small and len({found.label for found in objects}) < 2:
        return drawn
    for found, frame in frames:
        label = _Label.of(canvas, font, found, max(2, line))
        plate = place_label(frame, label.size, image.size, taken)
        if not (small and any(_common(plate, other) for other in taken)):
            label.draw(canvas, font, plate)
            taken.append(plate)
    return drawn


def caption(found: Detection) -> str:
    """`dog 93%`, on one line."""
    return f"{printable(found.label)} {found.confidence:.0%}"


def _frame(found: Detection, size: tuple[int, int]) -> Rectangle:
    x1, y1, x2, y2 = found.box.to_pixels(*size)
    left, top = min(int(x1), size[0] - 1), min(int(y1), size[1] - 1)
    return left, top, max(left, round(x2) - 1), max(top, round(y2) - 1)


def _draw_frame(canvas: "ImageDraw.ImageDraw", frame: Rectangle, label: str, line: int) -> None:
    rim = max(1, line // 3)
    canvas.rectangle(_grown(frame, rim), outline=BLACK, width=line + 2 * rim)
    canvas.rectangle(frame, outline=colour(label), width=line)


@dataclass(frozen=True, slots=True)
class _Label:
    """A text on a plate of its class's colour; the text begins at `offset` on the plate."""

    text: str
    size: tuple[int, int]
    offset: tuple[float, float]
    paper: Colour
    rim: int

    @classmethod
    def of(cls, canvas: "ImageDraw.ImageDraw", font: "Font", found: Detection, pad: int) -> "_Label":
        left, top, right, bottom = canvas.textbbox((0, 0), caption(found), font=font)
        size = (int(right - left) + 2 * pad, int(bottom - top) + 2 * pad)
        return cls(caption(found), size, (pad - left, pad - top), colour(found.label), max(1, pad // 3))

    def draw(self, canvas: "ImageDraw.ImageDraw", font: "Font", plate: Rectangle) -> None:
        canvas.rectangle(plate, fill=self.paper, outline=BLACK, width=self.rim)
        start = (plate[0] + self.offset[0], plate[1] + self.offset[1])
        canvas.text(start, self.text, fill=ink(self.paper), font=font)


def place_label(
    frame: Rectangle, label: tuple[int, int], size: tuple[int, int], taken: Sequence[Rectangle]
) -> Rectangle:
    """Where a label of `label` (width, height) pixels goes for the box `frame` in a picture of `size`.

    The first place around or in the box that is free of the rectangles in `taken`; without one, the least covered.
    """
    places = [_inside(corner, label, size) for corner in _corners(frame, label)]
    return min(places, key=lambda place: sum(_common(place, other) for other in taken))


def _corners(frame: Rectangle, label: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Top-left corners in the order of preference: above the box, in its top, below it, in its bottom, then down it,
    then a little away from it."""
    left, top, right, bottom = frame
    width, height = label
    for y in (top - height, top, bottom, bottom - height):
        yield left, y
        yield right - width, y
        yield (left + right - width) // 2, y
    away = (y for step in range(1, 4) for y in (top - height * (step + 1), bottom + height * step))
    for y in (*range(top + height, bottom - height, max(height, 1)), *away):
        yield left, y
        yield right - width, y


def _inside(corner: tuple[int, int], label: tuple[int, int], size: tuple[int, int]) -> Rectangle:
    x = max(0, min(corner[0], size[0] - label[0]))
    y = max(0, min(corner[1], size[1] - label[1]))
    return x, y, x + label[0], y + label[1]


def _common(one: Rectangle, other: Rectangle) -> int:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return width * height if width > 0 and height > 0 else 0


def _grown(frame: Rectangle, by: int) -> Rectangle:
    return frame[0] - by, frame[1] - by, frame[2] + by, frame[3] + by
