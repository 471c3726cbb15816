"""`phototag eval classify`: how good a classifier is on labelled photos."""

import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phototag.app.messages import Examined
from phototag.app.report import Listener
from phototag.app.setup import model_file
from phototag.app.trial import (
    EVALUATION_FLOOR,
    EXTENSIONS,
    choose_for_trial,
    problem_document,
    rounded,
    run_models,
)
from phototag.app.words import canonical_names, load_vocabulary
from phototag.errors import PhototagError
from phototag.inference.labels import UNUSED, read_labels
from phototag.metrics.categories import bring_together, everyday
from phototag.metrics.classification import Answer, Classification, classification
from phototag.metrics.scene import LabelledPhoto
from phototag.metrics.truth import read_labelled
from phototag.query.vocabulary import Vocabulary
from phototag.settings import Settings
from phototag.types import Findings, Problem, Task

SHOWN_CONFUSIONS = 100


@dataclass(frozen=True, slots=True)
class ClassificationReport:
    """The answers of a classifier and how good they are.

    `left_out` are labels of the truth that the model or the vocabulary does not have, with their photos in no answer;
    neither are the `failed` ones.
    """

    model: str
    answers: tuple[Answer, ...]
    measures: Classification
    left_out: tuple[str, ...]
    failed: tuple[Problem, ...]
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """The document of `--json`: measures in percent, confidences 0..1."""
        measures = self.measures
        mistakes = Counter((answer.truth, answer.first) for answer in self.answers if not answer.right)
        return {
            "model": self.model,
            "photos": len(self.answers),
            "top1": rounded(measures.top1),
            "top5": rounded(measures.top5),
            "everyday": rounded(measures.everyday),
            "macro_f1": rounded(measures.macro_f1),
            "ece": rounded(measures.ece),
            "labels": [
                {
                    "label": label.label,
                    "photos": label.photos,
                    "precision": rounded(label.precision),
                    "recall": rounded(label.recall),
                    "f1": rounded(label.f1),
                }
                for label in measures.labels
            ],
            "calibration": [
                {"answers": b.number, "confidence": round(b.confidence, 4), "accuracy": round(b.accuracy, 4)}
                for b in measures.bins
            ],
            "confusion": [
                {"truth": there, "found": said, "number": number}
                for (there, said), number in mistakes.most_common(SHOWN_CONFUSIONS)
            ],
            "left_out": list(self.left_out),
            "failed": [problem_document(problem) for problem in self.failed],
            "seconds": round(self.seconds, 3),
        }


def classify(truth: Path, model: str | None, settings: Settings, listener: Listener) -> ClassificationReport:
    """Run a classifier over labelled photos and measure it.

    Raises UsageError for a truth that can't be used, ModelError for a model that can't.
    """
    photos = read_labelled(truth, EXTENSIONS)
    installed = choose_for_trial(settings, Task.CLASSIFY, model)
    vocabulary = load_vocabulary(settings)
    own = frozenset(canonical_names(installed.spec, vocabulary)) - {UNUSED}
    wanted = {photo.label for photo in photos}
    listed = read_labels(installed.spec.labels_file)
    own_ids = {identity: name for name, identity in zip(listed.names, listed.ids, strict=True) if identity}
    by_id = {label: vocabulary.canonical(own_ids[label], label) for label in wanted if label in own_ids}
    words = wanted - by_id.keys()
    categories = bring_together([*words, *(name for name in by_id.values() if name)], words, own, vocabulary)
    names = {label: categories.truth[name] for label, name in by_id.items() if name and name in categories.truth}
    names |= {label: categories.truth[label] for label in words if label in categories.truth}
    able = [photo for photo in photos if photo.label in names]
    begun = time.monotonic()
    file = model_file(installed, vocabulary, EVALUATION_FLOOR[Task.CLASSIFY])
    examined = sorted(run_models([photo.path for photo in able], [file], settings, listener), key=lambda e: e.job.root)
    seconds = time.monotonic() - begun
    judge = _Judge(names, categories.model, {name: everyday(name, vocabulary) for name in own}, vocabulary)
    answers = tuple(judge.answer(able[one.job.root], one) for one in examined if one.problem is None)
    failed = tuple(one.problem for one in examined if one.problem is not None)
    if not answers:
        raise PhototagError(f"none of the {len(failed):,} photos can be read; the first: {failed[0].reason}")
    left_out = tuple(sorted(own_ids.get(label, label) for label in wanted - names.keys()))
    return ClassificationReport(installed.spec.name, answers, classification(answers), left_out, failed, seconds)


@dataclass(frozen=True, slots=True)
class _Judge:
    """`names`: the canonical name of each label of the truth; `model`: what each of the model's labels amounts to
    there; `everyday`: the everyday word for each of them."""

    names: Mapping[str, str]
    model: Mapping[str, str]
    everyday: Mapping[str, str]
    vocabulary: Vocabulary

    def answer(self, photo: LabelledPhoto, examined: Examined) -> Answer:
        findings = examined.analyses[0].findings
        truth = self.names[photo.label]
        said = tuple(dict.fromkeys(self.model.get(label.name, label.name) for label in findings.labels))
        confidence = findings.labels[0].confidence if findings.labels else 0.0
        return Answer(photo.path, truth, said, confidence, self._everyday(truth, findings))

    def _everyday(self, truth: str, findings: Findings) -> bool:
        """Whether the best everyday word is the truth's; a word's confidence is the sum over its labels."""
        sums: dict[str, float] = defaultdict(float)
        for label in findings.labels:
            sums[self.everyday[label.name]] += label.confidence
        best = max(sums, key=lambda word: sums[word], default="")
        return best in self.vocabulary.below(everyday(truth, self.vocabulary))
