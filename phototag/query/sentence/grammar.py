"""Plain English sentences as queries: a deterministic grammar that says what it made of each word."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from phototag.errors import QueryError
from phototag.query.sentence.cursor import Cursor, pattern
from phototag.query.sentence.draft import Draft, Thing
from phototag.query.sentence.lexicon import (
    COUNTING,
    DENYING,
    FINDING,
    NOBODY,
    NOISE,
    PHOTOS,
    POLITE,
    PREPOSITIONS,
    SOMEBODY,
    TIMES,
)
from phototag.query.sentence.photo import read_own_camera, read_photo
from phototag.query.sentence.things import read_alone, read_any, read_only, read_place, read_relation, read_thing
from phototag.query.sentence.time import read_time
from phototag.query.vocabulary import Vocabulary

MAX_LENGTH = 1000
EVERY_PHOTO = "width=1.."


@dataclass(frozen=True, slots=True)
class Understood:
    """What a sentence became: a query, what to do with it, and which of its words were used and which were not."""

    query: str
    verb: Literal["search", "count"]
    used: tuple[str, ...]
    ignored: tuple[str, ...]


def understand(sentence: str, vocabulary: Vocabulary, today: date) -> Understood:
    """The query that an English sentence asks for.

    Numbers, times, relations and filters become those of the query language; words that only hold the sentence together
    are passed over; the others, which nobody could place, are `ignored`. Raises QueryError if nothing is left to ask.
    """
    if len(sentence) > MAX_LENGTH:
        raise QueryError(f"the sentence is too long: {len(sentence)} characters, of at most {MAX_LENGTH}")
    cursor, draft = Cursor(sentence.replace("\0", " ")), Draft(vocabulary)
    used: list[str] = []
    verb = _verb(cursor, used)
    draft.each = verb == "count" and not pattern(TIMES).fullmatch(used[0])
    while not cursor.at_end():
        start = cursor.position
        if read_own_camera(cursor, draft):
            continue
        if _step(cursor, draft, today):
            used.append(cursor.since(start))
        elif not _silent(cursor, draft):
            _pass_over(cursor, draft)
    if draft.negating:
        draft.ignored.append(draft.denial)
    query = draft.query()
    if not query and verb == "count" and draft.all_photos and not draft.ignored:
        query = EVERY_PHOTO
    if not query:
        raise QueryError(
            f"nothing in “{sentence.strip()[:80]}” names a thing, a time or a camera",
            text=sentence,
            hint="Ask like: photos with two dogs last summer. `phototag labels` lists the words.",
        )
    return Understood(query, verb, tuple(used), tuple(draft.ignored))


def _verb(cursor: Cursor, used: list[str]) -> Literal["search", "count"]:
    """What is asked for: "how many" counts, all else searches."""
    while cursor.match(POLITE):
        pass
    start = cursor.position
    if cursor.match(COUNTING):
        used.append(cursor.since(start))
        return "count"
    if cursor.match(FINDING):
        cursor.match("for|me|us|all|up|at|through")
    return "search"


def _step(cursor: Cursor, draft: Draft, today: date) -> bool:
    """Read the next thing, filter or connective."""
    return any(reader(cursor, draft, today) for reader in READERS)


def _time(cursor: Cursor, draft: Draft, today: date) -> bool:
    filters = read_time(cursor, today)
    for text in filters:
        draft.add(text)
    return bool(filters)


def _person(cursor: Cursor, draft: Draft, _today: date) -> bool:
    if cursor.match(NOBODY):
        draft.deny()
    elif not cursor.match(SOMEBODY):
        return False
    draft.add(Thing("person"))
    return True


def _connective(cursor: Cursor, draft: Draft, _today: date) -> bool:
    if denying := cursor.match(DENYING):
        draft.deny(denying[0])
        cursor.match("have|has|having|contain|containing|show|showing|include|including|any|a|an|the|with|of|be")
    elif cursor.match("or else|or|and/or"):
        draft.choose()
    else:
        return False
    return True


def _silent(cursor: Cursor, draft: Draft) -> bool:
    """Words that lead on and need no mention."""
    if cursor.match(",|;"):
        draft.join(comma=True)
    elif cursor.match("and also|and|as well as|along with|together with|plus|also|&"):
        draft.join(comma=draft.comma)
    elif cursor.match("but|with"):
        draft.turn()
    elif cursor.match(PHOTOS):
        draft.each = False
        draft.all_photos = True
    else:
        return cursor.match("either|both|(?:next to|near|beside) each other|close together") is not None
    return True


def _pass_over(cursor: Cursor, draft: Draft) -> None:
    """Pass over a word that says nothing, or note one that can't be placed, with the preposition before it."""
    start = cursor.position
    word = cursor.word()
    lowered = word.lower()
    if lowered in PREPOSITIONS and not cursor.at_end():
        following = cursor.upcoming(1)[0].lower()
        if following[:1].isalnum() and following not in NOISE:
            return
    if lowered not in NOISE:
        before = cursor.text[:start].split(" ")
        lead = before[-2] + " " if len(before) > 1 and before[-2].lower() in PREPOSITIONS else ""
        draft.ignored.append(lead + word)


def _undated(reader: Callable[[Cursor, Draft], bool]) -> Callable[[Cursor, Draft, date], bool]:
    return lambda cursor, draft, _today: reader(cursor, draft)


READERS = (
    _time,
    _undated(read_photo),
    _undated(read_only),
    _undated(read_any),
    _undated(read_alone),
    _person,
    _undated(read_place),
    _undated(read_relation),
    _undated(read_thing),
    _connective,
)
