"""Letters on pictures, for whatever alphabet a label or a file name is in."""

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import ImageFont

    Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

NO_CHARACTER = "\uffff"  # which no font has: it is drawn as what is missing
SYSTEM = (  # by the names that Pillow looks for in the system's folders: Linux, macOS, Windows; the widest first
    "DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "NotoSansCJK-Regular.ttc",
    "Arial Unicode.ttf", "PingFang.ttc", "arial.ttf", "msyh.ttc", "malgun.ttf",
)  # fmt: skip


def font_for(texts: Iterable[str], size: float) -> "Font":
    """A font of `size` pixels for the texts: Pillow's own, which has little beyond ASCII, where that will do, else the
    one among those of the system that has most of their letters."""
    from PIL import ImageFont

    letters = {letter for text in texts for letter in text}
    own = ImageFont.load_default(size)
    if not isinstance(own, ImageFont.FreeTypeFont):  # a Pillow without FreeType has no other
        return own
    fonts = [own]
    for name in SYSTEM if _missing(own, letters) else ():
        found = _system_font(name, size)
        fonts += [found] if found else []
        if found and not _missing(found, letters):
            break
    return min(fonts, key=lambda font: _missing(font, letters))


@cache
def _system_font(name: str, size: float) -> "ImageFont.FreeTypeFont | None":
    from PIL import ImageFont

    try:
        return ImageFont.truetype(name, size)
    except OSError:
        return None


def _missing(font: "ImageFont.FreeTypeFont", letters: Iterable[str]) -> int:
    """How many of the letters the font does not have."""
    blank = bytes(font.getmask(NO_CHARACTER))
    return sum(not letter.isascii() and bytes(font.getmask(letter)) == blank for letter in letters)
