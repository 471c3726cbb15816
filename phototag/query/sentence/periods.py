"""Stretches of days as people name them: "May 2020", "last summer", "two weeks ago", "the 90s"."""

import calendar
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from re import Match

from phototag.query.sentence.cursor import Cursor, any_of

MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if number}
SHORT_MONTHS = {name[:3]: number for name, number in MONTHS.items() if name != "may"} | {"sept": 9}
MONTH = any_of([*MONTHS, *SHORT_MONTHS])
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
SEASON = any_of(SEASONS)
WEEKDAYS = {name.lower(): number for number, name in enumerate(calendar.day_name)}
WEEKDAY = any_of(WEEKDAYS)
HOLIDAYS = {
    "christmas eve": (12, 24),
    "christmas day": (12, 25),
    "christmas": (12, 25),
    "xmas": (12, 25),
    "new year's eve": (12, 31),
    "new years eve": (12, 31),
    "new year's day": (1, 1),
    "new year's": (1, 1),
    "new year": (1, 1),
    "halloween": (10, 31),
    "valentine's day": (2, 14),
    "valentines day": (2, 14),
}
HOLIDAY = any_of(HOLIDAYS)
FESTIVE = "trees?|part(?:y|ies)|stockings?|cakes?|dinners?|lights|presents?|pumpkins?|costumes?|markets?"
DECADES = ("twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties")
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
NUMBER = rf"\d+|{any_of(NUMBERS[1:])}|an?|couple of|a couple of|few|a few"
YEAR = r"(?:18|19|20)\d\d"
OF_YEAR = rf"(?:(?: ,)? (?:of |in )?(?P<year>{YEAR}|last year|this year)(?:/\d{{2,4}})?)?"
WHICH = r"(?:the )?(?:(?P<which>last|this|past) )?"
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
ORDINAL = rf"(?:the )?(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?|(?P<nth>{any_of(ORDINALS)}))"
UNITS = r"(?P<unit>day|week|month|year)s?"


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `first` to `last`; `word` is the query language's own word for them, if it has one."""

    first: date
    last: date
    word: str = ""

    def __str__(self) -> str:
        if self.word:
            return self.word
        low, high = self._ends(self.first, self.last)
        return low if low == high else f"{low}..{high}"

    @staticmethod
    def _ends(first: date, last: date) -> tuple[str, str]:
        after = last + timedelta(days=1)
        if first.day == after.day == 1 and first.month == after.month == 1:
            return f"{first.year:04}", f"{last.year:04}"
        if first.day == after.day == 1:
            return f"{first:%Y-%m}", f"{last:%Y-%m}"
        return first.isoformat(), last.isoformat()


def month(year: int, number: int) -> Period:
    """A whole month; months past 12 are those of the next year."""
    year, number = year + (number - 1) // 12, (number - 1) % 12 + 1
    return Period(date(year, number, 1), date(year, number, calendar.monthrange(year, number)[1]))


def season(year: int, first_month: int) -> Period:
    """Three months of the northern hemisphere; a winter is that of the year it begins in."""
    return Period(month(year, first_month).first, month(year, first_month + 2).last)


def latest(make: Callable[[int], Period], today: date, *, ended: bool) -> Period:
    """The newest of a yearly period that has begun, or with `ended` that is over."""
    years = (today.year, today.year - 1)
    periods = (make(year) for year in years)
    return next(
        (period for period in periods if (period.last < today if ended else period.first <= today)),
        make(today.year - 2),
    )


def read_period(cursor: Cursor, today: date, *, bare: bool = True) -> Period | None:
    """The period that the cursor stands at, read. Without `bare`, a name alone ("may", "fall", "sunday") is none."""
    start = cursor.position
    for source, make in PERIODS:
        found = cursor.match(source)
        if found and (bare or not _is_bare(found)):
            return make(found, today)
        cursor.position = start
    return None


def _is_bare(found: Match[str]) -> bool:
    """Whether it is the name of a month, a season or a weekday, and nothing else."""
    words = found.groupdict()
    if "day" in words or not {"month", "season", "weekday"} & set(words):
        return False
    return not words.get("which") and not words.get("year")


def _number(text: str) -> int:
    lowered = text.lower()
    if lowered.isdecimal():
        return int(lowered)
    words = {"a": 1, "an": 1, "few": 3, "a few": 3, "couple of": 2, "a couple of": 2}
    return words[lowered] if lowered in words else NUMBERS.index(lowered)


def _month_number(text: str) -> int:
    lowered = text.lower()
    return MONTHS.get(lowered) or SHORT_MONTHS[lowered]


def _year(text: str, today: date) -> int:
    return {"last year": today.year - 1, "this year": today.year}.get(text.lower()) or int(text)


def _yearly(found: Match[str], today: date, make: Callable[[int], Period]) -> Period:
    """A yearly period: that of the year said, else "last", "this" or the newest."""
    words = found.groupdict()
    if words.get("year"):
        return make(_year(words["year"], today))
    which = (words.get("which") or "").lower()
    return make(today.year) if which == "this" else latest(make, today, ended=which in ("last", "past"))


def _day(year: int, number: int, day: int) -> Period:
    found = date(year, number, day)
    return Period(found, found)


def _one_month(found: Match[str], today: date) -> Period:
    return _yearly(found, today, lambda year: month(year, _month_number(found["month"])))


def _one_season(found: Match[str], today: date) -> Period:
    return _yearly(found, today, lambda year: season(year, SEASONS[found["season"].lower()]))


def _one_day(found: Match[str], today: date) -> Period:
    day = int(found["day"]) if found["day"] else ORDINALS.index(found["nth"].lower()) + 1
    return _yearly(found, today, lambda year: _day(year, _month_number(found["month"]), day))


def _easter(found: Match[str], today: date) -> Period:
    return _yearly(found, today, lambda year: Period(easter(year), easter(year)))


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by the anonymous algorithm in Meeus, Astronomical Algorithms (1991)."""
    century, rest = divmod(year, 100)
    moon = (19 * (year % 19) + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (year % 19 + 11 * moon + 22 * weekday) // 451
    number, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, number, day + 1)


def _holiday(found: Match[str], today: date) -> Period:
    number, day = HOLIDAYS[found["holiday"].lower()]
    return _yearly(found, today, lambda year: _day(year, number, day))


def _iso(found: Match[str], _today: date) -> Period:
    year, number, day = (int(part) if part else 0 for part in found.groups())
    return _day(year, number, day) if day else month(year, number)


def _this_or_last(found: Match[str], today: date) -> Period:
    which, unit = ("this" if found["which"].lower() in ("this", "current") else "last"), found["unit"].lower()
    back = which == "last"
    if unit == "year":
        return Period(date(today.year - back, 1, 1), date(today.year - back, 12, 31), f"{which}-year")
    if unit == "month":
        return replace(month(today.year - 1, today.month + 12 - back), word=f"{which}-month")
    monday = today - timedelta(days=today.weekday() + 7 * back)
    return Period(monday, monday + timedelta(days=6), f"{which}-week")


def _weekend(found: Match[str], today: date) -> Period:
    saturday = today + timedelta(days=5 - today.weekday())
    back = 7 if found["which"].lower() != "this" else 0
    return Period(saturday - timedelta(days=back), saturday - timedelta(days=back - 1))


def _last_weekday(found: Match[str], today: date) -> Period:
    back = (today.weekday() - WEEKDAYS[found["weekday"].lower()] - 1) % 7 + 1
    return Period(today - timedelta(days=back), today - timedelta(days=back))


def _past(found: Match[str], today: date) -> Period:
    """The last N units, up to today."""
    return Period(_back(found, today) + timedelta(days=1), today)


def _ago(found: Match[str], today: date) -> Period:
    """N units ago: that day, week, month or year."""
    day, unit = _back(found, today), "day" if found["exact"] else found["unit"].lower()
    if unit == "year":
        return Period(date(day.year, 1, 1), date(day.year, 12, 31))
    if unit == "month":
        return month(day.year, day.month)
    if unit == "week":
        return Period(day - timedelta(days=day.weekday()), day + timedelta(days=6 - day.weekday()))
    return Period(day, day)


def _back(found: Match[str], today: date) -> date:
    number, unit = _number(found["number"]), found["unit"].lower()
    if unit in ("day", "week"):
        return today - timedelta(days=number * (7 if unit == "week" else 1))
    months = today.year * 12 + today.month - 1 - number * (12 if unit == "year" else 1)
    year, index = divmod(months, 12)
    return date(year, index + 1, min(today.day, calendar.monthrange(year, index + 1)[1]))


def _decade(found: Match[str], today: date) -> Period:
    digits = found["decade"] or str((DECADES.index(found["name"].lower()) + 2) * 10)
    year = int(digits) if len(digits) == 4 else 1900 + int(digits)
    year += 100 if year + 100 <= today.year else 0
    return Period(date(year, 1, 1), date(year + 9, 12, 31))


def _word(word: str, days: int) -> Callable[[Match[str], date], Period]:
    return lambda _, today: Period(today - timedelta(days=days), today - timedelta(days=days), word)


def _one_year(found: Match[str], _today: date) -> Period:
    year = int(found["year"])
    return Period(date(year, 1, 1), date(year, 12, 31))


PERIODS: tuple[tuple[str, Callable[[Match[str], date], Period]], ...] = (
    (r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?", _iso),
    (rf"(?P<month>{MONTH})\.? {ORDINAL}{OF_YEAR}", _one_day),
    (rf"{ORDINAL} (?:of )?(?P<month>{MONTH}){OF_YEAR}", _one_day),
    (rf"{WHICH}(?P<holiday>{HOLIDAY})(?! (?:{FESTIVE})){OF_YEAR}", _holiday),
    (rf"{WHICH}easter(?: sunday)?{OF_YEAR}", _easter),
    (rf"{WHICH}(?P<month>{MONTH}){OF_YEAR}", _one_month),
    (rf"{WHICH}(?P<season>{SEASON})(?: holidays?| vacation| break)?{OF_YEAR}", _one_season),
    (r"(?:the )?(?P<which>last|this|past|previous|current) (?P<unit>year|month|week)", _this_or_last),
    (r"(?:the )?(?P<which>last|this|past) weekend", _weekend),
    ("(?P<which>the) weekend", _weekend),
    (rf"(?:(?P<which>last|this|past) )?(?P<weekday>{WEEKDAY})", _last_weekday),
    (rf"(?:the )?(?:last|past|previous) (?P<number>{NUMBER}) {UNITS}", _past),
    (rf"(?P<number>{NUMBER}) {UNITS} ago(?P<exact> today)?", _ago),
    (rf"(?:the )?(?:(?P<decade>(?:(?:18|19|20)\d|\d)0)'?s|(?P<name>{any_of(DECADES)}))", _decade),
    ("today", _word("today", 0)),
    ("(?:the )?day before yesterday", _word("", 2)),
    ("yesterday", _word("yesterday", 1)),
    (rf"(?:the )?(?:year )?(?P<year>{YEAR})", _one_year),
)
