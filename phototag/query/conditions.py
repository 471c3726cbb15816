"""What a filter asks of a photo, as data: every `Filter` in a resolved tree holds one of these conditions."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """A range of numbers; None is no bound, an `open` end is not in the range itself."""

    low: float | None
    high: float | None
    low_open: bool = False
    high_open: bool = False

    def __contains__(self, value: float) -> bool:
        if self.low is not None and (value < self.low or (self.low_open and value == self.low)):
            return False
        return self.high is None or not (value > self.high or (self.high_open and value == self.high))

    def text(self, show: Callable[[float], str]) -> str:
        """The range as a comparison: `>=2`, `<10%`, `=2..4`."""
        if self.low is not None and self.high is not None:
            both = show(self.low) if self.low == self.high else f"{show(self.low)}..{show(self.high)}"
            return f"={both}"
        if self.low is not None:
            return f"{'>' if self.low_open else '>='}{show(self.low)}"
        if self.high is not None:
            return f"{'<' if self.high_open else '<='}{show(self.high)}"
        return "=.."


@dataclass(frozen=True, slots=True)
class TakenBetween:
    """Taken at or after `low` and before `high`, both ISO local times; None is no bound."""

    low: str | None
    high: str | None


@dataclass(frozen=True, slots=True)
class OneOf:
    """The field (weekday 0 is Sunday, hour, extension, orientation) has one of these values."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contains:
    """The field (camera, lens, path, folder) contains the text; ASCII letters match in either case."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class HasKeyword:
    """The file or its sidecar has this keyword, given as `phototag.query.folding.folded` leaves it."""

    keyword: str


@dataclass(frozen=True, slots=True)
class Within:
    """Taken within `km` kilometres (great circle) of a place in signed degrees."""

    latitude: float
    longitude: float
    km: float


@dataclass(frozen=True, slots=True)
class Size:
    """The upright image's width or height in pixels, or its megapixels."""

    field: str
    bounds: Bounds


@dataclass(frozen=True, slots=True)
class Has:
    """The photo has a property: gps, date, camera, lens, keyword, duplicate, failed, offline or corrected."""

    name: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The photo was analysed by this model, whose findings answer the whole query (`phototag.query.asked`)."""

    model: str


Condition = TakenBetween | OneOf | Contains | HasKeyword | Within | Size | Has | Asked
