"""The index as a gallery: pages of hits, facets, single photos, completions. For many readers at once."""

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from phototag.app.answers import Answers, Question, today
from phototag.app.completion import completions
from phototag.app.orders import STEPS, Order, Orders
from phototag.app.thresholds import index_thresholds, load_thresholds
from phototag.app.words import load_vocabulary
from phototag.errors import PhototagError
from phototag.query.thresholds import Thresholds
from phototag.settings import Settings
from phototag.store import answers as stored
from phototag.store.details import Details, details
from phototag.store.facets import Facets, facets
from phototag.store.lexicon import own_words
from phototag.store.pages import Entry, entries_of, photo_number, ranked
from phototag.store.reader import open_reader
from phototag.store.state import index_state
from phototag.types import Detection

EVERYTHING = "width>0"
FACETS_OF = 8_000


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The contents of the hits before and after one, None at the ends; its `place` (from 1), `of` how many if known."""

    before: str | None
    after: str | None
    place: int
    of: int | None


@dataclass(frozen=True, slots=True)
class Census:
    """Facets counted over so many hits (`of`) of all (`total`), spread evenly among them."""

    facets: Facets
    of: int
    total: int


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
        self._orders = Orders()

    @contextmanager
    def open(self) -> Iterator[Answers]:
        """The index as it is now. Raises IndexFileError where there is none."""
        with open_reader(self.settings.db) as conn:
            thresholds = index_thresholds(conn, self.thresholds)
            yield Answers(conn, self.vocabulary.extended(own_words(conn)), thresholds, lambda _: None)

    def state(self) -> str:
        """What the answers depend on besides the query: another text once the index has changed, and every day."""
        return f"{index_state(self.settings.db)}-{today():%m%d}"

    def ask(self, answers: Answers, text: str) -> Question:
        """The question that `text` asks; an empty one asks for every photo. Raises QueryError, UnknownWordError."""
        return answers.read([text.strip() or EVERYTHING])

    def page(self, question: Question, sort: str, places: slice, state: str = "") -> list[Entry]:
        """The hits at these places (from 0). With the `state` in which the reader began, in the order of then, if that
        is still known: nothing comes twice or is skipped while the index grows."""
        order = self._order(question, sort, places.stop, state)
        if places.start and not (order.complete or order.ahead):  # who scrolls may soon jump anywhere
            order.ahead = True
            threading.Thread(target=self._finish, args=(question.text, sort, state), daemon=True).start()
        return entries_of(question.question, order.photos[places])

    def total(self, question: Question) -> int:
        """How many hits there are."""
        order = self._order(question, "score", 0)
        return len(order.photos) if order.complete else question.total()

    def facets(self, question: Question) -> Census:
        """What the hits have in common; where they are many, what 8,000 of them have."""
        photos = question.question.sample(FACETS_OF)
        total = len(photos) if len(photos) < FACETS_OF else self.total(question)
        return Census(facets(question.question, photos), len(photos), total)

    def neighbours(self, question: Question, sort: str, photo: int) -> Neighbours | None:
        """The hits beside a photo; None when it is no hit of the question."""
        for least in (*STEPS, None):
            order = self._order(question, sort, least)
            if photo in order.photos or order.complete:
                break
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
        return Neighbours(before, after, place + 1, len(order.photos) if order.complete else None)

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
        """How the last word of `text` may go on, by the words of this index: whole texts."""
        return completions(text, _everything(answers).lexicon.names, answers.vocabulary)

    def _order(self, question: Question, sort: str, least: int | None, state: str = "") -> Order:
        """The order of the hits, at least the first `least` of them if there are so many; None is all."""
        key = (question.text, sort, state)
        if key not in self._orders:
            key = (question.text, sort, self.state())
        return self._orders.of(key, least, lambda limit: ranked(question.question, sort, limit))

    def _finish(self, text: str, sort: str, state: str) -> None:
        """Work out a whole order, beside the requests."""
        with contextlib.suppress(PhototagError), self.open() as answers:  # a request for it will tell
            self._order(self.ask(answers, text), sort, None, state)


def _everything(answers: Answers, thresholds: Thresholds | None = None) -> stored.Question:
    """A question that every photo answers."""
    return stored.Question(answers.conn, answers.read([EVERYTHING]).node, thresholds or answers.thresholds)
