"""Feature vectors: what a classifier sees in a whole photo, as numbers. The nearer two vectors, the more alike.

A model with an output for it (`feature` in the catalog) is asked. Of any other the vector is made from its scores: the
logits, less their mean, which say of a photo of anything how much it is like each thing that the model knows; by a
random projection with signs (Achlioptas, Database-friendly random projections, 2003) to `SIZE` numbers.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from phototag.inference.nms import Floats
from phototag.inference.spec import Activation

SIZE = 256
_LEAST = 1e-9  # a confidence below it says no more


@dataclass(frozen=True, slots=True)
class Linear:
    """A linear model: the confidence of a vector is the logistic function of `weights` times the vector plus `bias`."""

    weights: Floats
    bias: float

    @classmethod
    def read(cls, weights: bytes, bias: float) -> "Linear":
        """From 32-bit floats, little-endian."""
        return cls(np.frombuffer(weights, "<f4"), bias)

    @property
    def stored(self) -> bytes:
        """The weights as `read` takes them."""
        return self.weights.astype("<f4").tobytes()


def from_scores(scores: Floats, activation: Activation) -> Floats:
    """Vectors [n, at most 256] from a classifier's output [n, labels]."""
    if activation is Activation.PROBABILITIES:
        scores = np.log(np.clip(scores, _LEAST, 1.0))
    elif activation is Activation.INDEPENDENT:
        sure = np.clip(scores, _LEAST, 1.0 - 1e-6)
        scores = np.log(sure / (1.0 - sure))
    centred: Floats = scores - scores.mean(axis=1, keepdims=True)
    labels = centred.shape[1]
    return centred if labels <= SIZE else centred @ _signs(labels)


def stored(vectors: Floats) -> list[bytes]:
    """Vectors [n, numbers] as `Findings.vector`: brought to length 1, as 16-bit floats. One of zeros is b"": none."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    able = np.isfinite(lengths) & (lengths > 0)
    unit = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=able).astype("<f2")
    return [row.tobytes() if row.any() else b"" for row in unit]


def confidences(vectors: Floats, model: Linear) -> Floats:
    """Of each row of `vectors` [n, numbers]: how sure the model is, 0..1."""
    result: Floats = 1.0 / (1.0 + np.exp(-np.clip(vectors @ model.weights + model.bias, -60.0, 60.0)))
    return result


def confidence_of(vector: bytes, model: Linear) -> float:
    """How sure the model is of one stored vector."""
    return float(confidences(np.frombuffer(vector, "<f2").astype(np.float32)[None], model)[0])


def ranked(parts: Iterable[tuple[int, bytes]], slots: int, wanted: bytes) -> Iterator[tuple[int, float]]:
    """The photos most like the vector `wanted`, best first, each with the cosine of the angle between them.

    `parts` are stored vectors, `slots` at a time, each with the id of the photo in its first slot. Every vector is
    compared: 1,000,000 of 256 numbers take 0.6 s of one core (docs/performance.md).
    """
    target = np.frombuffer(wanted, "<f2").astype(np.float32)
    photos, likeness = [], []
    for first, matrix in _matrices(parts, slots):
        found = matrix @ target
        able = np.flatnonzero(found)  # an empty slot's is zero
        photos.append(able + first)
        likeness.append(found[able])
    if photos:
        numbers, cosines = np.concatenate(photos), np.concatenate(likeness)
        for place in np.argsort(-cosines, kind="stable"):
            yield int(numbers[place]), float(cosines[place])


def confident(
    parts: Iterable[tuple[int, bytes]], slots: int, model: Linear, least: float
) -> Iterator[tuple[int, float]]:
    """The photos that a linear model gives a confidence of `least` or more, by id."""
    for first, matrix in _matrices(parts, slots):
        found = confidences(matrix, model)
        for slot in np.flatnonzero((found >= least) & matrix.any(axis=1)):
            yield int(first + slot), float(found[slot])


def _matrices(parts: Iterable[tuple[int, bytes]], slots: int) -> Iterator[tuple[int, Floats]]:
    for first, data in parts:
        yield first, np.frombuffer(data, "<f2").reshape(slots, -1).astype(np.float32)


@lru_cache(maxsize=2)
def _signs(labels: int) -> Floats:
    """The projection [labels, 256]: the same everywhere and for ever, since stored vectors depend on it."""
    stream = hashlib.shake_256(b"phototag").digest(labels * SIZE // 8)
    bits = np.unpackbits(np.frombuffer(stream, np.uint8)).reshape(labels, SIZE)
    signs: Floats = bits.astype(np.float32) * 2.0 - 1.0
    return signs
