"""How good a classifier's answers are."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from phototag.errors import UsageError

BINS = 15
NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a classifier said of a photo. `truth` is the label's canonical name.

    `said` are its answers, best first, each as the label of the truth that it amounts to, else as itself; `confidence`
    is the first one's, 0 where there is none. `everyday` says whether the answer is right in everyday words.
    """

    path: Path
    truth: str
    said: tuple[str, ...]
    confidence: float
    everyday: bool

    @property
    def first(self) -> str:
        """The best answer."""
        return self.said[0] if self.said else NOTHING

    @property
    def right(self) -> bool:
        """Whether the best answer is right."""
        return self.first == self.truth


@dataclass(frozen=True, slots=True)
class LabelRates:
    """One label's measures, in percent, over its `photos`; precision is None where the label was never the answer."""

    label: str
    photos: int
    precision: float | None
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Bin:
    """The answers with a confidence in one stretch: how many, their mean confidence, and the part that is right."""

    number: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Classification:
    """The measures, in percent. `ece` is the expected calibration error (Guo et al. 2017, 15 bins of equal width)."""

    top1: float
    top5: float
    everyday: float
    macro_f1: float
    ece: float
    labels: tuple[LabelRates, ...]
    bins: tuple[Bin, ...]


def classification(answers: Sequence[Answer]) -> Classification:
    """Measure at least one answer. Raises UsageError when scikit-learn is not installed."""
    bins = reliability(answers)
    labels = _labels(answers)
    return Classification(
        top1=_percent([answer.right for answer in answers]),
        top5=_percent([answer.truth in answer.said[:5] for answer in answers]),
        everyday=_percent([answer.everyday for answer in answers]),
        macro_f1=sum(label.f1 for label in labels) / len(labels),
        ece=100 * sum(b.number * abs(b.confidence - b.accuracy) for b in bins) / len(answers),
        labels=labels,
        bins=bins,
    )


def reliability(answers: Sequence[Answer]) -> tuple[Bin, ...]:
    """The bins that have answers, from the least confident on."""
    groups: dict[int, list[Answer]] = {}
    for answer in answers:
        groups.setdefault(min(int(answer.confidence * BINS), BINS - 1), []).append(answer)
    return tuple(
        Bin(
            len(group),
            sum(answer.confidence for answer in group) / len(group),
            sum(answer.right for answer in group) / len(group),
        )
        for _, group in sorted(groups.items())
    )


def _labels(answers: Sequence[Answer]) -> tuple[LabelRates, ...]:
    try:
        from sklearn.metrics import precision_recall_fscore_support
    except ImportError as error:
        raise UsageError("scikit-learn is not installed", hint="Run: pip install 'phototag[eval]'") from error
    truth, said = [answer.truth for answer in answers], [answer.first for answer in answers]
    names = sorted(set(truth))
    precision, recall, f1, photos = precision_recall_fscore_support(truth, said, labels=names, zero_division=0.0)
    answered = set(said)
    return tuple(
        LabelRates(
            name,
            int(photos[place]),
            100 * float(precision[place]) if name in answered else None,
            100 * float(recall[place]),
            100 * float(f1[place]),
        )
        for place, name in enumerate(names)
    )


def _percent(outcomes: Sequence[bool]) -> float:
    return 100 * sum(outcomes) / len(outcomes)
