"""Questions put to the index: search, count, explain, show."""

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from phototag.app.thresholds import detected_words, index_thresholds, load_thresholds, unknown_labels
from phototag.app.words import load_vocabulary
from phototag.errors import UsageError
from phototag.query.conditions import Has
from phototag.query.parser import join_arguments, parse
from phototag.query.resolve import Resolver
from phototag.query.thresholds import Thresholds
from phototag.query.tree import Node, Tag, Things, Word, descriptions_of, filters_of
from phototag.query.verbs import strip_verb
from phototag.query.vocabulary import Vocabulary
from phototag.settings import Settings
from phototag.store import answers as stored
from phototag.store.lexicon import own_words
from phototag.store.reader import open_reader
from phototag.store.reading import Connection
from phototag.store.statistics import completeness, incomplete_run, stored_floor
from phototag.types import Hit, Task

if TYPE_CHECKING:  # each question pays for its own kind only
    from phototag.query.explain import Reason
    from phototag.query.sentence import Understood
    from phototag.store.counts import Counted
    from phototag.store.details import Details
    from phototag.store.explain import Part

UNSEEN = {
    "stopped": "the last run was stopped before it had seen everything",
    "limit": "the last run ended at its --limit",
    "unfinished": "the last run was broken off, or is under way",
}


@dataclass(frozen=True, slots=True)
class Question:
    """A query that was understood; `text` is what the user typed."""

    text: str
    node: Node
    question: stored.Question

    def search(self, limit: int | None = None, sort: str = "score", *, copies: bool = False) -> Iterator[Hit]:
        """The photos that answer, streamed; with `copies`, one hit for each path of each photo."""
        hits = self.question.search(limit, _known_order(sort))
        return hits if not copies else (each for hit in hits for each in self._copies(hit))

    def explain(self, limit: int | None = None, sort: str = "score") -> Iterator[tuple[Hit, tuple["Reason", ...]]]:
        """The hits as `search` gives them, each with the reasons for it."""
        from phototag.store.explain import explained

        return explained(self.question, limit, _known_order(sort))

    def emptied_by(self) -> tuple["Part", ...]:
        """What each part of the query finds alone: the part that empties it finds nothing, or nothing with the rest."""
        from phototag.store.explain import emptied_by

        return emptied_by(self.question)

    def total(self) -> int:
        """How many photos answer."""
        return self.question.total()

    def exists(self) -> bool:
        """Whether any photo answers."""
        return self.question.exists()

    def count(self, by: str | None = None, *, scenes: bool = False) -> "Counted":
        """How many objects, in how many photos; `by` groups them. With `scenes` the photos of a burst count once."""
        from phototag.store.counts import count

        if not scenes:
            return count(self.question, by)
        if by == "label":
            raise UsageError("scenes can't be counted by label", hint="Leave out --dedupe, or choose another --by.")
        from phototag.store.scene_counts import count_scenes

        return count_scenes(self.question, by)

    def _copies(self, hit: Hit) -> Iterator[Hit]:
        from phototag.store.details import copies_of

        paths = copies_of(self.question.conn, hit.path) if hit.copies > 1 else [hit.path]
        return (replace(hit, path=path) for path in paths)


@dataclass(frozen=True, slots=True)
class Answers:
    """An open index with the words and thresholds of this installation."""

    conn: Connection
    vocabulary: Vocabulary
    thresholds: Thresholds
    note: Callable[[str], None]
    detectable: Callable[[str], Collection[str] | None] = lambda _: None

    def ask(self, words: Sequence[str], *, online: bool = False) -> Question:
        """Understand a query, given as the words of a command line, and note what the user should know of the answer.

        Raises QueryError where it can't be read, UnknownWordError for a word that the vocabulary does not have.
        """
        asked = self.read(words, online=online)
        state = completeness(self.conn, asked.question.scope)
        if not state.photos:
            self.note("The index holds no photos: `phototag index PATH` adds a folder of them.")
            return asked
        if state.complete < state.photos:
            told = f"{state.complete:,} of {state.photos:,} photos were analysed by both models"
            self.note(f"The index is not complete: {told}.")
        if why := incomplete_run(self.conn):
            self.note(f"The index may lack photos: {UNSEEN[why]}; `phototag index` goes on from there.")
        for word in asked.question.absent():
            self.note(f"“{word}” is a known word, but no model has seen one in this index.")
        for word in asked.question.boxless():
            self.note(f"“{word}” is a known word, but no photo of this index has a box around one.")
        self._tell_floor(asked)
        self._tell_failed(asked)
        return asked

    def read(self, words: Sequence[str], *, online: bool = False) -> Question:
        """What `ask` does, without notes."""
        text = join_arguments(strip_verb(list(words)))
        resolver = Resolver(self.vocabulary, today(), self._saved, text)
        node = resolver.resolve(parse(text, self.vocabulary.knows))
        return Question(text, node, stored.Question(self.conn, node, self.thresholds, online, self.detectable))

    def understand(self, sentence: str) -> "Understood":
        """The query that a plain sentence means. Raises QueryError when nothing in it is understood."""
        from phototag.query.sentence import understand

        return understand(sentence, self.vocabulary, today())

    def photo(self, path: Path) -> "Details":
        """Everything known of the photo at `path`; a bare name will do where only one photo has it.

        Raises UsageError when the index has no such photo, or several.
        """
        from phototag.store.details import details

        return details(self.conn, os.fsencode(os.path.abspath(path)), os.fsencode(path), self.thresholds)

    def _saved(self, name: str) -> Node | None:
        from phototag.store.saved import find_query

        query = find_query(self.conn, name)
        return None if query is None else parse(query, self.vocabulary.knows)

    def _tell_failed(self, asked: Question) -> None:
        """Say it where failed photos are asked for, and there are failed files that are none."""
        if not any(one.condition == Has("failed") for one in filters_of(asked.node)):
            return
        from phototag.store.problems import without_photo

        if number := without_photo(self.conn):
            told = "1 file that failed shows" if number == 1 else f"{number:,} files that failed show"
            self.note(f"{told} no photo: `phototag errors` lists what failed, and why.")

    def _tell_floor(self, asked: Question) -> None:
        """Say it where less is asked for than was stored."""
        leaves = list(descriptions_of(asked.node))
        told = []
        for task, kinds, what in ((Task.DETECT, (Word, Things), "objects"), (Task.CLASSIFY, (Word, Tag), "labels")):
            confidences = [leaf.confidence for leaf in leaves if isinstance(leaf, kinds)]
            least = min((c for c in (*confidences, self.thresholds.minimum) if c is not None), default=None)
            if confidences and least is not None:
                floor = stored_floor(self.conn, task, asked.question.scope)
                told += [f"{what} below {floor:g}"] if least < floor else []
        if told:
            hint = " (`phototag index --floor X` stores more)" if "objects" in told[0] else ""
            self.note(f"The index does not have {' and '.join(told)}{hint}.")


def find_photo(conn: Connection, path: Path) -> int:
    """The id of the photo at `path`; a bare name will do where only one photo has it. Raises UsageError."""
    from phototag.store.details import photo_id

    return photo_id(conn, os.fsencode(os.path.abspath(path)), os.fsencode(path))


@contextmanager
def open_answers(settings: Settings, note: Callable[[str], None]) -> Iterator[Answers]:
    """Open the index for reading. Raises IndexFileError where there is none."""
    with open_reader(settings.db) as conn:
        vocabulary = load_vocabulary(settings).extended(own_words(conn))
        for fault in unknown_labels(settings, vocabulary):
            note(fault)
        thresholds = index_thresholds(conn, load_thresholds(settings, vocabulary))
        yield Answers(conn, vocabulary, thresholds, note, lambda name: detected_words(name, settings, vocabulary))


def _known_order(sort: str) -> str:
    if sort not in stored.ORDERS:
        raise UsageError(f"--sort {sort} is not known", hint=f"Orders are: {', '.join(stored.ORDERS)}.")
    return sort


def today() -> date:
    """The date on the user's wall calendar."""
    return date.today()  # noqa: DTZ011 -- the user's wall calendar is meant, not an instant
