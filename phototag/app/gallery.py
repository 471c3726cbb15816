"""The index as a gallery: pages of hits, facets, single photos, completions. For many readers at once."""

import re
import threading
import time
from array import array
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from phototag.app.answers import Answers, Question
from phototag.app.thresholds import load_thresholds
from phototag.app.words import load_vocabulary
from phototag.query.filters import READERS
from phototag.query.thresholds import Thresholds
from phototag.settings import Settings
from phototag.store import answers as stored
from phototag.store.details import Details, details
from phototag.store.engine import open_index
from phototag.store.facets import Facets, facets
from phototag.store.pages import Entry, entries_of, photo_number, ranked
from phototag.types import Detection

EVERYTHING = "width>0"
FIRST, SECOND = 120, 8_000  # how much of the order is worked out at once: what is seen first must come quickly
FACETS_OF = SECOND
REMEMBERED = 16
LIFETIME = 300.0  # seconds
COMPLETIONS = 8
_LAST_WORD = re.compile(r"(?:(tag|object):)?([\w][\w' -]*|)$", re.IGNORECASE)


@dataclass
class Order:
    """The order of a query's hits, as far as it was worked out; `complete` when that is all of it."""

    photos: "array[int]"
    complete: bool
    made: float


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The contents of the hits before and after one, None at the ends; `place` counts from 1."""

    before: str | None
    after: str | None
    place: int


@dataclass(frozen=True, slots=True)
class PhotoView:
    """One photo: its number in the index, what is known, every stored object, and which of them count."""

    number: int
    content: str
    details: Details
    objects: tuple[Detection, ...]
    shown: frozenset[Detection]


class Gallery:
    """Answers for pages. Each `open` has a connection of its own, so requests may run side by side."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.vocabulary = load_vocabulary(settings)
        self.thresholds = load_thresholds(settings, self.vocabulary)
        self._orders: OrderedDict[tuple[str, str], Order] = OrderedDict()
        self._guard = threading.Lock()

    @contextmanager
    def open(self) -> Iterator[Answers]:
        """The index as it is now. Raises IndexFileError where there is none."""
        with open_index(self.settings.db, write=False) as index, index.read() as conn:
            yield Answers(conn, self.vocabulary, self.thresholds, lambda _: None)

    def ask(self, answers: Answers, text: str) -> Question:
        """The question that `text` asks; an empty one asks for every photo. Raises QueryError, UnknownWordError."""
        return answers.read([text.strip() or EVERYTHING])

    def page(self, question: Question, sort: str, start: int, size: int) -> list[Entry]:
        """The hits from place `start` (from 0) on, `size` of them at most."""
        order = self._order(question, sort, start + size)
        return entries_of(question.question, order.photos[start : start + size])

    def facets(self, question: Question) -> tuple[Facets, int, int]:
        """Facets of the best 8,000 hits; how many hits they were counted over, and how many there are."""
        order = self._order(question, "score", FACETS_OF)
        photos = order.photos[:FACETS_OF]
        total = len(order.photos) if order.complete else question.total()
        return facets(question.question, photos), len(photos), total

    def neighbours(self, question: Question, sort: str, photo: int) -> Neighbours | None:
        """The hits beside a photo; None when it is no hit of the question."""
        order = self._order(question, sort, FIRST)
        if photo not in order.photos:
            order = self._order(question, sort, SECOND)
        if photo not in order.photos and not order.complete:
            order = self._order(question, sort, None)
        if photo not in order.photos:
            return None
        place = order.photos.index(photo)
        if place + 1 == len(order.photos):
            order = self._order(question, sort, place + 2)
        beside = [order.photos[place - 1]] if place else []
        beside += order.photos[place + 1 : place + 2]
        found = {entry.photo: entry.content for entry in entries_of(question.question, beside)}
        before = found.get(order.photos[place - 1]) if place else None
        after = found.get(order.photos[place + 1]) if place + 1 < len(order.photos) else None
        return Neighbours(before, after, place + 1)

    def entry(self, answers: Answers, content: str) -> Entry | None:
        """The photo with this content as a hit, None when the index has no such photo that could be reached."""
        question = _everything(answers)
        photo = photo_number(question, content)
        return next(iter(entries_of(question, [photo])), None) if photo is not None else None

    def photo(self, answers: Answers, content: str) -> PhotoView | None:
        """Everything known of the photo with this content."""
        entry = self.entry(answers, content)
        if entry is None:
            return None
        known = details(answers.conn, entry.hit.path, b"", answers.thresholds)
        everything = _everything(answers, replace(answers.thresholds, minimum=0.0))
        [raw] = entries_of(everything, [entry.photo])
        return PhotoView(entry.photo, content, known, raw.hit.objects, frozenset(known.hit.objects))

    def complete(self, answers: Answers, text: str) -> list[str]:
        """How the last word of `text` may go on: whole texts, those this index has something for first."""
        found = _LAST_WORD.search(text)
        if found is None or not found[2].strip():
            return []
        begin, prefix = text[: found.start(2)], found[2].lower()
        names = sorted(_everything(answers).lexicon.names, key=lambda name: (len(name), name))
        for start in [0, *(place.end() for place in re.finditer(" +", prefix))]:
            part = prefix[start:]
            words = [name for name in names if part and name.lower().startswith(part) and name.lower() != part]
            if words:
                return [begin + found[2][:start] + word for word in words[:COMPLETIONS]]
        last = prefix.rpartition(" ")[2]
        filters = [f"{name}:" for name in READERS if last and name.startswith(last)]
        return [begin + found[2][: len(prefix) - len(last)] + one for one in filters[:COMPLETIONS]]

    def _order(self, question: Question, sort: str, least: int | None) -> Order:
        """The order of the hits, at least the first `least` of them if there are so many; None is all."""
        key = (question.text, sort)
        with self._guard:
            order = self._orders.get(key)
        fresh = order is not None and time.monotonic() - order.made < LIFETIME
        if order is not None and fresh and (order.complete or (least is not None and len(order.photos) >= least)):
            return order
        limit = next((size for size in (FIRST, SECOND) if least is not None and least <= size), None)
        photos = ranked(question.question, sort, limit)
        order = Order(photos, limit is None or len(photos) < limit, time.monotonic())
        with self._guard:
            self._orders[key] = order
            self._orders.move_to_end(key)
            while len(self._orders) > REMEMBERED:
                self._orders.popitem(last=False)
        return order


def _everything(answers: Answers, thresholds: Thresholds | None = None) -> stored.Question:
    """A question that every photo answers."""
    return stored.Question(answers.conn, answers.read([EVERYTHING]).node, thresholds or answers.thresholds)
