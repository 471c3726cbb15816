"""`phototag similar PHOTO`: what looks like a photo."""

import sys
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from phototag.cli.search import (
    TABLE_ROWS,
    AsCsv,
    AsJson,
    AsJsonLines,
    AsPaths,
    AsPrint0,
    Format,
    chosen_format,
    write_hits,
)
from phototag.cli.session import Session, command


def similar(
    session: Session,
    photo: Annotated[
        Path, typer.Argument(help="A photo of the index: its path, or its name if only one has it.", show_default=False)
    ],
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most this many.")] = TABLE_ROWS,
    query: Annotated[
        str | None, typer.Option("--query", help="Only photos that answer this.", show_default=False)
    ] = None,
    as_json: AsJson = False,
    as_jsonl: AsJsonLines = False,
    as_csv: AsCsv = False,
    as_paths: AsPaths = False,
    as_print0: AsPrint0 = False,
) -> None:
    """Find the photos most like one: `phototag similar IMG_1234.jpg -n 5`.

    They are compared by what the classifier saw in them; no model runs. The score is the cosine of the angle between
    their feature vectors: 1 is the same, around 0 has nothing in common.
    """
    from phototag.app.answers import open_answers
    from phototag.app.similar import similar as find

    chosen = chosen_format(json=as_json, jsonl=as_jsonl, csv=as_csv, paths=as_paths, print0=as_print0)
    with open_answers(session.settings, session.note) as answers:
        hits = list(islice(find(answers, photo, query), limit))
    if chosen is None and sys.stdout.isatty():
        from phototag.render.tables import hits_table

        session.table(hits_table(hits))
    else:
        write_hits(session, chosen or Format.PATHS, hits)


def add_to(app: typer.Typer) -> None:
    """Register `similar`."""
    app.command("similar", no_args_is_help=True)(command(similar))
