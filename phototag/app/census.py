"""What is in an index as a whole: its words, and which objects appear together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from phototag.app.answers import Answers
from phototag.query.vocabulary import Vocabulary
from phototag.store.labels import Pair, WordCount, pairs, word_counts
from phototag.store.lexicon import read_lexicon
from phototag.store.reading import Connection

TOP = ""  # above the words that nothing stands above


@dataclass(frozen=True, slots=True)
class Branch:
    """A word in the tree of words: how deep it stands, and what it finds."""

    depth: int
    found: WordCount


def words(answers: Answers) -> list[WordCount]:
    """Every word that finds something in this index, those of most photos first."""
    found = word_counts(
        answers.conn, _words_of(answers.conn, answers.vocabulary), answers.vocabulary, answers.thresholds
    )
    return sorted(found, key=lambda word: (-word.photos, word.word))


def tree(answers: Answers) -> Iterator[Branch]:
    """The same words, each below those that stand above it, with those of most photos first.

    A word with several words above it comes several times.
    """
    counts = words(answers)
    present = {found.word for found in counts}
    below: dict[str, list[WordCount]] = {}
    for found in counts:
        above = [parent for parent in answers.vocabulary.parents.get(found.word, ()) if parent in present]
        for parent in above or [TOP]:
            below.setdefault(parent, []).append(found)
    return _branches(TOP, below, 0)


def together(answers: Answers, least: int, limit: int) -> tuple[Pair, ...]:
    """Which objects appear together more often than chance would have it."""
    return pairs(answers.conn, answers.thresholds, least, limit)


def _branches(parent: str, below: Mapping[str, list[WordCount]], depth: int) -> Iterator[Branch]:
    for found in below.get(parent, []):
        yield Branch(depth, found)
        yield from _branches(found.word, below, depth + 1)


def _words_of(conn: Connection, vocabulary: Vocabulary) -> list[str]:
    names = read_lexicon(conn).names
    return sorted({word for name in names for word in vocabulary.ancestors(name)})
