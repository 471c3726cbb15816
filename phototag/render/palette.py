"""One colour a class, always the same, that colour-blind people can tell apart.

The colours are those of Okabe and Ito (“Color Universal Design”, 2008) without black. A photo with more than seven
classes repeats them, which is why every box also carries its label.
"""

import zlib

Colour = tuple[int, int, int]

BLACK: Colour = (0, 0, 0)
WHITE: Colour = (255, 255, 255)

# The classes that photos hold most often stand apart; every other label gets its place by a checksum of its name.
_COLOURS: tuple[Colour, ...] = (
    (230, 159, 0),  # orange
    (86, 180, 233),  # sky blue
    (0, 158, 115),  # bluish green
    (240, 228, 66),  # yellow
    (0, 114, 178),  # blue
    (213, 94, 0),  # vermillion
    (204, 121, 167),  # reddish purple
)
_APART = {"person": 0, "car": 1, "chair": 2, "dog": 3, "cat": 4, "bottle": 5, "book": 6}


def colour_number(label: str) -> int:
    """The place of the label's colour in the palette, from 0."""
    return _APART.get(label, zlib.crc32(label.encode("utf-8", "surrogateescape")) % len(_COLOURS))


def colour(label: str) -> Colour:
    """The label's colour as red, green, blue (0..255)."""
    return _COLOURS[colour_number(label)]


def ink(paper: Colour) -> Colour:
    """Black or white, whichever is easier to read on `paper`: the larger contrast ratio of WCAG 2."""
    light = _luminance(paper)
    return BLACK if (light + 0.05) / 0.05 >= 1.05 / (light + 0.05) else WHITE


def _luminance(value: Colour) -> float:
    """Relative luminance, 0..1 (WCAG 2)."""
    linear = [part / 3294.6 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in value]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
