"""Where boxes lie, in the picture and to one another.

Edges decide, never a distance between centres alone, so that the answer does not depend on how large the objects are:

* `a left-of b`: a's centre lies left of b's left edge, so never both ways round; `right-of`, `above`, `below` likewise.
* `a inside b`: at least nine tenths of a's area lie in b.
* `a overlaps b`: they have some area in common; touching edges are not enough.
* `a near b`: the gap between their edges is at most half the diagonal of the larger one, measured in pixels.

A box has no relation to itself. The compiler in `phototag.store` writes the same arithmetic, term by term, in SQL.
"""

from phototag.geometry import Box
from phototag.query.tree import Measure, Place, RelationKind

MOSTLY = 0.9
THIRD, TWO_THIRDS = 1 / 3, 2 / 3


def measures(box: Box, measure: Measure) -> bool:
    """Whether the box's area, width or height (fractions of the image) lies in the bounds."""
    value = {"area": box.area, "width": box.width, "height": box.height}[measure.dimension]
    return value in measure.bounds


def lies(box: Box, place: Place) -> bool:
    """Whether the centre of the box lies in this third of the picture; `center` is the middle both ways."""
    return place in places_of(box.x1, box.y1, box.x2, box.y2)


def places_of(x1: float, y1: float, x2: float, y2: float) -> tuple[Place, ...]:
    """The places in which the centre of a box with these corners lies."""
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    across = Place.LEFT if x < THIRD else Place.RIGHT if x > TWO_THIRDS else None
    down = Place.TOP if y < THIRD else Place.BOTTOM if y > TWO_THIRDS else None
    if across is None and down is None:
        return (Place.CENTER,)
    return tuple(place for place in (across, down) if place is not None)


def related(a: Box, b: Box, kind: RelationKind, width: int, height: int) -> bool:
    """Whether `a` lies to `b` as `kind` says, in an image of `width` x `height` pixels."""
    if kind is RelationKind.LEFT_OF:
        return (a.x1 + a.x2) / 2 < b.x1
    if kind is RelationKind.RIGHT_OF:
        return (a.x1 + a.x2) / 2 > b.x2
    if kind is RelationKind.ABOVE:
        return (a.y1 + a.y2) / 2 < b.y1
    if kind is RelationKind.BELOW:
        return (a.y1 + a.y2) / 2 > b.y2
    if kind is RelationKind.NEAR:
        return _near(a, b, width, height)
    common = a.intersection(b)
    return common > 0 and (kind is RelationKind.OVERLAPS or common >= MOSTLY * a.area)


def _near(a: Box, b: Box, width: int, height: int) -> bool:
    across = max(a.x1 - b.x2, b.x1 - a.x2, 0.0) * width
    down = max(a.y1 - b.y2, b.y1 - a.y2, 0.0) * height
    return across * across + down * down <= max(_diagonal2(a, width, height), _diagonal2(b, width, height)) / 4


def _diagonal2(box: Box, width: int, height: int) -> float:
    across, down = (box.x2 - box.x1) * width, (box.y2 - box.y1) * height
    return across * across + down * down
