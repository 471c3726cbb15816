"""Plots as SVG, drawn by hand: a few lines each, with nothing to load and nothing to run."""

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 520, 360
LEFT, BOTTOM, TOP, RIGHT = 48, 40, 12, 150  # margins; the names of the lines stand on the right
STEPS = 5
INKS = (
    "#222222",
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
    "#8a6d00",
)  # Okabe and Ito's, mostly

Points = Sequence[tuple[float, float]]


def line_plot(lines: Mapping[str, Points], axes: tuple[str, str], *, ideal: bool = False, dots: bool = False) -> str:
    """Lines in the unit square, under the names of the axes; `ideal` adds the diagonal, `dots` marks the points."""
    parts = [_frame(axes)]
    if ideal:
        parts.append(f'<path d="{_path([(0, 0), (1, 1)])}" stroke="#999" stroke-dasharray="4" fill="none"/>')
    for place, (name, points) in enumerate(lines.items()):
        ink = INKS[place % len(INKS)]
        parts.append(f'<path d="{_path(points)}" stroke="{ink}" stroke-width="2" fill="none"/>')
        if dots:
            parts += [f'<circle cx="{_x(x):.1f}" cy="{_y(y):.1f}" r="3" fill="{ink}"/>' for x, y in points]
        y = TOP + 14 + 18 * place
        left = WIDTH - RIGHT + 12
        parts.append(f'<rect x="{left}" y="{y - 9}" width="10" height="10" fill="{ink}"/>')
        parts.append(f'<text x="{left + 16}" y="{y}">{escape(name)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img" '
        f'aria-label="{escape(" over ".join(reversed(axes)))}">{"".join(parts)}</svg>'
    )


def _frame(axes: tuple[str, str]) -> str:
    across, up = (escape(name) for name in axes)
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    parts = [f'<rect x="{LEFT}" y="{TOP}" width="{width}" height="{height}" fill="none" stroke="#bbb"/>']
    for step in range(STEPS + 1):
        value = step / STEPS
        parts.append(f'<text x="{_x(value):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{value:.1f}</text>')
        parts.append(f'<text x="{LEFT - 6}" y="{_y(value) + 4:.1f}" text-anchor="end">{value:.1f}</text>')
        parts.append(f'<path d="{_path([(0, value), (1, value)])}" stroke="#eee"/>')
    middle = TOP + height / 2
    parts.append(f'<text x="{_x(0.5):.1f}" y="{HEIGHT - 6}" text-anchor="middle">{across}</text>')
    parts.append(f'<text transform="translate(12 {middle:.0f}) rotate(-90)" text-anchor="middle">{up}</text>')
    return "".join(parts)


def _path(points: Points) -> str:
    return "M" + "L".join(f"{_x(x):.1f} {_y(y):.1f}" for x, y in points) if points else ""


def _x(value: float) -> float:
    return LEFT + value * (WIDTH - LEFT - RIGHT)


def _y(value: float) -> float:
    return HEIGHT - BOTTOM - value * (HEIGHT - TOP - BOTTOM)
