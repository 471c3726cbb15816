"""`phototag compare`: two packs on your own photos, before switching."""

import json
from pathlib import Path
from typing import Annotated

import typer

from phototag.cli.session import Session, command


def compare(
    session: Session,
    pack_a: Annotated[str, typer.Argument(help="The pack in use.", show_default=False)],
    pack_b: Annotated[str, typer.Argument(help="The pack to compare it with.", show_default=False)],
    sample: Annotated[int, typer.Option(min=1, help="How many photos of the index to look at.")] = 200,
    sheet: Annotated[
        Path | None, typer.Option(help="Write a picture of the largest differences, side by side.", show_default=False)
    ] = None,
    rows: Annotated[int, typer.Option(min=1, help="How many photos the sheet shows.")] = 12,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Show what another pack would find in your own photos, and at what speed. The index is not touched."""
    from phototag.app.compare import compare, pairs
    from phototag.app.originals import refuse_original
    from phototag.app.pictures import picture_format, save_picture
    from phototag.cli.progress import progress
    from phototag.render.comparison import comparison_tables
    from phototag.render.pairs import pair_sheet
    from phototag.render.text import counted

    if sheet is not None:
        picture_format(sheet)  # before anything is run
        refuse_original(sheet, session.settings)
    with progress(session) as listener:
        found = compare((pack_a, pack_b), sample, session.settings, listener)
    document = found.to_json()
    if as_json:
        session.print(json.dumps(document, ensure_ascii=False))
    else:
        for table in comparison_tables(document):
            session.table(table)
    if sheet is not None:
        shown = list(pairs(found.largest()[:rows], session.settings))
        if not shown:
            session.note("no photo differs: there is nothing for a sheet to show")
            return
        save_picture(pair_sheet(shown, (pack_a, pack_b)), sheet)
        session.note(f"wrote {counted(len(shown), 'photo')} to {sheet}")


def add_to(app: typer.Typer) -> None:
    """Register `compare`."""
    app.command("compare", no_args_is_help=True)(command(compare))
