"""What is in an index: its words with what they find, and which objects appear together."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from phototag.query.resolve import Vocabulary
from phototag.query.thresholds import Thresholds
from phototag.query.tree import Word
from phototag.store.answers import Question
from phototag.store.compile_leaves import Leaves, Parameters
from phototag.store.counts import count
from phototag.store.lexicon import read_lexicon
from phototag.store.reading import Connection


@dataclass(frozen=True, slots=True)
class WordCount:
    """A word with the number of photos and of objects that it finds."""

    word: str
    photos: int
    objects: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two labels of objects, the number of photos that have both, and the lift: how many times as often as if the two
    had nothing to do with one another."""

    first: str
    second: str
    photos: int
    lift: float


def word_counts(
    conn: Connection, words: Iterable[str], vocabulary: Vocabulary, thresholds: Thresholds
) -> Iterator[WordCount]:
    """What each of these canonical words finds; those that find nothing are left out."""
    for word in words:
        counted = count(Question(conn, Word(word, labels=vocabulary.below(word) | {word}), thresholds))
        if counted.photos:
            yield WordCount(word, counted.photos, counted.objects or 0)


def pairs(conn: Connection, thresholds: Thresholds, least: int = 2, limit: int = 20) -> tuple[Pair, ...]:
    """The pairs of object labels that at least `least` photos have, those with the greatest lift first.

    Labels count from their thresholds on. The lift of a and b is P(a and b) / (P(a) P(b)) over the photos that a
    detector has seen (Brin, Motwani, Ullman and Tsur, 1997, call it interest).
    """
    leaves = Leaves(read_lexicon(conn), thresholds, Parameters())
    statement = f"""
        WITH seen AS MATERIALIZED (
            SELECT DISTINCT d.photo_id, d.name_id FROM detections d WHERE d.live AND {leaves.any_label("d")}),
        photos AS MATERIALIZED (SELECT name_id, count(*) AS number FROM seen GROUP BY name_id),
        pairs AS (
            SELECT a.name_id AS first, b.name_id AS second, count(*) AS number
            FROM seen a JOIN seen b ON b.photo_id = a.photo_id AND b.name_id > a.name_id
            GROUP BY 1, 2 HAVING count(*) >= {leaves.parameters.add(least)})
        SELECT m.name, n.name, pairs.number,
               1.0 * pairs.number * (SELECT count(*) FROM analyses WHERE task = 'detect' AND live)
               / (p.number * q.number) AS lift
        FROM pairs JOIN photos p ON p.name_id = first JOIN photos q ON q.name_id = second
        JOIN names m ON m.id = first JOIN names n ON n.id = second
        ORDER BY lift DESC, pairs.number DESC, m.name, n.name LIMIT {leaves.parameters.add(limit)}"""
    rows = conn.exec_driver_sql(statement, leaves.parameters.values)
    return tuple(Pair(min(a, b), max(a, b), number, lift) for a, b, number, lift in rows)
