"""`phototag search`: which photos, best first."""

import sys
from collections.abc import Iterable
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from phototag.cli.completion import words
from phototag.cli.explain import show_explained
from phototag.cli.pictures import show_pictures
from phototag.cli.queries import QueryCommand
from phototag.cli.session import Session, command
from phototag.errors import UsageError
from phototag.types import Hit

if TYPE_CHECKING:
    from phototag.app.answers import Question

TABLE_ROWS = 20

Query = Annotated[
    list[str],
    typer.Argument(help="What to look for: `cat`, `person>=2 and not dog`.", show_default=False, autocompletion=words),
]
MinConfidence = Annotated[
    float | None,
    typer.Option(min=0.0, max=1.0, help="Threshold for every word without one of its own.", show_default=False),
]
Exists = Annotated[bool, typer.Option("--exists", help="Print nothing; exit 0 if something matches, else 1.")]
Online = Annotated[bool, typer.Option("--online", help="Leave out photos on drives that are not there now.")]
AsJson = Annotated[bool, typer.Option("--json", help="A JSON array.")]
AsJsonLines = Annotated[bool, typer.Option("--jsonl", help="One JSON object a line.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="CSV with a header.")]
AsPaths = Annotated[bool, typer.Option("--paths", help="One path a line; the default when piped.")]
AsPrint0 = Annotated[bool, typer.Option("--print0", "-0", help="Raw paths, each ended by a NUL byte.")]


class Format(StrEnum):
    """How hits are written for programs."""

    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    PATHS = "paths"
    PRINT0 = "print0"


def search(
    session: Session,
    query: Query,
    limit: Annotated[
        int | None, typer.Option("--limit", "-n", min=0, help="At most this many.", show_default=False)
    ] = None,
    sort: Annotated[
        str, typer.Option(help="score, taken or path; `-` in front reverses: `--sort=-taken` is newest first.")
    ] = "score",
    min_confidence: MinConfidence = None,
    online: Online = False,
    copies: Annotated[bool, typer.Option("--copies", help="List every path of each photo.")] = False,
    exists: Exists = False,
    as_json: AsJson = False,
    as_jsonl: AsJsonLines = False,
    as_csv: AsCsv = False,
    as_paths: AsPaths = False,
    as_print0: AsPrint0 = False,
    explain: Annotated[bool, typer.Option("--explain", help="Say why each photo matches, or why none does.")] = False,
    sheet: Annotated[
        Path | None, typer.Option("--sheet", help="Write a contact sheet of the hits, with boxes.", show_default=False)
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Show the hits as pictures in the terminal.")] = False,
) -> None:
    """Find photos, best first.

    A word matches what a photo is of or what is in it. Words combine with `and`, `or`, `not` and parentheses;
    `person>=2` counts objects; `cat@0.7` sets a threshold. Quote what the shell would read: `'person>=2 and not dog'`.
    """
    from phototag.app.answers import open_answers

    chosen = chosen_format(json=as_json, jsonl=as_jsonl, csv=as_csv, paths=as_paths, print0=as_print0)
    with open_answers(session.settings.with_options(min_confidence=min_confidence), session.note) as answers:
        question = answers.ask(query, online=online)
        if exists:
            raise typer.Exit(0 if question.exists() else 1)
        if sheet or preview:
            show_pictures(session, question, sheet, sort, limit)
            return
        if explain:
            show_explained(session, question, limit, sort, as_json=as_json or as_jsonl)
        elif chosen:
            write_hits(session, chosen, question.search(limit=limit, sort=sort, copies=copies))
        else:
            print_hits(session, question, limit, sort, copies=copies)


def print_hits(
    session: Session, question: "Question", limit: int | None = None, sort: str = "score", *, copies: bool = False
) -> None:
    """A table of the first hits on a terminal, else one path a line."""
    if not sys.stdout.isatty():
        write_hits(session, Format.PATHS, question.search(limit=limit, sort=sort, copies=copies))
        return
    from phototag.render.tables import hits_table
    from phototag.render.text import counted

    most = TABLE_ROWS if limit is None else limit
    hits = list(islice(question.search(limit=most, sort=sort, copies=copies), most))
    total = question.total()
    if hits:
        session.table(hits_table(hits))
    shown = f"{len(hits)} of {counted(total, 'photo')}" if len(hits) < total else counted(total, "photo")
    session.out.print(shown, markup=False)


def chosen_format(**asked: bool) -> Format | None:
    """The format that was asked for; None leaves it to the terminal."""
    chosen = [Format(name) for name, wanted in asked.items() if wanted]
    if len(chosen) > 1:
        raise UsageError(f"--{chosen[0]} and --{chosen[1]} can't be had at once", hint="Choose one output format.")
    return chosen[0] if chosen else None


def write_hits(session: Session, chosen: Format, hits: Iterable[Hit]) -> None:
    """Write hits for programs."""
    from phototag.render import machine

    documents = map(machine.hit_document, hits)
    chunks = {
        Format.JSON: lambda: machine.json_array(documents),
        Format.JSONL: lambda: machine.json_lines(documents),
        Format.CSV: lambda: machine.csv_rows(hits),
        Format.PATHS: lambda: machine.paths(hits, b"\n"),
        Format.PRINT0: lambda: machine.paths(hits, b"\0"),
    }[chosen]()
    for chunk in chunks:
        session.write(chunk)


def add_to(app: typer.Typer) -> None:
    """Register `search` and its other name."""
    app.command("search", no_args_is_help=True, cls=QueryCommand)(command(search))
    app.command("find", hidden=True, no_args_is_help=True, cls=QueryCommand)(command(search))
