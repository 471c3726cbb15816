"""Drawn boxes: where the lines and labels are, and that the picture given is left alone."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from phototag.geometry import Box
from phototag.render.annotate import annotate, caption, place_label
from phototag.render.palette import BLACK, WHITE, colour, ink
from phototag.types import Detection


def found(label: str, *corners: float, confidence: float = 0.9) -> Detection:
    return Detection(label, confidence, Box(*corners))


@pytest.mark.parametrize("ground", [BLACK, WHITE, colour("dog")])
def test_box_lies_where_it_was_found_and_has_a_rim_on_every_ground(ground: tuple[int, int, int]) -> None:
    image = Image.new("RGB", (400, 300), ground)
    drawn = annotate(image, [found("dog", 0.25, 0.5, 0.75, 0.9)])
    assert drawn.getpixel((150, 269)) == colour("dog")  # bottom line
    assert drawn.getpixel((100, 200)) == colour("dog")  # left line
    assert drawn.getpixel((99, 200)) == BLACK  # the rim beside it
    assert drawn.getpixel((200, 240)) == ground  # nothing inside
    assert image.getcolors() == [(400 * 300, ground)]


def test_without_objects_nothing_is_drawn() -> None:
    image = Image.new("RGB", (40, 30), (9, 9, 9))
    assert annotate(image, []).tobytes() == image.tobytes()


def test_on_a_small_picture_labels_give_way() -> None:
    image = Image.new("RGB", (320, 240))
    crowd = [found("dog", 0.3, 0.4, 0.6, 0.7) for _ in range(40)]
    plain, full = annotate(image, crowd, small=True), annotate(image, crowd)
    mixed = annotate(image, [*crowd, found("cat", 0.3, 0.4, 0.6, 0.7)], small=True)

    def coloured(drawn: Image.Image) -> int:
        return sum(number for number, value in drawn.getcolors(1 << 16) or [] if value == colour("dog"))

    assert coloured(plain) < coloured(mixed) < coloured(full)


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (5000, 8)])
def test_odd_sizes_are_drawn_on(size: tuple[int, int]) -> None:
    boxes = [found("cat", 0, 0, 1, 1), found("a label longer than the picture", 0.5, 0.5, 0.5, 0.5)]
    assert annotate(Image.new("RGB", size), boxes).size == size


def test_lines_grow_with_the_picture() -> None:
    small = annotate(Image.new("RGB", (300, 200)), [found("car", 0.2, 0.6, 0.8, 0.9)])
    large = annotate(Image.new("RGB", (3000, 2000)), [found("car", 0.2, 0.6, 0.8, 0.9)])
    widths = [
        sum(image.getpixel((image.width // 2, y)) == colour("car") for y in range(image.height * 8 // 10, image.height))
        for image in (small, large)
    ]
    assert widths[0] >= 1
    assert widths[1] >= 6 * widths[0]


def test_labels_of_one_crowded_place_lie_clear_of_one_another() -> None:
    taken: list[tuple[int, int, int, int]] = []
    for _ in range(8):
        taken.append(place_label((300, 300, 420, 460), (110, 20), (800, 800), taken))
    for one, other in combinations(taken, 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


@given(
    st.tuples(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99), st.integers(0, 99)),
    st.tuples(st.integers(1, 100), st.integers(1, 100)),
    st.lists(st.just((0, 0, 50, 50)), max_size=2),
)
def test_labels_that_fit_stay_inside_the_picture(
    frame: tuple[int, int, int, int], label: tuple[int, int], taken: list[tuple[int, int, int, int]]
) -> None:
    left, top, right, bottom = place_label(frame, label, (100, 100), taken)
    assert 0 <= left <= right <= 100
    assert 0 <= top <= bottom <= 100


def test_captions_stay_on_one_line() -> None:
    assert caption(found("dog\n[red]", 0, 0, 1, 1)) == "dog\\n[red] 90%"


def test_colours_are_stable_and_letters_readable_on_them() -> None:
    assert colour("dog") == (240, 228, 66)
    assert colour("zebra") == colour("zebra")
    assert {colour(str(number)) for number in range(200)} == {
        colour(name) for name in ("person", "car", "chair", "dog", "cat", "bottle", "book")
    }
    assert ink((0, 0, 0)) == WHITE
    assert ink((255, 255, 255)) == BLACK
    assert ink(colour("dog")) == BLACK
