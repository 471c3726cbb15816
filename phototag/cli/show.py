"""`phototag show`: everything known about one photo."""

import json
from pathlib import Path
from typing import Annotated

import typer

from phototag.cli.session import Session, command


def show(
    session: Session,
    photo: Annotated[
        Path, typer.Argument(help="A photo: its path, or its name if only one has it.", show_default=False)
    ],
    boxes: Annotated[bool, typer.Option("--boxes", help="Draw the boxes on a copy (see --output).")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to write the copy with boxes.", show_default=False)
    ] = None,
    min_confidence: Annotated[
        float | None,
        typer.Option(min=0.0, max=1.0, help="Show what is at or above this confidence.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, as `search --json` has it.")] = False,
) -> None:
    """Show everything known about one photo, or draw its boxes."""
    from phototag.app.answers import open_answers
    from phototag.render.details import details_table
    from phototag.render.machine import hit_document

    with open_answers(session.settings.with_options(min_confidence=min_confidence), session.note) as answers:
        details = answers.photo(photo)
    if boxes or output:
        from phototag.app.annotate import annotate
        from phototag.app.originals import is_below_root

        target = annotate(details.hit, details.content, output, session.settings)
        session.note(f"wrote {target}")
        if is_below_root(target, session.settings):
            session.note("It lies in an indexed folder, so that it becomes a photo itself; -o FILE writes elsewhere.")
    if as_json:
        session.print(json.dumps(hit_document(details.hit), ensure_ascii=False))
    elif not (boxes or output):
        session.table(details_table(details))


def add_to(app: typer.Typer) -> None:
    """Register `show`."""
    app.command("show", no_args_is_help=True)(command(show))
