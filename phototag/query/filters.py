"""What the filters of the language mean: `taken:2024`, `camera:"iPhone 12"`, `near:48.85,2.35,10km`, `width>4000`."""

import math
import re
from collections.abc import Callable
from datetime import date

from phototag.query.conditions import (
    Asked,
    Bounds,
    Condition,
    Contains,
    Has,
    HasKeyword,
    OneOf,
    Size,
    TakenBetween,
    Within,
)
from phototag.query.dates import span
from phototag.query.folding import folded

WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
HAS = ("gps", "date", "camera", "lens", "keyword")
IS = ("duplicate", "failed", "offline", "corrected")
ORIENTATIONS = ("portrait", "landscape", "square")
SAME_EXTENSIONS = (("jpg", "jpeg"), ("tif", "tiff"), ("heic", "heif"))
MAX_EXPONENT = 15


def condition(name: str, value: str, today: date) -> Condition:
    """What the filter `name` with `value` asks. Raises ValueError, with a text for people, if it can't be read."""
    return READERS[name](value, today)


def number_bounds(value: str) -> Bounds:
    """`>4000`, `<=12.5`, `=2..4`, `=3`, `=..5` as a range. Raises ValueError if it is none or runs backwards."""
    found = re.fullmatch(r"(<=|>=|<|>|=)\s*(.+)", value)
    if not found:
        raise ValueError("expected a comparison like >=2 or =2..4")
    operator, rest = found.groups()
    if operator != "=":
        number = _number(rest)
        if operator.startswith("<"):
            return Bounds(None, number, high_open=operator == "<")
        return Bounds(number, None, low_open=operator == ">")
    low, dots, high = rest.partition("..")
    if not dots:
        return Bounds(_number(low), _number(low))
    if not low and not high:
        raise ValueError("a range needs at least one end, like 2.. or ..4")
    bounds = Bounds(_number(low) if low else None, _number(high) if high else None)
    if bounds.low is not None and bounds.high is not None and bounds.low > bounds.high:
        raise ValueError(f"the range {rest} runs backwards; write {high}..{low}")
    return bounds


def _number(text: str) -> float:
    if not text:
        raise ValueError("a number is missing")
    if not re.fullmatch(r"(\d+(\.\d+)?|\.\d+)%?", text, re.ASCII) or len(text) > MAX_EXPONENT:
        raise ValueError(f"“{text[:20]}” is not a number")
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)


def _taken(value: str, today: date) -> Condition:
    first, dots, last = value.partition("..")
    if not dots:
        day = span(value, today)
        return TakenBetween(day.first, day.after)
    if not first and not last:
        raise ValueError("a range of dates needs at least one end, like 2024-06.. or ..2024-08")
    low = span(first, today).first if first else None
    high = span(last, today).after if last else None
    if low is not None and high is not None and low >= high:
        raise ValueError(f"the range {value} runs backwards; write {last}..{first}")
    return TakenBetween(low, high)


def _since(value: str, today: date) -> Condition:
    return TakenBetween(span(value, today).first, None)


def _before(value: str, today: date) -> Condition:
    return TakenBetween(None, span(value, today).first)


def _weekday(value: str, _today: date) -> Condition:
    text = value.lower()
    if text == "weekend":
        return OneOf("weekday", ("0", "6"))
    first, dots, last = text.partition("..")
    low = _day_number(first)
    high = _day_number(last) if dots else low
    days = {(low + step) % 7 for step in range((high - low) % 7 + 1)}
    return OneOf("weekday", tuple(str(day) for day in sorted(days)))


def _day_number(text: str) -> int:
    days = [number for number, name in enumerate(WEEKDAYS) if len(text) >= 2 and name.startswith(text)]
    if len(days) != 1:
        raise ValueError(f"“{text}” is no weekday; write monday, sat..sun or weekend")
    return days[0]


def _hour(value: str, _today: date) -> Condition:
    found = re.fullmatch(r"(\d{1,2})(?:(\.\.)(\d{1,2}))?", value, re.ASCII)
    low, high = (int(found[1]), int(found[3] or found[1])) if found else (24, 24)
    if low > 23 or high > 23:
        raise ValueError(f"“{value}” are no hours; write 18, 9..17 or 22..4 (0 to 23)")
    hours = {(low + step) % 24 for step in range((high - low) % 24 + 1)}
    return OneOf("hour", tuple(f"{hour:02}" for hour in sorted(hours)))


def _near(value: str, _today: date) -> Condition:
    parts = value.lower().split(",")
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(km|m)", parts[2], re.ASCII) if len(parts) == 3 else None
    try:
        latitude, longitude = float(parts[0]), float(parts[1])
    except (ValueError, IndexError):
        found = None
    if not found:
        raise ValueError("a place is near:LATITUDE,LONGITUDE,DISTANCE, like near:48.85,2.35,10km")
    if not (math.isfinite(latitude) and abs(latitude) <= 90 and math.isfinite(longitude) and abs(longitude) <= 180):
        raise ValueError("a latitude lies between -90 and 90, a longitude between -180 and 180")
    return Within(latitude, longitude, float(found[1]) / (1 if found[2] == "km" else 1000))


def _extension(value: str, _today: date) -> Condition:
    text = value.lower().removeprefix(".")
    if not re.fullmatch(r"[a-z0-9]+", text):
        raise ValueError(f"“{value}” is no file extension; write ext:heic")
    return OneOf("ext", next((same for same in SAME_EXTENSIONS if text in same), (text,)))


def _one_of(*known: str, kind: Callable[[str], Condition]) -> Callable[[str, date], Condition]:
    def read(value: str, _today: date) -> Condition:
        if value.lower() not in known:
            raise ValueError(f"“{value}” is not known here; it can be {', '.join(known)}")
        return kind(value.lower())

    return read


def _contains(field: str) -> Callable[[str, date], Condition]:
    def read(value: str, _today: date) -> Condition:
        if not value:
            raise ValueError("the text to look for is missing")
        return Contains(field, value)

    return read


def _keyword(value: str, _today: date) -> Condition:
    if not folded(value):
        raise ValueError("the keyword is missing")
    return HasKeyword(folded(value))


def _size(field: str) -> Callable[[str, date], Condition]:
    def read(value: str, _today: date) -> Condition:
        if "%" in value:
            raise ValueError(f"{field} is in pixels" if field != "megapixels" else "megapixels have no percentages")
        return Size(field, number_bounds(value))

    return read


READERS: dict[str, Callable[[str, date], Condition]] = {
    "taken": _taken,
    "since": _since,
    "before": _before,
    "weekday": _weekday,
    "hour": _hour,
    "near": _near,
    "ext": _extension,
    "has": _one_of(*HAS, kind=Has),
    "is": _one_of(*IS, kind=Has),
    "orientation": _one_of(*ORIENTATIONS, kind=lambda value: OneOf("orientation", (value,))),
    "model": lambda value, _today: Asked(value),
    "camera": _contains("camera"),
    "lens": _contains("lens"),
    "path": _contains("path"),
    "folder": _contains("folder"),
    "keyword": _keyword,
    "width": _size("width"),
    "height": _size("height"),
    "megapixels": _size("megapixels"),
}
