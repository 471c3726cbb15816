"""`phototag crop`: one picture for each object found."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from phototag.app.answers import Question
from phototag.app.names import check_template, fill_template
from phototag.app.pictures import decode_original, picture_format, read_original, save_new
from phototag.errors import PhototagError, UsageError
from phototag.geometry import Box
from phototag.media.carried import carried_exif
from phototag.settings import Settings
from phototag.store.pages import Entry, entries, found_objects
from phototag.types import Detection

FIELDS = ("photo", "label", "number", "confidence", "year")
DEFAULT_NAME = "{photo}-{label}-{number}.jpg"


@dataclass(frozen=True, slots=True)
class CropOptions:
    """`pad` widens each box on every side by this part of its own width and height; `name` is a template of `FIELDS`,
    relative to `folder`; `limit` bounds the photos."""

    folder: Path
    pad: float = 0.1
    name: str = DEFAULT_NAME
    keep_gps: bool = False
    limit: int | None = None


class AlreadyThere:
    """An earlier run wrote the same picture."""


Done = Path | AlreadyThere | PhototagError


def crop(question: Question, options: CropOptions, settings: Settings) -> Iterator[Done]:
    """Write one picture at full resolution for each object that the query asks for; yields where, as they are written.

    EXIF is carried on, the position only if asked. A name that is taken by another picture gets a number:
    nothing is ever overwritten; where it is taken by the same one, that is yielded as `AlreadyThere`. A photo that
    can't be read is yielded as an error, and the next one follows. Raises UsageError for a query that asks
    for no object and for a template that can't be used.
    """
    check_template(options.name, FIELDS)
    picture_format(Path(options.name))
    if question.count().objects is None:
        raise UsageError(
            f"“{question.text}” asks for no object", hint="Name one that can be boxed: `phototag crop dog --out DIR`."
        )
    return _crops(question, options, settings)


def _crops(question: Question, options: CropOptions, settings: Settings) -> Iterator[Done]:
    for one in list(entries(question.question, limit=options.limit)):
        objects = found_objects(question.question, [one.photo]).get(one.photo, ())
        if objects:
            try:
                yield from _crop_photo(one, objects, options, settings)
            except PhototagError as error:
                yield error


def _crop_photo(one: Entry, objects: tuple[Detection, ...], options: CropOptions, settings: Settings) -> Iterator[Done]:
    opened = read_original(one.hit, one.content)
    image = decode_original(one.hit, opened, settings)
    for number, found in enumerate(objects, 1):
        part = image.crop(_pixels(found.box, options.pad, image.size))
        target = _target(one, found, number, options)
        exif = carried_exif(opened.identity.exif, part.size, keep_gps=options.keep_gps)
        yield save_new(part, target, exif=exif) or AlreadyThere()


def _pixels(box: Box, pad: float, size: tuple[int, int]) -> tuple[int, int, int, int]:
    across, down = box.width * pad, box.height * pad
    wide = (box.x1 - across, box.y1 - down, box.x2 + across, box.y2 + down)
    corners = tuple(value * side for value, side in zip(wide, size * 2, strict=True))
    x1, y1, x2, y2 = Box.from_pixels((corners[0], corners[1], corners[2], corners[3]), *size).to_pixels(*size)
    left, top = min(int(x1), size[0] - 1), min(int(y1), size[1] - 1)
    return left, top, max(left + 1, round(x2)), max(top + 1, round(y2))


def _target(one: Entry, found: Detection, number: int, options: CropOptions) -> Path:
    values = {
        "photo": Path(os.path.basename(one.hit.path).decode("utf-8", "replace")).stem,
        "label": found.label,
        "number": str(number),
        "confidence": f"{found.confidence:.2f}",
        "year": one.hit.metadata.taken_at[:4] if one.hit.metadata.taken_at else "unknown",
    }
    target = options.folder / fill_template(options.name, values)
    if not target.parent.resolve().is_relative_to(options.folder.resolve()):
        raise PhototagError(f"{target} lies outside {options.folder}", hint="A link in the folder leads elsewhere.")
    return target
