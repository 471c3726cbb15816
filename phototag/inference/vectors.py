"""Feature vectors: what a classifier sees in a whole photo, as numbers. The nearer two vectors, the more alike.

A model with an output for it (`feature` in the catalog) is asked. Of any other the vector is made from its scores: the
logits, less their mean, which say of a photo of anything how much it is like each thing that the model knows; by a
random projection with signs (Achlioptas, Database-friendly random projections, 2003) to `SIZE` numbers.
"""

import hashlib
from functools import lru_cache

import numpy as np

from phototag.inference.nms import Floats
from phototag.inference.spec import Activation

SIZE = 256
_LEAST = 1e-9  # a confidence below it says no more


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


@lru_cache(maxsize=2)
def _signs(labels: int) -> Floats:
    """The projection [labels, 256]: the same everywhere and for ever, since stored vectors depend on it."""
    stream = hashlib.shake_256(b"phototag").digest(labels * SIZE // 8)
    bits = np.unpackbits(np.frombuffer(stream, np.uint8)).reshape(labels, SIZE)
    signs: Floats = bits.astype(np.float32) * 2.0 - 1.0
    return signs
