"""`phototag stats`: how much the index holds."""

from typing import Annotated

import typer

from phototag.cli.session import Session, command


def stats(session: Session, as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Count what the index holds: photos, files, objects, labels, problems, bytes."""
    import dataclasses
    import json

    from phototag.app.upkeep import index_statistics
    from phototag.render.tables import rows_table

    numbers = dataclasses.asdict(index_statistics(session.settings))
    if as_json:
        session.print(json.dumps(numbers))
        return
    columns = (("what", "left"), ("number", "right"))
    session.table(rows_table(columns, ((name, f"{number:,}") for name, number in numbers.items())))


def add_to(app: typer.Typer) -> None:
    """Register `stats`."""
    app.command("stats")(command(stats))
