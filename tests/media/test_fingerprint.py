"""Fingerprints: near copies are near, others are not, and groups are complete."""

import io

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from phototag.media.fingerprint import fingerprint, groups_near


def picture(seed: int) -> Image.Image:
    noise = np.random.default_rng(seed).integers(0, 255, (12, 16, 3), np.uint8)
    return Image.fromarray(noise).resize((640, 480), Image.Resampling.BICUBIC)


def test_another_size_quality_or_sharpness_is_near_and_another_picture_is_not() -> None:
    original = picture(1)
    packed = io.BytesIO()
    original.save(packed, "JPEG", quality=40)
    near = [original.resize((200, 150)), Image.open(packed), original.filter(ImageFilter.GaussianBlur(3))]
    for other in near:
        assert (fingerprint(original) ^ fingerprint(other)).bit_count() <= 4
    assert min((fingerprint(original) ^ fingerprint(picture(seed))).bit_count() for seed in range(2, 40)) > 12


numbers = st.lists(
    st.one_of(st.integers(0, 2**64 - 1), st.sets(st.integers(0, 63), max_size=4).map(lambda b: sum(1 << i for i in b))),
    max_size=12,
)


@given(numbers, st.integers(0, 7))
def test_groups_are_those_of_the_definition(values: list[int], most: int) -> None:
    groups = [set(group) for group in groups_near(values, most)]
    of = {place: number for number, group in enumerate(groups) for place in group}
    for a in range(len(values)):
        for b in range(a):
            if (values[a] ^ values[b]).bit_count() <= most:
                assert a in of
                assert of[a] == of.get(b)
    for group in groups:
        for a in group:
            assert any((values[a] ^ values[b]).bit_count() <= most for b in group - {a})
