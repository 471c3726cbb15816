"""One term of a query: a word, a tag, a count of objects, a relation or a filter."""

import re
from datetime import date
from difflib import get_close_matches

from phototag.errors import QueryError
from phototag.query import filters
from phototag.query.conditions import Bounds
from phototag.query.quoting import FILTERS, NUMBERS, RELATIONS, SOURCES
from phototag.query.scanner import Scanner
from phototag.query.tree import (
    And,
    Count,
    Filter,
    Measure,
    Node,
    Not,
    Only,
    Or,
    Place,
    Relation,
    RelationKind,
    Saved,
    Tag,
    Things,
    Word,
)

MAX_COUNT = 1_000_000
PREFIX = re.compile(r"([A-Za-z]+):")
FIELD = re.compile(rf"({'|'.join(NUMBERS)})\s*(?=[<>=])", re.IGNORECASE)
AMOUNT = re.compile(r"(\d+)\s+(?=[^\s()<>=.@:,])", re.ASCII)
SAVED = re.compile(r"@([^\W_][\w.\-]*)")
CONFIDENCE = re.compile(r"@(\d+(?:\.\d+)?|\.\d+)?(%)?", re.ASCII)
MEASURE = re.compile(r"\.(\w*)")
FRACTION = r"(?:\d+(?:\.\d+)?|\.\d+)%?"
FRACTIONS = re.compile(rf"(?:<=|>=|<|>|=)\s*(?:(?:{FRACTION})?\.\.(?:{FRACTION})?|{FRACTION})", re.ASCII)
VALUE = re.compile(r"[^\s()\"“”]+")


def term(scanner: Scanner) -> Node:
    """The term that comes next."""
    start = scanner.skip_spaces()
    if found := scanner.match(SAVED):
        return Saved(found[1], position=start)
    if found := scanner.match(FIELD):
        return _filter(scanner, found[1].lower(), start)
    if (found := PREFIX.match(scanner.text, start)) and found[1].lower() in FILTERS:
        scanner.position = found.end()
        return _filter(scanner, found[1].lower(), start)
    if scanner.take("only:"):
        return _only(scanner, start)
    if scanner.take("none:"):
        return Count(_any(scanner, start), 0, 0)
    if scanner.take("tag:"):
        return _tag(scanner, start)
    return _counted(scanner, start)


def _filter(scanner: Scanner, name: str, start: int) -> Filter:
    if name in NUMBERS:
        compared = scanner.comparison()
        value = compared[0] if compared else ""
    else:
        quoted = scanner.quoted()
        found = scanner.match(VALUE) if quoted is None else None
        value = quoted if quoted is not None else found[0] if found else ""
    if not value.strip():
        raise scanner.error(f"{name}: needs a value after it", start)
    try:
        # Relative dates are read again, on the day the query is asked; here only to find faults.
        filters.condition(name, value, date(2000, 2, 29))
    except ValueError as error:
        raise scanner.error(str(error), start) from error
    return Filter(name, value, position=start)


def _only(scanner: Scanner, start: int) -> Only:
    if not scanner.take_close("("):
        return Only((scanner.word(),), position=start)
    words = [scanner.word()]
    while scanner.take(","):
        words.append(scanner.word())
    if not scanner.take(")"):
        raise scanner.error("expected a comma or a closing parenthesis, as in only:(person,dog)")
    return Only(tuple(words), position=start)


def _any(scanner: Scanner, start: int) -> Things:
    if scanner.word().lower() not in ("object", "objects"):
        raise scanner.error("only “object” can stand here, as in any:object or none:object", start)
    return Things(None, position=start)


def _tag(scanner: Scanner, start: int) -> Node:
    tag = Tag(scanner.word(), _confidence(scanner), position=start)
    compared = scanner.comparison()
    if compared is None:
        return tag
    # A photo has a label once or not at all.
    low, high = _limits(scanner, *compared)
    one, none = low <= 1 and (high is None or high >= 1), low == 0
    if one and none:
        return Or((tag, Not(tag)))
    if one:
        return tag
    return Not(tag) if none else And((tag, Not(tag)))


def _counted(scanner: Scanner, start: int) -> Node:
    amount = scanner.match(AMOUNT)
    objects = amount is not None or scanner.text[start : start + 7].lower() == "object:"
    things = _things(scanner)
    compared = scanner.comparison()
    if amount and compared:
        raise scanner.error("a number before the word and a comparison after it say the same thing twice", compared[1])
    relation = scanner.keyword(*RELATIONS)
    if relation:
        other = _things(scanner)
        things = Things(
            things.word,
            things.confidence,
            things.measures,
            things.places,
            Relation(RelationKind(relation), other),
            position=start,
        )
        if scanner.sees_keyword(*RELATIONS):
            raise scanner.error("only one relation can follow another object", hint="Join two with “and”.")
    if compared:
        return Count(things, *_limits(scanner, *compared))
    if amount:
        return Count(things, *_limits(scanner, f">={amount[1]}", start))
    if objects or not things.plain or things.word is None:
        return Count(things)
    return Word(things.word, things.confidence, position=start)


def _things(scanner: Scanner) -> Things:
    start = scanner.skip_spaces()
    if scanner.take("any:"):
        word = _any(scanner, start).word
    else:
        scanner.take("object:")
        start = scanner.skip_spaces()
        word = scanner.word()
    confidence = _confidence(scanner)
    measures: list[Measure] = []
    places: list[Place] = []
    while scanner.peek() in (".", ":") and scanner.peek():
        at = scanner.position
        if scanner.take_close(":"):
            places.append(_place(scanner, at))
        else:
            measures.append(_measure(scanner, at))
    return Things(word, confidence, tuple(measures), tuple(places), position=start)


def _confidence(scanner: Scanner) -> float | None:
    start = scanner.position
    found = scanner.match(CONFIDENCE)
    if not found:
        return None
    value = float(found[1] or "nan") / (100 if found[2] else 1)
    if not 0 <= value <= 1:
        raise scanner.error("a confidence is a number from 0 to 1, as in cat@0.7", start)
    return value


def _place(scanner: Scanner, at: int) -> Place:
    found = scanner.match(re.compile(r"\w*"))
    name = found[0].lower() if found else ""
    name = "center" if name == "centre" else name
    if name not in [place.value for place in Place]:
        raise _no_place(scanner, name, at)
    return Place(name)


def _no_place(scanner: Scanner, name: str, at: int) -> QueryError:
    """What stands before and after the colon at `at` is neither a place nor a filter: the error names the nearest."""
    places = [place.value for place in Place]
    before = re.search(r"[^\W\d_]*$", scanner.text[:at])
    word = before[0] if before else ""
    filters_known = (*FILTERS, *SOURCES)
    nearest = get_close_matches(word.lower(), filters_known, 1) if not get_close_matches(name, places, 1) else []
    if nearest:
        typed = scanner.text[at + 1 : scanner.position]
        return scanner.error(f"“{word}:” is no filter", at - len(word), hint=f"Did you mean {nearest[0]}:{typed}?")
    known = ", ".join(f":{place}" for place in places), ", ".join(f"{one}:" for one in filters_known)
    hint = f"Places are {known[0]}; filters are {known[1]}."
    return scanner.error(f"“:{name}” is no place in the picture", at, hint=hint)


def _measure(scanner: Scanner, at: int) -> Measure:
    found = scanner.match(MEASURE)
    name = found[1].lower() if found else ""
    if name not in ("area", "width", "height"):
        raise scanner.error(
            f"“.{name}” is no size", at, hint="Sizes are .area, .width and .height, as in dog.area>25%."
        )
    start = scanner.skip_spaces()
    # Only as far as the number goes: more about the same box may follow, as in dog.area>25%:left.
    exact = scanner.match(FRACTIONS)
    text = exact[0] if exact else (scanner.comparison() or ("", start))[0]
    if not text:
        raise scanner.error(f".{name} needs a comparison, as in dog.{name}>25%", at)
    try:
        bounds = filters.number_bounds(text)
    except ValueError as error:
        raise scanner.error(str(error), start) from error
    if any(end is not None and end > 1 for end in (bounds.low, bounds.high)):
        raise scanner.error("a size is a part of the picture: 25%, or 0.25", start)
    return Measure(name, bounds)


def _limits(scanner: Scanner, text: str, start: int) -> tuple[int, int | None]:
    """The least and the largest whole number that the comparison allows."""
    try:
        bounds = filters.number_bounds(text)
    except ValueError as error:
        raise scanner.error(str(error), start) from error
    if (
        any(end is not None and (end != int(end) or end > MAX_COUNT) for end in (bounds.low, bounds.high))
        or "%" in text
    ):
        raise scanner.error("objects are counted in whole numbers, as in person>=2", start)
    return _whole(scanner, bounds, start)


def _whole(scanner: Scanner, bounds: Bounds, start: int) -> tuple[int, int | None]:
    low = 0 if bounds.low is None else int(bounds.low) + bounds.low_open
    high = None if bounds.high is None else int(bounds.high) - bounds.high_open
    if high is not None and high < low:
        raise scanner.error("no number is smaller than 0", start)
    return low, high
