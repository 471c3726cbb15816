"""Dates as people write them, as half-open spans of ISO local time."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

RELATIVE = (
    "today",
    "yesterday",
    "this-week",
    "last-week",
    "this-month",
    "last-month",
    "this-year",
    "last-year",
)


@dataclass(frozen=True, slots=True)
class Span:
    """The days from `first` up to, but without, `after`; None where the calendar ends (the years 1 and 9999)."""

    first: str
    after: str | None


def span(text: str, today: date) -> Span:
    """The span that `text` names: `2024`, `2024-06`, `2024-06-01`, `yesterday`, `last-month`; weeks begin on Monday.

    Raises ValueError, with a text for people, for anything else and for dates that no calendar has.
    """
    lowered = text.lower()
    if lowered in RELATIVE:
        return _relative(lowered, today)
    found = re.fullmatch(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", text, re.ASCII)
    if not found:
        raise ValueError(f"“{text}” is no date; write 2024, 2024-06, 2024-06-01 or one of {', '.join(RELATIVE)}")
    year, month, day = (int(part) if part else None for part in found.groups())
    try:
        if day is not None:
            return _days(date(year or 0, month or 0, day), 1)
        if month is not None:
            return _month(date(year or 0, month, 1))
        return _year(date(year or 0, 1, 1))
    except ValueError as error:
        raise ValueError(f"there is no date {text}") from error


def _relative(text: str, today: date) -> Span:
    monday = today - timedelta(days=today.weekday())
    last_month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    return {
        "today": lambda: _days(today, 1),
        "yesterday": lambda: _days(today - timedelta(days=1), 1),
        "this-week": lambda: _days(monday, 7),
        "last-week": lambda: _days(monday - timedelta(days=7), 7),
        "this-month": lambda: _month(today.replace(day=1)),
        "last-month": lambda: _month(last_month),
        "this-year": lambda: _year(today.replace(month=1, day=1)),
        "last-year": lambda: _year(date(today.year - 1, 1, 1)),
    }[text]()


def _days(first: date, number: int) -> Span:
    try:
        return Span(first.isoformat(), (first + timedelta(days=number)).isoformat())
    except OverflowError:
        return Span(first.isoformat(), None)


def _month(first: date) -> Span:
    if (first.year, first.month) == (9999, 12):
        return Span(first.isoformat(), None)
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return Span(first.isoformat(), after.isoformat())


def _year(first: date) -> Span:
    return Span(first.isoformat(), None if first.year == 9999 else date(first.year + 1, 1, 1).isoformat())
