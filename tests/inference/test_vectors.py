import numpy as np
import pytest

from phototag.inference.nms import Floats
from phototag.inference.spec import Activation
from phototag.inference.vectors import SIZE, Linear, confidence_of, confident, from_scores, ranked, stored

FROZEN = (1.8440, 4.0720, 0.2520, -2.2040)  # vectors in an index were made with it
NUMBERS = np.random.default_rng(0)


def softmax(logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares


@pytest.mark.parametrize("labels", [6, 1000])
def test_probabilities_and_logits_give_the_same_vector(labels: int) -> None:
    logits = NUMBERS.normal(size=(4, labels)).astype(np.float32)
    first = from_scores(logits, Activation.SOFTMAX)
    second = from_scores(softmax(logits), Activation.PROBABILITIES)
    assert first.shape == (4, min(labels, SIZE))
    np.testing.assert_allclose(first, second, atol=2e-3)
    odds = (1 / (1 + np.exp(-logits))).astype(np.float32)
    np.testing.assert_allclose(
        from_scores(logits, Activation.SIGMOID), from_scores(odds, Activation.INDEPENDENT), atol=2e-2
    )


def test_the_projection_keeps_angles_and_never_changes() -> None:
    logits = NUMBERS.normal(size=(30, 1000)).astype(np.float32)
    centred = logits - logits.mean(axis=1, keepdims=True)

    def cosines(rows: np.ndarray) -> np.ndarray:
        unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(unit @ unit.T)

    error = cosines(from_scores(logits, Activation.SOFTMAX)) - cosines(centred)
    assert np.abs(error).mean() < 0.06  # about 1 / sqrt(256)
    one = np.zeros((1, 1000), np.float32)
    one[0, :3] = 1, 2, 3
    first = from_scores(one, Activation.SOFTMAX)[0, :4]
    np.testing.assert_allclose(first, FROZEN, atol=1e-4)


def test_stored_vectors_have_length_one_and_nothing_is_none() -> None:
    rows = np.array([[3, 4], [0, 0], [np.nan, 1], [np.inf, 1], [1e-9, 0]], np.float32)
    found = stored(rows)
    assert found[0] == np.array([0.6, 0.8], "<f2").tobytes()
    assert found[1] == found[2] == found[3] == b""
    assert found[4] == np.array([1, 0], "<f2").tobytes()


def test_ranking_is_that_of_the_cosines_and_leaves_empty_slots_out() -> None:
    rows = NUMBERS.normal(size=(12, 16)).astype(np.float32)
    slots = stored(rows)
    slots[3] = slots[9] = bytes(32)
    parts = [(0, b"".join(slots[:4])), (4, b"".join(slots[4:8])), (256, b"".join(slots[8:]))]
    order = list(ranked(parts, 4, slots[0]))
    assert [photo for photo, _ in order][:1] == [0]
    assert sorted(photo for photo, _ in order) == [0, 1, 2, 4, 5, 6, 7, 256, 258, 259]
    assert [cosine for _, cosine in order] == sorted((cosine for _, cosine in order), reverse=True)
    assert list(ranked([], 4, slots[0])) == []
    model = Linear(rows[0], -0.5)
    sure = dict(confident(parts, 4, model, 0.0))
    assert sure.keys() == {photo for photo, _ in order}
    assert sure[5] == pytest.approx(confidence_of(slots[5], Linear.read(model.stored, model.bias)))
    assert all(value >= 0.6 for value in dict(confident(parts, 4, model, 0.6)).values())
