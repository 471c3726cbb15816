import numpy as np
import pytest

from phototag.errors import UsageError
from phototag.inference.teach import Example, held_out, learn
from phototag.inference.vectors import confidence_of, stored

pytest.importorskip("sklearn", reason="the extra `teach` is not installed")


def examples(number: int, *, shows: bool, seed: int, scene: int | None = None) -> list[Example]:
    rows = np.random.default_rng(seed).normal(size=(number, 32)).astype(np.float32)
    rows[:, 0] += 4.0 if shows else -4.0
    return [
        Example(vector, shows, place + 1000 * seed if scene is None else scene)
        for place, vector in enumerate(stored(rows))
    ]


def test_what_can_be_told_is_told_unseen() -> None:
    given = examples(8, shows=True, seed=1) + examples(60, shows=False, seed=2)
    found = held_out(given)
    assert min(found[:8]) > max(found[8:])
    model = learn(given)
    assert confidence_of(examples(1, shows=True, seed=3)[0].vector, model) > 0.5
    assert confidence_of(examples(1, shows=False, seed=4)[0].vector, model) < 0.5


def test_chance_looks_like_chance() -> None:
    """Held out means held out: labels that say nothing are not found again."""
    rows = stored(np.random.default_rng(5).normal(size=(60, 32)).astype(np.float32))
    given = [Example(vector, place < 20, place) for place, vector in enumerate(rows)]
    found = np.array(held_out(given))
    assert abs(found[:20].mean() - found[20:].mean()) < 0.1
    assert found[:20].max() < 0.9


def test_doubtful_ones_teach_nothing_but_are_judged() -> None:
    given = examples(8, shows=True, seed=1) + examples(60, shows=False, seed=2)
    hidden = [Example(one.vector, False, one.scene, doubtful=True) for one in examples(8, shows=True, seed=6)]
    found = held_out([*given, *hidden])
    assert len(found) == 76
    assert min(found[-8:]) > max(found[8:68])


def test_one_scene_is_no_evidence() -> None:
    with pytest.raises(UsageError, match="of one moment"):
        held_out(examples(8, shows=True, seed=1, scene=7) + examples(20, shows=False, seed=2))
