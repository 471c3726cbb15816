"""`phototag save NAME QUERY`, `saved` and `forget`: queries under a name."""

from typing import Annotated

import typer

from phototag.cli.queries import QueryCommand
from phototag.cli.search import Query
from phototag.cli.session import Session, command

Name = Annotated[str, typer.Argument(help="What to call it; `search @NAME` asks it.", show_default=False)]


def save(session: Session, name: Name, query: Query) -> None:
    """Save a query under a name: `phototag save pets 'cat or dog'`, then `phototag search @pets`."""
    from phototag.app.saved import save as keep

    kept = keep(name, query, session.settings)
    session.note(f"@{name.removeprefix('@')} is now: {kept.query}")
    if kept.replaced is not None:
        session.note(f"It was: {kept.replaced}")


def saved(session: Session, as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """List the saved queries."""
    import json

    from phototag.app.saved import all_saved

    queries = all_saved(session.settings)
    if as_json:
        session.print(json.dumps({one.name: one.query for one in queries}, ensure_ascii=False))
        return
    for one in queries:
        session.print(f"@{one.name}: {one.query}")


def forget(session: Session, name: Name) -> None:
    """Drop a saved query."""
    from phototag.app.saved import forget as drop

    drop(name, session.settings)
    session.note(f"@{name.removeprefix('@')} is forgotten")


def add_to(app: typer.Typer) -> None:
    """Register `save`, `saved` and `forget`."""
    app.command("save", no_args_is_help=True, cls=QueryCommand)(command(save))
    app.command("saved")(command(saved))
    app.command("forget", no_args_is_help=True)(command(forget))
