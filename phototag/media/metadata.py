"""What a file says of its photo: when, with what, where."""

import math
import os
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from phototag.media import quiet  # noqa: F401  (exifread's log is silenced there)
from phototag.media.bounded import BoundedFile
from phototag.media.fault import plain
from phototag.types import Metadata

_TEXT_LIMIT = 100
_READS = 200_000
_LONGEST_READ = 1 << 16
_XMP_LIMIT = 1 << 20
_LONGEST_OFFSET = 14 * 60

_EXIF_DATE = re.compile(r"\s*(\d{4})[:/.-](\d{2})[:/.-](\d{2})[ T]+(\d{2}):(\d{2})(?::(\d{2}))?")
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})$|Z$")
_XMP_DATES = tuple(
    re.compile(name + rb"""\s*(?:=\s*["']|>)\s*([0-9T:.+Z -]{10,40})""")
    for name in (rb"exif:DateTimeOriginal", rb"photoshop:DateCreated", rb"xmp:CreateDate")
)
_NAME_DATE = re.compile(
    r"(?<!\d)((?:19|20)\d{2})([-_.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])"
    r"(?:(?:[-_T ]+(?:at )?)([01]\d|2[0-3])[-_.:h]?([0-5]\d)[-_.:m]?([0-5]\d)(?:\d{3})?)?(?!\d)"
)


def read_metadata(exif: bytes, xmp: bytes, name: bytes) -> Metadata:
    """Metadata from an EXIF (TIFF) block, an XMP packet and the file's name; what is missing or invalid is None.

    The time taken comes from DateTimeOriginal, DateTimeDigitized, XMP, then a date in the name; without an hour it is
    midnight. A position at exactly 0, 0 is what cameras write without a fix, and is none. Never raises.
    """
    tags = _exif_tags(exif)
    taken_at, offset, source = _taken(tags, xmp, name)
    latitude, longitude = _position(tags)
    return Metadata(
        taken_at=taken_at,
        taken_offset=offset,
        taken_source=source,
        camera=_camera(_text(tags, "Image Make"), _text(tags, "Image Model")),
        lens=_text(tags, "EXIF LensModel"),
        latitude=latitude,
        longitude=longitude,
    )


def _exif_tags(block: bytes) -> Mapping[str, Any]:
    if not block:
        return {}
    import exifread

    try:
        tags: Mapping[str, Any] = exifread.process_file(
            BoundedFile(block, reads=_READS, longest=_LONGEST_READ), details=False, extract_thumbnail=False
        )
    except Exception:  # broken EXIF raises whatever it likes; the photo is none the worse for it
        return {}
    return tags


def _text(tags: Mapping[str, Any], name: str) -> str | None:
    value = getattr(tags.get(name), "values", None)
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if not isinstance(value, str):
        return None
    return plain(value.split("\0", 1)[0])[:_TEXT_LIMIT].strip() or None


def _camera(make: str | None, model: str | None) -> str | None:
    """Make and model, the make only if the model does not begin with it."""
    if not make or not model:
        return model or make
    brand = make.split()[0].casefold()
    return model if model.casefold().startswith(brand) else f"{make} {model}"


def _taken(tags: Mapping[str, Any], xmp: bytes, name: bytes) -> tuple[str | None, int | None, str | None]:
    for tag, offset, source in (
        ("EXIF DateTimeOriginal", "EXIF OffsetTimeOriginal", "original"),
        ("EXIF DateTimeDigitized", "EXIF OffsetTimeDigitized", "digitized"),
    ):
        if moment := _moment(_text(tags, tag) or ""):
            return moment, _minutes(_text(tags, offset) or ""), source
    for pattern in _XMP_DATES:
        found = pattern.search(xmp, 0, _XMP_LIMIT)
        text = found[1].decode("ascii").strip() if found else ""
        if moment := _moment(text) or _moment(text[:10] + " 00:00"):
            return moment, _minutes(text[16:]), "xmp"
    for match in _NAME_DATE.finditer(os.fsdecode(name)):
        year, _, month, day, hour, minute, second = match.groups()
        if moment := _valid(year, month, day, hour or "0", minute or "0", second or "0"):
            return moment, None, "name"
    return None, None, None


def _moment(text: str) -> str | None:
    found = _EXIF_DATE.match(text)
    return _valid(*(part or "0" for part in found.groups())) if found else None


def _valid(*parts: str) -> str | None:
    try:
        moment = datetime(*map(int, parts))  # type: ignore[arg-type]  # noqa: DTZ001  (the camera's wall time)
    except ValueError:
        return None
    return moment.isoformat() if moment.year >= 1800 else None


def _minutes(text: str) -> int | None:
    found = _OFFSET.search(text)
    if found is None:
        return None
    if found[1] is None:
        return 0
    minutes = int(found[2]) * 60 + int(found[3])
    return None if minutes > _LONGEST_OFFSET else minutes if found[1] == "+" else -minutes


def _position(tags: Mapping[str, Any]) -> tuple[float | None, float | None]:
    latitude = _degrees(tags, "GPS GPSLatitude", "NS", 90)
    longitude = _degrees(tags, "GPS GPSLongitude", "EW", 180)
    if latitude is None or longitude is None or latitude == longitude == 0:
        return None, None
    return latitude, longitude


def _degrees(tags: Mapping[str, Any], name: str, signs: str, limit: float) -> float | None:
    """Signed degrees from degrees, minutes and seconds; None unless they and the hemisphere are there and valid."""
    sign = (_text(tags, name + "Ref") or "")[:1].upper()
    values = getattr(tags.get(name), "values", None)
    if sign not in signs or not sign or not isinstance(values, list) or not 1 <= len(values) <= 3:
        return None
    try:
        parts: list[float] = [float(value) for value in values]
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    degrees: float = sum(part / 60**power for power, part in enumerate(parts))
    if not math.isfinite(degrees) or any(part < 0 for part in parts) or degrees > limit:
        return None
    return -degrees if sign == signs[1] else degrees
