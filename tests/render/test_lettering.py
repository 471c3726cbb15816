"""Letters of every alphabet on pictures."""

import pytest
from PIL import Image, ImageFont

from phototag.geometry import Box
from phototag.render.annotate import annotate
from phototag.render.lettering import NO_CHARACTER, font_for
from phototag.render.sheet import Cell, contact_sheet
from phototag.types import Detection

SIZE = 15


@pytest.fixture
def system() -> ImageFont.FreeTypeFont:
    try:
        return ImageFont.truetype("DejaVuSans.ttf", SIZE)
    except OSError:
        pytest.skip("needs the font DejaVu Sans: apt-get install fonts-dejavu-core")


@pytest.mark.parametrize("texts", [["dog 93%", "two people.jpg …"], []])
def test_what_pillows_own_font_has_is_drawn_with_it(texts: list[str]) -> None:
    text = "two people"
    assert bytes(font_for(texts, SIZE).getmask(text)) == bytes(ImageFont.load_default(SIZE).getmask(text))


@pytest.mark.parametrize("text", ["Grüße.jpg", "кошка", "γάτα", "Straßenhündin 41%", "Ł"])
def test_other_letters_are_drawn_with_a_font_that_has_them(system: ImageFont.FreeTypeFont, text: str) -> None:
    font = font_for(["dog", text], SIZE)
    blank = bytes(font.getmask(NO_CHARACTER))
    assert all(bytes(font.getmask(letter)) != blank for letter in text)


def test_letters_that_no_font_has_are_no_fault() -> None:
    assert font_for(["\U0010fffd\ue000"], SIZE) is not None


@pytest.mark.usefixtures("system")
def test_labels_and_captions_can_be_told_apart() -> None:
    """Without their letters both would be a row of the same empty boxes."""
    ground = Image.new("RGB", (400, 300), "gray")

    def drawn(text: str) -> bytes:
        return annotate(ground, [Detection(text, 0.9, Box(0.1, 0.3, 0.6, 0.9))]).tobytes()

    assert drawn("ябяб") != drawn("бяяб")
    sheets = [contact_sheet([Cell(ground, caption)], 1).tobytes() for caption in ("ябяб.jpg", "бяяб.jpg")]
    assert sheets[0] != sheets[1]
