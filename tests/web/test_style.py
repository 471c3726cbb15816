"""The colours of the pages: text and edges stand out enough, in light and in dark (WCAG 2.1, 1.4.3 and 1.4.11)."""

import re

import pytest

from phototag.web.assets import read_asset

TEXT, EDGE = 4.5, 3.0
WRITTEN = {
    "paper": ("ink", "soft", "accent", "fault"),
    "panel": ("ink", "soft", "accent"),
    "line": ("ink", "soft"),
    "stage": ("soft",),
    "accent": ("on-accent",),
    "mark": ("fault",),
}
DRAWN = {"paper": ("edge", "bar"), "panel": ("edge",)}
PAIRS = [
    (front, back, least)
    for used, least in ((WRITTEN, TEXT), (DRAWN, EDGE))
    for back, fronts in used.items()
    for front in fronts
]


def schemes() -> list[dict[str, str]]:
    """The colours of the light and of the dark scheme, by name."""
    blocks = re.findall(r":root \{([^}]*)\}", read_asset("style.css").decode())
    return [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", block)) for block in blocks]


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_colours_stand_out(number: int, front: str, back: str, least: float) -> None:
    scheme = schemes()[number]
    light, dark = sorted((luminance(scheme[front]), luminance(scheme[back])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= least


def test_there_are_two_schemes_of_the_same_names() -> None:
    light, dark = schemes()
    assert light.keys() == dark.keys()
