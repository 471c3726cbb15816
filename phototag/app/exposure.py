"""How a photo was exposed, from its file: for people who look at one photo."""

from collections.abc import Mapping
from typing import Any

from phototag.app.pictures import read_original
from phototag.errors import PhototagError
from phototag.types import Hit

_EXIF = 0x8769
_TIME, _APERTURE, _ISO, _LENGTH = 0x829A, 0x829D, 0x8827, 0x920A


def read_exposure(hit: Hit, content: str) -> list[tuple[str, str]]:
    """Names and values for people; nothing where the file is gone, says nothing, or has another picture by now than the
    one with this `content` (hexadecimal)."""
    try:
        identity = read_original(hit, content).identity
    except PhototagError:
        return []
    from PIL import Image

    try:
        block = Image.Exif()
        block.load(b"Exif\0\0" + identity.exif)
        return list(_described(block.get_ifd(_EXIF)))
    except Exception:  # broken EXIF raises whatever it likes, and matters to nobody here
        return []


def _described(tags: Mapping[int, Any]) -> list[tuple[str, str]]:
    found = []
    if time := float(tags.get(_TIME) or 0):
        found.append(("Exposure", f"1/{round(1 / time)} s" if time < 0.4 else f"{time:g} s"))
    if aperture := float(tags.get(_APERTURE) or 0):
        found.append(("Aperture", f"f/{aperture:g}"))
    if iso := tags.get(_ISO):
        found.append(("ISO", str(int(iso[0] if isinstance(iso, tuple) else iso))))
    if length := float(tags.get(_LENGTH) or 0):
        found.append(("Focal length", f"{length:g} mm"))
    return found
