"""`phototag crop`: one picture for each object found."""

from pathlib import Path
from typing import Annotated

import typer

from phototag.cli.queries import QueryCommand
from phototag.cli.search import MinConfidence, Query
from phototag.cli.session import Session, command
from phototag.errors import UsageError


def crop(
    session: Session,
    query: Query,
    out: Annotated[Path, typer.Option("--out", help="The folder to write to; made if missing.", show_default=False)],
    pad: Annotated[str, typer.Option(help="Space around each box, as a part of its size: `10%` or `0.1`.")] = "10%",
    name: Annotated[
        str,
        typer.Option(help="How to name the pictures: {photo}, {label}, {number}, {confidence}, {year}; / for folders."),
    ] = "{photo}-{label}-{number}.jpg",
    keep_gps: Annotated[bool, typer.Option("--keep-gps", help="Keep the position in the EXIF.")] = False,
    limit: Annotated[
        int | None,
        typer.Option("--limit", "-n", min=0, help="Objects of at most this many photos.", show_default=False),
    ] = None,
    min_confidence: MinConfidence = None,
) -> None:
    """Write one picture for each object that the query asks for, at full resolution.

    EXIF is kept, the position is not (see --keep-gps). Paths of new pictures go to stdout. Nothing is
    overwritten, and a picture that an earlier run wrote is not written again.
    """
    from phototag.app.answers import open_answers
    from phototag.app.crop import AlreadyThere, CropOptions, crop
    from phototag.errors import PhototagError
    from phototag.render.text import counted

    options = CropOptions(out, _part(pad), name, keep_gps, limit)
    written = there = failed = 0
    with open_answers(session.settings.with_options(min_confidence=min_confidence), session.note) as answers:
        for done in crop(answers.ask(query), options, session.settings):
            if isinstance(done, PhototagError):
                failed += 1
                session.warn(done.message)
            elif isinstance(done, AlreadyThere):
                there += 1
            else:
                written += 1
                session.print(str(done))
    session.note(f"wrote {counted(written, 'picture')}" + (f"; {there:,} were there already" if there else ""))
    if failed and not (written or there):
        raise typer.Exit(1)


def _part(text: str) -> float:
    try:
        value = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 10:
        raise UsageError(f"--pad {text} can't be used", hint="Write a part of the box's size, like 10% or 0.1.")
    return value


def add_to(app: typer.Typer) -> None:
    """Register `crop`."""
    app.command("crop", no_args_is_help=True, cls=QueryCommand)(command(crop))
