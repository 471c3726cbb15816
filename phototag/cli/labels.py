"""`phototag labels` and `pairs`: what is in the index as a whole."""

import json
from typing import Annotated

import typer

from phototag.cli.session import Session, command


def labels(
    session: Session,
    tree: Annotated[bool, typer.Option("--tree", help="Each word below those that stand above it.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List the words that find something in this index, with their photos and objects."""
    from phototag.app import census
    from phototag.app.answers import open_answers
    from phototag.render.tables import rows_table

    with open_answers(session.settings, session.note) as answers:
        branches = list(census.tree(answers) if tree else (census.Branch(0, found) for found in census.words(answers)))
    if as_json:
        rows = [
            {"word": b.found.word, "photos": b.found.photos, "objects": b.found.objects, "depth": b.depth}
            for b in branches
        ]
        session.print(json.dumps(rows, ensure_ascii=False))
        return
    columns = (("word", "left"), ("photos", "right"), ("objects", "right"))
    told = (("  " * b.depth + b.found.word, f"{b.found.photos:,}", f"{b.found.objects:,}") for b in branches)
    session.table(rows_table(columns, told))


def pairs(
    session: Session,
    least: Annotated[int, typer.Option(min=1, help="In at least this many photos.")] = 2,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most this many pairs.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List which objects appear together more often than chance would have it.

    A lift of 3 means: three times as often as if the two had nothing to do with one another.
    """
    from phototag.app import census
    from phototag.app.answers import open_answers
    from phototag.render.tables import rows_table

    with open_answers(session.settings, session.note) as answers:
        found = census.together(answers, least, limit)
    if as_json:
        rows = [{"labels": [p.first, p.second], "photos": p.photos, "lift": round(p.lift, 3)} for p in found]
        session.print(json.dumps(rows, ensure_ascii=False))
        return
    columns = (("objects", "left"), ("photos", "right"), ("lift", "right"))
    session.table(rows_table(columns, ((f"{p.first} and {p.second}", f"{p.photos:,}", f"{p.lift:.1f}") for p in found)))


def add_to(app: typer.Typer) -> None:
    """Register `labels` and `pairs`."""
    app.command("labels")(command(labels))
    app.command("pairs")(command(pairs))
