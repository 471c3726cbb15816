"""When a photo was taken, as people say it: "last summer", "since May 2020", "on sundays", "in the evening"."""

from datetime import date, timedelta

from phototag.query.sentence.cursor import Cursor, any_of
from phototag.query.sentence.periods import WEEKDAY, Period, read_period

HOURS = {"morning": "6..11", "afternoon": "12..17", "evening": "18..22", "night": "21..4", "noon": "12", "midday": "12"}
HALF = r"am|pm|a\.m\.|p\.m\.|in the (?:morning|afternoon|evening)"
CLOCK = rf"(?P<hour>\d{{1,2}})(?::\d\d)?(?: o'clock)?(?: ?(?P<half>{HALF}))"
TAKEN = "taken|shot|made|captured|photographed|dated|recorded"
LEAD = "in|on|from|during|of|at|around|for|over|within|back in"
LINK = "and|to|until|till|through|up to|-"


def read_time(cursor: Cursor, today: date) -> list[str]:
    """Filters for the time that the cursor stands at, read; empty, with nothing read, if it is none."""
    start = cursor.position
    for reader in (_between, _bounded, _clock, _time_of_day, _days_of_week, _plain):
        try:
            filters = reader(cursor, today)
        except (ValueError, OverflowError):  # a day that no calendar has
            filters = []
        if filters:
            return filters
        cursor.position = start
    return []


def _between(cursor: Cursor, today: date) -> list[str]:
    cursor.match(TAKEN)
    if not cursor.match("between|from"):
        return []
    start = cursor.position
    first = read_period(cursor, today)
    last = read_period(cursor, today) if first and cursor.match(LINK) else None
    if first and last and last.first < first.first:
        # "from June to August 2020" means 2020 twice.
        end = cursor.position
        cursor.position = start
        first = read_period(cursor, _year_end(today, last.last.year))
        cursor.position = end
    if not first or not last or last.last < first.first:
        return []
    return [f"taken:{Period(first.first, last.last)}"]


def _year_end(today: date, year: int) -> date:
    """The last day of `year`, unless that is to come: then today."""
    return min(today, date(year, 12, 31))


def _bounded(cursor: Cursor, today: date) -> list[str]:
    cursor.match(TAKEN)
    since = cursor.match("since|starting(?: in| from)?")
    after = cursor.match("after|later than|newer than")
    before = cursor.match("before|earlier than|older than")
    until = cursor.match("until|till|up to")
    period = read_period(cursor, today) if since or after or before or until else None
    if not period:
        return []
    if until:
        return [f"taken:..{str(Period(period.first, period.last)).rpartition('..')[2]}"]
    if before:
        return [f"before:{_begin(period.first)}"]
    return [f"since:{_begin(period.last + timedelta(days=1) if after else period.first)}"]


def _begin(day: date) -> str:
    return f"{day.year:04}" if (day.month, day.day) == (1, 1) else f"{day:%Y-%m}" if day.day == 1 else day.isoformat()


def _clock(cursor: Cursor, _today: date) -> list[str]:
    cursor.match(TAKEN)
    if span := cursor.match(rf"(?:between|from) (?P<first>\d{{1,2}})(?: ?(?P<early>am|pm))? (?:and|to|-) {CLOCK}"):
        begin = _hour(span["first"], span["early"] or span["half"])
        return [f"hour:{begin}..{(_hour(span['hour'], span['half']) - 1) % 24}"]
    if after := cursor.match(rf"(?:taken )?(?:after|since) {CLOCK}"):
        return [f"hour:{_hour(after['hour'], after['half'])}..23"]
    if before := cursor.match(rf"(?:taken )?(?:before|until) {CLOCK}"):
        return [f"hour:0..{(_hour(before['hour'], before['half']) - 1) % 24}"]
    if noon := cursor.match("(?:taken )?(before|after|until|since) (?:noon|midday)"):
        return ["hour:0..11" if noon[1].lower() in ("before", "until") else "hour:12..23"]
    if cursor.match("(?:taken )?(?:after|since|at|around) midnight"):
        return ["hour:0..4"]
    at = cursor.match(rf"(?:taken )?(?:at|around) {CLOCK}")
    return [f"hour:{_hour(at['hour'], at['half'])}"] if at else []


def _hour(text: str, half: str) -> int:
    hour = int(text)
    if not 1 <= hour <= 12:
        raise ValueError(f"{hour} {half}")
    late = half.lower().startswith("p") or half.lower().endswith(("afternoon", "evening"))
    return hour % 12 + (12 if late else 0)


def _time_of_day(cursor: Cursor, _today: date) -> list[str]:
    cursor.match(TAKEN)
    if found := cursor.match("(this|yesterday) (morning|afternoon|evening)|tonight|last night"):
        words = found[0].lower().split()
        hours = HOURS[found[2].lower()] if found[2] else "18..23"
        return [f"taken:{'yesterday' if words[0] in ('last', 'yesterday') else 'today'}", f"hour:{hours}"]
    part = any_of(HOURS)
    found = cursor.match(rf"(?:(?:early |late )?in the|at|during the|by|around|every) ({part})s?")
    return [f"hour:{HOURS[found[1].lower()]}"] if found else []


def _days_of_week(cursor: Cursor, _today: date) -> list[str]:
    cursor.match(TAKEN)
    lead = cursor.match("on an|on a|on the|at the|on|at|over the|every|during the")
    if cursor.match("weekends") or (lead and cursor.match("weekend")):
        return ["weekday:weekend"]
    if cursor.match("(?:week ?|working )days?"):
        return ["weekday:monday..friday"]
    many = cursor.match(rf"({WEEKDAY})s")
    one = cursor.match(rf"({WEEKDAY})") if lead and lead[0].lower() in ("on an", "on a", "every") else None
    found = many or one
    return [f"weekday:{found[1].lower()}"] if found else []


def _plain(cursor: Cursor, today: date) -> list[str]:
    taken = cursor.match(TAKEN)
    lead = cursor.match(LEAD) or taken
    start = cursor.position
    periods = _alternatives(cursor, today, bare=lead is not None)
    if len(periods) > 1:
        # "in June or July 2020" means 2020 twice.
        cursor.position = start
        periods = [*_alternatives(cursor, _year_end(today, periods[-1].first.year))[:-1], periods[-1]]
    return [" or ".join(f"taken:{period}" for period in periods)] if periods else []


def _alternatives(cursor: Cursor, today: date, *, bare: bool = True) -> list[Period]:
    periods: list[Period] = []
    while True:
        here = cursor.position
        linked = not periods or cursor.match(", and|, or|and in|or in|or from|and|or|,")
        period = read_period(cursor, today, bare=bare or bool(periods)) if linked else None
        if period is None:
            cursor.position = here
            return periods
        periods.append(period)
