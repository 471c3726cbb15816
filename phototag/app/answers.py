"""Questions put to the index: search, count, show."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from phototag.app.models import open_library
from phototag.app.words import canonical_names, load_vocabulary
from phototag.errors import UsageError
from phototag.inference.labels import read_labels
from phototag.query.parser import join_arguments, parse
from phototag.query.resolve import resolve
from phototag.query.thresholds import ModelThresholds, Thresholds
from phototag.query.tree import Node
from phototag.query.vocabulary import Vocabulary
from phototag.settings import Settings
from phototag.store import answers as stored
from phototag.store.counts import Counted, count
from phototag.store.details import Details, copies_of, details
from phototag.store.engine import open_index
from phototag.store.statistics import completeness
from phototag.types import Hit


@dataclass(frozen=True, slots=True)
class Question:
    """A query that was understood; `text` is what the user typed."""

    text: str
    node: Node
    question: stored.Question

    def search(self, limit: int | None = None, sort: str = "score", *, copies: bool = False) -> Iterator[Hit]:
        """The photos that answer, streamed; with `copies`, one hit for each path of each photo."""
        if sort not in stored.ORDERS:
            raise UsageError(f"--sort {sort} is not known", hint=f"Orders are: {', '.join(stored.ORDERS)}.")
        hits = self.question.search(limit, sort)
        return hits if not copies else (each for hit in hits for each in self._copies(hit))

    def total(self) -> int:
        """How many photos answer."""
        return self.question.total()

    def exists(self) -> bool:
        """Whether any photo answers."""
        return self.question.exists()

    def count(self, by: str | None = None) -> Counted:
        """How many objects, in how many photos; `by` groups them."""
        return count(self.question, by)

    def _copies(self, hit: Hit) -> Iterator[Hit]:
        paths = copies_of(self.question.conn, hit.path) if hit.copies > 1 else [hit.path]
        return (replace(hit, path=path) for path in paths)


@dataclass(frozen=True, slots=True)
class Answers:
    """An open index with the words and thresholds of this installation."""

    conn: Connection
    vocabulary: Vocabulary
    thresholds: Thresholds
    note: Callable[[str], None]

    def ask(self, words: Sequence[str], *, online: bool = False) -> Question:
        """Understand a query, given as the words of a command line.

        Raises QueryError where it can't be read, UnknownWordError for a word that the vocabulary does not have.
        """
        text = join_arguments(list(words))
        node = resolve(parse(text, self.vocabulary.knows), self.vocabulary, datetime.now().astimezone().date(), text)
        self._tell_incomplete()
        return Question(text, node, stored.Question(self.conn, node, self.thresholds, online))

    def photo(self, path: Path) -> Details:
        """Everything known of the photo at `path`; a bare name will do where only one photo has it.

        Raises UsageError when the index has no such photo, or several.
        """
        return details(self.conn, os.fsencode(os.path.abspath(path)), os.fsencode(path.name), self.thresholds)

    def _tell_incomplete(self) -> None:
        state = completeness(self.conn)
        if state.complete < state.photos:
            told = f"{state.complete:,} of {state.photos:,} photos were analysed by both models"
            self.note(f"The index is not complete: {told}.")


@contextmanager
def open_answers(settings: Settings, note: Callable[[str], None]) -> Iterator[Answers]:
    """Open the index for reading. Raises IndexFileError where there is none."""
    with open_index(settings.db, write=False) as index:
        for text in index.notes:
            note(text)
        vocabulary = load_vocabulary(settings)
        with index.read() as conn:
            yield Answers(conn, vocabulary, load_thresholds(settings, vocabulary), note)


def load_thresholds(settings: Settings, vocabulary: Vocabulary) -> Thresholds:
    """The thresholds of the settings and of the catalog, by canonical label."""
    models = {}
    for name, spec in open_library(settings).catalog.models.items():
        own: dict[str, float] = {}
        if spec.confidences.per_label:
            pairs = zip(read_labels(spec.labels_file).names, canonical_names(spec, vocabulary), strict=True)
            renamed = dict(pairs)
            own = {renamed[label]: value for label, value in spec.confidences.per_label.items() if label in renamed}
        models[name] = ModelThresholds(spec.confidences.threshold, own)
    user = {vocabulary.resolve(word): value for word, value in settings.thresholds.items()}
    return Thresholds(settings.min_confidence, user, models)
