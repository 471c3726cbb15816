"""Boxes in fractions of the upright image."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle `x1, y1, x2, y2` in fractions (0..1) of the upright image; the origin is the top-left corner.

    Raises ValueError unless 0 <= x1 <= x2 <= 1 and 0 <= y1 <= y2 <= 1 (which also refuses NaN).
    """

    x1: float
    y1: float
    x2: float
    y2: float

    def __post_init__(self) -> None:
        if not (0.0 <= self.x1 <= self.x2 <= 1.0 and 0.0 <= self.y1 <= self.y2 <= 1.0):
            raise ValueError(f"not a box in fractions: {self.x1}, {self.y1}, {self.x2}, {self.y2}")

    @classmethod
    def from_pixels(cls, corners: tuple[float, float, float, float], width: int, height: int) -> "Box":
        """The box with pixel corners `(x1, y1, x2, y2)` in an image of `width` x `height`, clipped to the image."""
        x1, y1, x2, y2 = corners
        left, right = sorted((_clip(x1 / width), _clip(x2 / width)))
        top, bottom = sorted((_clip(y1 / height), _clip(y2 / height)))
        return cls(left, top, right, bottom)

    @property
    def width(self) -> float:
        """Width as a fraction of the image's width."""
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        """Height as a fraction of the image's height."""
        return self.y2 - self.y1

    @property
    def area(self) -> float:
        """Area as a fraction of the image's area."""
        return self.width * self.height

    @property
    def center(self) -> tuple[float, float]:
        """The middle point `(x, y)`."""
        return (self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2

    def to_pixels(self, width: int, height: int) -> tuple[float, float, float, float]:
        """Pixel corners `(x1, y1, x2, y2)` in an image of `width` x `height`."""
        return self.x1 * width, self.y1 * height, self.x2 * width, self.y2 * height

    def intersection(self, other: "Box") -> float:
        """The common area, as a fraction of the image's area."""
        width = min(self.x2, other.x2) - max(self.x1, other.x1)
        height = min(self.y2, other.y2) - max(self.y1, other.y1)
        return width * height if width > 0 and height > 0 else 0.0

    def iou(self, other: "Box") -> float:
        """Intersection over union, 0..1; 0 when both boxes are empty."""
        common = self.intersection(other)
        union = self.area + other.area - common
        return common / union if union > 0 else 0.0


def _clip(value: float) -> float:
    return min(max(value, 0.0), 1.0)
