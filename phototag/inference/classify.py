"""Classifiers: from an output vector to labels, and to the confidence in every word above them."""

from collections.abc import Mapping, Sequence

import numpy as np

from phototag.errors import ModelBrokenError
from phototag.inference.decoders.base import sigmoid
from phototag.inference.labels import UNUSED
from phototag.inference.nms import Floats
from phototag.inference.session import Tensor
from phototag.inference.spec import Activation, ModelSpec
from phototag.inference.vectors import from_scores, stored
from phototag.types import Findings, Label


class ClassifierHead:
    """Reads one output [n, labels]. Made once per model; `head` in the catalog gives `output`, `activation` and, if the
    model has one, `feature` (the name of an output with a vector that describes the whole photo). `outputs` are
    those to ask the model for."""

    def __init__(self, spec: ModelSpec, names: Sequence[str], ancestors: Mapping[str, tuple[str, ...]]) -> None:
        """`names` has the name to use for each of the model's labels (`labels.UNUSED` leaves one out), `ancestors` the
        words at or above each name. Labels that share a name are one label.

        Raises ModelBrokenError naming the key of the catalog that is missing or wrong.
        """
        head = spec.head
        self.output = head.text("output")
        self.activation = Activation(head.choice("activation", *Activation))
        self.feature = head.text("feature") if "feature" in head else ""
        head.finish()
        self.outputs = (self.output, self.feature) if self.feature else (self.output,)
        used = {column: name for column, name in enumerate(names) if name != UNUSED}
        self._columns = len(names)
        self._keep = spec.confidences.keep
        self._labels = _Groups({name: {name} for name in used.values()}, used)
        self._words = _Groups({name: {name, *ancestors.get(name, ())} for name in used.values()}, used)

    def findings(self, outputs: Mapping[str, Tensor], floor: float) -> list[Findings]:
        """Labels and words of each image with a confidence of at least `floor`, and its vector.

        Raises ModelBrokenError when the model's labels are not as many as its label list's.
        """
        output = outputs[self.output]
        scores = output.reshape(len(output), -1).astype(np.float32)
        if scores.shape[1] != self._columns:
            raise ModelBrokenError(f"the model has {scores.shape[1]} labels, its label list {self._columns}")
        confidences = _activate(scores, self.activation)
        labels = self._labels.combine(confidences, exclusive=self.activation.exclusive)
        words = self._words.combine(confidences, exclusive=self.activation.exclusive)
        return [
            Findings(
                labels=_top(self._labels.names, own, floor, self._keep),
                words=_top(self._words.names, above, floor, len(above)),
                vector=vector,
            )
            for own, above, vector in zip(labels, words, self._vectors(outputs, scores), strict=True)
        ]

    def _vectors(self, outputs: Mapping[str, Tensor], scores: Floats) -> list[bytes]:
        if self.feature:
            return stored(outputs[self.feature].reshape(len(scores), -1).astype(np.float32))
        return stored(from_scores(scores, self.activation))


class _Groups:
    """Words, and for each the columns of the output at or below it."""

    def __init__(self, words_of: Mapping[str, set[str]], used: Mapping[int, str]) -> None:
        """`words_of` gives the words of each name, `used` the name of each column."""
        below: dict[str, list[int]] = {}
        for column, name in used.items():
            for word in words_of[name]:
                below.setdefault(word, []).append(column)
        self.names = sorted(below)
        self._columns = np.array([column for word in self.names for column in below[word]], np.intp)
        self._starts = np.cumsum([0, *(len(below[word]) for word in self.names[:-1])]).astype(np.intp)

    def combine(self, scores: Floats, *, exclusive: bool) -> Floats:
        """From the columns' confidences [n, columns] the words' [n, words]: sums if `exclusive`, else maxima."""
        combine = np.add if exclusive else np.maximum
        combined: Floats = np.clip(combine.reduceat(scores[:, self._columns], self._starts, axis=1), 0.0, 1.0)
        return combined


def _activate(scores: Floats, activation: Activation) -> Floats:
    if activation is Activation.SOFTMAX:
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        result: Floats = powers / powers.sum(axis=1, keepdims=True)
        return result
    if activation is Activation.SIGMOID:
        return sigmoid(scores)
    clipped: Floats = np.clip(scores, 0.0, 1.0)
    return clipped


def _top(names: Sequence[str], scores: Floats, floor: float, limit: int) -> tuple[Label, ...]:
    """The names at or above `floor`, at most `limit`, best first; equals in the order of `names`; never with zero."""
    able = np.flatnonzero((scores >= floor) & (scores > 0.0))
    order = able[np.argsort(-scores[able], kind="stable")][:limit]
    return tuple(Label(names[place], float(scores[place])) for place in order)
