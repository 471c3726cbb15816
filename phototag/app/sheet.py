"""Hits as pictures with what was searched for: a contact sheet (`search --sheet`), a terminal's page (`--preview`)."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from phototag.app.answers import Question
from phototag.app.originals import refuse_original
from phototag.app.pictures import decode_original, picture_format, read_original, save_picture
from phototag.errors import PhototagError
from phototag.render.sheet import CELL, Cell, contact_sheet
from phototag.settings import Settings
from phototag.store.pages import Entry, entries, found_objects
from phototag.types import Detection, Hit

MOST = 200


def write_sheet(
    question: Question, output: Path, settings: Settings, *, sort: str, limit: int | None
) -> tuple[int, int]:
    """Write a contact sheet of the hits (the first 200, or `limit`), with the boxes that the query asks for.

    Returns how many photos it has, and how many of them could not be read: they have an empty frame. Raises UsageError
    for an output that is an indexed photo or of no known format.
    """
    picture_format(output)
    refuse_original(output, settings)
    found = _entries(question, sort, limit)
    empty = 0

    def noted() -> Iterator[Cell]:
        nonlocal empty
        for cell in _cells(question, found, settings):
            empty += cell.image is None
            yield cell

    save_picture(contact_sheet(noted(), len(found)), output)
    return len(found), empty


def cells(question: Question, settings: Settings, *, sort: str, limit: int | None) -> Iterator[Cell]:
    """The hits as pictures (the first 200, or `limit`), one after another, each with the boxes that the query asks for.

    A photo that can't be shown has no picture, and a caption that says why.
    """
    return _cells(question, _entries(question, sort, limit), settings)


def _entries(question: Question, sort: str, limit: int | None) -> list[Entry]:
    return list(entries(question.question, sort, MOST if limit is None else min(limit, MOST)))


def _cells(question: Question, found: Sequence[Entry], settings: Settings) -> Iterator[Cell]:
    objects = found_objects(question.question, (one.photo for one in found))
    for one in found:
        yield cell_of(one.hit, objects.get(one.photo, ()), settings, one.content)


def cell_of(hit: Hit, objects: Sequence[Detection], settings: Settings, content: str | None = None) -> Cell:
    """A hit as a picture with these objects; where it can't be shown, or does not have this `content` (hexadecimal) any
    more, without one, and a caption that says why."""
    name = os.path.basename(hit.path).decode("utf-8", "backslashreplace")
    score = "" if hit.score is None else f"{hit.score:.2f}  "
    try:
        image = decode_original(hit, read_original(hit, content), settings, minimum=CELL)
    except PhototagError as error:
        return Cell(None, f"{name}: {error.message}")
    return Cell(image, score + name, objects)
