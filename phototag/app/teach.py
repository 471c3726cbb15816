"""`phototag teach`: a tag of the user's own, learnt from a few photos and given to all, without running a model."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from phototag.app.answers import Answers, find_photo, open_answers
from phototag.app.corrections import checked_word, relatives
from phototag.app.taught import FLOOR
from phototag.app.thresholds import emitted_words
from phototag.errors import UnknownWordError, UsageError
from phototag.inference.teach import Example, held_out, learn
from phototag.inference.vectors import Linear, confident
from phototag.metrics.matching import Rates, Scored
from phototag.metrics.tuning import Tuned, tune
from phototag.render.text import counted
from phototag.settings import Settings
from phototag.store import corrections as stored
from phototag.store import vectors
from phototag.store.bursts import scenes_of
from phototag.store.corrections import Correction, Kind
from phototag.store.details import hits_of, reachable
from phototag.store.engine import open_index
from phototag.store.models import StoredModel, current_model
from phototag.store.reading import Connection
from phototag.store.taught import TaughtTag, store_taught
from phototag.types import Hit, Task

FEWEST = 5
OTHERS_AN_EXAMPLE, FEWEST_OTHERS, MOST_OTHERS = 20, 300, 2000
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Examples:
    """What a tag is to be learnt from: photos (by id) that show it, photos that don't, and others, of which most will
    not. `new` are the corrections that the user makes by naming them."""

    shows: frozenset[int]
    lacks: frozenset[int]
    others: tuple[int, ...]
    new: tuple[tuple[int, Correction], ...]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was learnt, before it is applied. `rates` are on examples that were held out, with every other photo taken
    not to show it; `mistaken` are the others that were found all the same, the likeliest first. `found` of all `photos`
    would have the tag."""

    tag: TaughtTag
    examples: Examples
    rates: Rates
    mistaken: tuple[tuple[Hit, float], ...]
    found: int
    photos: int
    confidences: tuple[tuple[int, float], ...]


def learn_tag(
    name: str, photos: Sequence[Path], without: Sequence[Path], precision: float | None, settings: Settings
) -> Lesson:
    """Learn the tag `name` from the photos named now and from those that were tagged with it before.

    `without` don't show it, like those it was rejected for. The threshold has the best F1 on held-out examples, or with
    `precision` is the lowest that holds it. Raises UsageError for a name or photos that can't be used, where examples
    are missing, and where scikit-learn is.
    """
    with open_answers(settings, lambda _: None) as answers:
        model = current_model(answers.conn, Task.CLASSIFY)
        word = _checked_name(name, model, answers, settings)
        examples = _examples(answers.conn, word, model, photos, without)
        listed = dict(_with_vectors(answers.conn, model, examples))
        first = _judged(listed)
        if likely := tune(_scored(listed, first)):
            doubtful = {photo for photo in examples.others if first.get(photo, 0.0) >= likely.threshold}
            if 2 * len(doubtful) > len(examples.others):  # a model that can't tell is no reason to doubt them
                doubtful.clear()
            listed |= {photo: replace(listed[photo], doubtful=True) for photo in doubtful}
        judged = _judged(listed)
        tuned = tune(_scored(listed, judged, sure=True), precision)
        if tuned is None:
            raise UsageError(f"no threshold reaches that precision for “{word}”", hint="Ask for less, or add examples.")
        tuned = Tuned(round(tuned.threshold, 3), _scored(listed, judged).rates(round(tuned.threshold, 3)))
        linear = learn(list(listed.values()))
        there = reachable(answers.conn)
        found = confident(vectors.read(answers.conn, model.id), vectors.SLOTS, linear, FLOOR * tuned.threshold)
        confidences = tuple((photo, sure) for photo, sure in found if photo in there)
        lacking = {photo: sure for photo, sure in judged.items() if photo not in examples.shows}
        return Lesson(
            _tag(word, model, linear, tuned, examples),
            examples,
            tuned.rates,
            _mistaken(answers, lacking, tuned.threshold),
            sum(sure >= tuned.threshold for _, sure in confidences),
            len(there),
            confidences,
        )


def apply(lesson: Lesson, settings: Settings) -> None:
    """Keep the tag and give it to every photo that it fits; the examples are kept as the user's own tags."""
    with open_answers(settings, lambda _: None) as answers:
        known = answers.vocabulary.extended([lesson.tag.name])
    with open_index(settings.db, write=True) as index, index.begin() as conn:
        stored.correct(conn, lesson.examples.new, relatives(known))
        store_taught(conn, lesson.tag, lesson.confidences)


def _judged(listed: dict[int, Example]) -> dict[int, float]:
    return dict(zip(listed, held_out(list(listed.values())), strict=True))


def _scored(listed: dict[int, Example], judged: dict[int, float], *, sure: bool = False) -> Scored:
    """All examples, or only those that are `sure`."""
    shows = sum(one.shows for one in listed.values())
    found = [(judged[photo], one.shows) for photo, one in listed.items() if not (sure and one.doubtful)]
    return Scored(shows, found)


def _mistaken(answers: Answers, lacking: dict[int, float], threshold: float) -> tuple[tuple[Hit, float], ...]:
    likeliest = sorted((photo for photo, sure in lacking.items() if sure >= threshold), key=lambda p: -lacking[p])
    hits = hits_of(answers.conn, likeliest[:SHOWN], answers.thresholds)
    return tuple((hits[photo], lacking[photo]) for photo in likeliest[:SHOWN] if photo in hits)


def _tag(name: str, model: StoredModel, linear: Linear, tuned: Tuned, examples: Examples) -> TaughtTag:
    report = {
        "examples": len(examples.shows),
        "others": len(examples.lacks) + len(examples.others),
        "precision": tuned.rates.precision,
        "recall": tuned.rates.recall,
    }
    known = (name, model.id, model.model.name, model.current)
    return TaughtTag(*known, linear.stored, linear.bias, tuned.threshold, json.dumps(report), "")


def _checked_name(name: str, model: StoredModel, answers: Answers, settings: Settings) -> str:
    text = checked_word(name)
    try:
        word = answers.vocabulary.resolve(text)
    except UnknownWordError:
        return text
    if word in emitted_words(model.model.name, settings, answers.vocabulary):
        raise UsageError(
            f"“{word}” is a word that {model.model.name} says itself",
            hint=f"Give yours a name of its own, like “my {word}”.",
        )
    return word


def _examples(
    conn: Connection, word: str, model: StoredModel, photos: Sequence[Path], without: Sequence[Path]
) -> Examples:
    before = stored.marked(conn, word)
    named = {find_photo(conn, path): True for path in photos} | {find_photo(conn, path): False for path in without}
    if both := {find_photo(conn, path) for path in photos} & {find_photo(conn, path) for path in without}:
        raise UsageError(f"{len(both)} of the photos are named as examples both of “{word}” and of what it is not")
    marked = before | named
    shows = frozenset(photo for photo, does in marked.items() if does)
    lacks = frozenset(marked) - shows
    if len(shows) < FEWEST:
        raise UsageError(
            f"“{word}” has {counted(len(shows), 'example')}; {FEWEST} are the least",
            hint="Name more photos that show it.",
        )
    missing = len(marked) - len(vectors.of_photos(conn, model.id, marked))
    if missing:
        raise UsageError(
            f"{missing} of the {len(marked)} examples have no feature vector of {model.model.name} yet",
            hint="Run `phototag index`, or `phototag index --force` for photos that an older phototag indexed.",
        )
    others = _others(conn, frozenset(marked), len(shows))
    if len(others) + len(lacks) < FEWEST:
        raise UsageError("there are no other photos to tell the examples from", hint="Index more photos first.")
    kinds = {True: Kind.TAG, False: Kind.UNTAG}
    new = [(p, Correction(kinds[does], word)) for p, does in named.items() if before.get(p) is not does]
    return Examples(shows, lacks, others, tuple(new))


def _others(conn: Connection, marked: frozenset[int], shows: int) -> tuple[int, ...]:
    """A sample of the other photos; not those of an example's scene, which probably show the same."""
    able = sorted(reachable(conn).difference(marked))
    number = min(max(FEWEST_OTHERS, OTHERS_AN_EXAMPLE * shows), MOST_OTHERS)
    chosen = random.Random(0).sample(able, min(number, len(able)))  # noqa: S311  (nothing secret)
    scenes = scenes_of(conn, [*chosen, *marked])
    taken = {scenes[photo] for photo in marked}
    return tuple(sorted(photo for photo in chosen if scenes[photo] not in taken))


def _with_vectors(conn: Connection, model: StoredModel, examples: Examples) -> Iterator[tuple[int, Example]]:
    everyone = [*sorted(examples.shows), *sorted(examples.lacks), *examples.others]
    scenes = scenes_of(conn, everyone)
    found = vectors.of_photos(conn, model.id, everyone)
    for photo in everyone:
        if photo in found:
            yield photo, Example(found[photo], photo in examples.shows, scenes[photo])
