"""`phototag review LABEL`: the models' likely mistakes, one by one, and a threshold that follows from the answers.

What is asked is a stratified sample: the photos that a model claims to show the word are parted by confidence, and by
whether classifier and detector agree; from each part as many are asked as from the others, at random, the doubtful
parts first. So each answer stands for as many photos as its part has for each answer, and precision is not that of the
doubtful ones alone (Cochran, Sampling Techniques, 1977, chapter 5).
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from phototag.app import config
from phototag.app.answers import Answers, open_answers
from phototag.app.corrections import relatives
from phototag.query.thresholds import Thresholds
from phototag.query.vocabulary import Vocabulary
from phototag.settings import Settings
from phototag.store import corrections as stored
from phototag.store.corrections import Correction, Kind
from phototag.store.details import hits_of
from phototag.store.engine import open_index
from phototag.store.models import current_model
from phototag.store.review import Claim, claims
from phototag.store.statistics import stored_floor
from phototag.types import Hit, Task

ENOUGH = 20
"""Answers from which on a threshold is proposed."""
BINS = 5
STEPS = tuple(round(step / 20, 2) for step in range(1, 20))
FEWEST_ABOVE = 5
LEAST = 0.25
"""What a model says with less than this part of the threshold is no claim, and not asked about."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A photo to ask about, what the models claim, and whether they disagree."""

    hit: Hit
    claim: Claim
    disagree: bool


@dataclass(frozen=True, slots=True)
class Level:
    """What a threshold would give: `precision` (0..1) estimated from `answers` at or above it, of `photos`."""

    threshold: float
    precision: float
    answers: int
    photos: int


@dataclass
class Review:
    """One sitting. `threshold` is the least confidence that answers queries now, the lower of the two models'; `floor`
    the one below which a model that claims the word stored nothing."""

    word: str
    threshold: float
    questions: tuple[Asked, ...]
    settings: Settings
    vocabulary: Vocabulary
    parts: Mapping[int, int] = field(default_factory=dict)
    answers: dict[int, bool] = field(default_factory=dict)
    claimed: Sequence[Claim] = ()
    floor: float = 0.0

    def answer(self, asked: Asked, *, shows: bool) -> None:
        """Store the answer as a correction, a step of its own."""
        kind = Kind.TAG if shows else Kind.UNTAG
        with open_index(self.settings.db, write=True) as index, index.begin() as conn:
            stored.correct(conn, [(asked.claim.photo, Correction(kind, self.word))], relatives(self.vocabulary))
        self.answers[asked.claim.photo] = shows

    def levels(self) -> tuple[Level, ...]:
        """Precision per threshold, as far as the answers tell: from the floor and the least that was looked at on."""
        seen = [claim.score for claim in self.claimed if claim.photo in self.answers]
        least = max(self.floor, min(seen, default=1.0))
        found = (self._level(step) for step in STEPS if step >= least)
        return tuple(level for level in found if level is not None)

    def proposed(self, precision: float) -> Level | None:
        """The lowest threshold that holds the precision from there on up."""
        best = None
        for level in reversed(self.levels()):
            if level.precision < precision:
                break
            best = level
        return best

    def use(self, threshold: float) -> None:
        """Set the user's threshold for the word."""
        config.change(self.settings, f"thresholds.{self.word}", str(threshold))

    def _level(self, step: float) -> Level | None:
        sizes: dict[int, int] = {}
        asked: dict[int, int] = {}
        for claim in self.claimed:
            part = self.parts[claim.photo]
            sizes[part] = sizes.get(part, 0) + 1
            asked[part] = asked.get(part, 0) + (claim.photo in self.answers)
        above = [claim for claim in self.claimed if claim.score >= step]
        answered = [claim for claim in above if claim.photo in self.answers]
        if len(answered) < FEWEST_ABOVE:
            return None
        weights = {c.photo: sizes[self.parts[c.photo]] / asked[self.parts[c.photo]] for c in answered}
        right = sum(weight for photo, weight in weights.items() if self.answers[photo])
        return Level(step, right / sum(weights.values()), len(answered), len(above))


@contextmanager
def open_review(label: str, settings: Settings) -> Iterator[Review]:
    """A review of a label. Raises UnknownWordError, UsageError where nothing was indexed."""
    with open_answers(settings, lambda _: None) as answers:
        word = answers.vocabulary.resolve(label)
        marked = stored.marked(answers.conn, word)
        least = _thresholds(word, answers)
        doubtful = min(least.values()) * LEAST
        said = claims(answers.conn, word, answers.vocabulary.below(word))
        found = [claim for claim in said if claim.photo not in marked and claim.score >= doubtful]
        disagree = _disagreeing(found, least)
        parts = _parts(found, disagree)
        order = _order(found, parts)
        hits = hits_of(answers.conn, [claim.photo for claim in order], answers.thresholds)
        questions = tuple(
            Asked(hits[claim.photo], claim, claim.photo in disagree) for claim in order if claim.photo in hits
        )
        vocabulary = answers.vocabulary
        floor = _floor(said, answers)
    yield Review(word, min(least.values()), questions, settings, vocabulary, parts, {}, found, floor)


def _thresholds(word: str, answers: Answers) -> dict[Task, float]:
    models = {task: current_model(answers.conn, task).model.name for task in Task}
    known: Thresholds = answers.thresholds
    return {task: known.of(task, name, word) for task, name in models.items()}


def _floor(said: Sequence[Claim], answers: Answers) -> float:
    """A threshold of the user's holds for both models: the higher floor of those that say the word."""
    saying = {Task.CLASSIFY for claim in said if claim.tag is not None}
    saying |= {Task.DETECT for claim in said if claim.box is not None}
    return max((stored_floor(answers.conn, task) for task in saying), default=0.0)


def _disagreeing(found: Sequence[Claim], least: Mapping[Task, float]) -> frozenset[int]:
    """The photos of which one model says the word and the other does not; none where only one of them knows it."""
    if all(claim.tag is None for claim in found) or all(claim.box is None for claim in found):
        return frozenset()
    return frozenset(
        claim.photo
        for claim in found
        if ((claim.tag or 0.0) >= least[Task.CLASSIFY]) != ((claim.box or 0.0) >= least[Task.DETECT])
    )


def _parts(found: Sequence[Claim], disagree: frozenset[int]) -> dict[int, int]:
    """The part of each photo: twice its place among `BINS` steps of confidence, plus one where the models agree."""
    scores = [claim.score for claim in found]
    low, high = min(scores, default=0.0), max(scores, default=1.0)
    width = (high - low) / BINS or 1.0
    return {
        claim.photo: 2 * min(int((claim.score - low) / width), BINS - 1) + (claim.photo not in disagree)
        for claim in found
    }


def _order(found: Sequence[Claim], parts: Mapping[int, int]) -> list[Claim]:
    """One of each part in turn, the doubtful parts first; within a part by chance."""
    piles: dict[int, list[Claim]] = {}
    for claim in found:
        piles.setdefault(parts[claim.photo], []).append(claim)
    for pile in piles.values():
        random.Random(0).shuffle(pile)  # noqa: S311  (nothing secret)
    ordered: list[Claim] = []
    while any(piles.values()):
        ordered += [pile.pop() for _, pile in sorted(piles.items()) if pile]
    return ordered
