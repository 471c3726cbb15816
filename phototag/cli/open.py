"""`phototag open`: the hits in the system's viewer."""

from typing import Annotated

import typer

from phototag.cli.queries import QueryCommand
from phototag.cli.search import MinConfidence, Query
from phototag.cli.session import Session, command


def open_photos(
    session: Session,
    query: Query,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most this many photos.")] = 10,
    viewer: Annotated[
        str | None,
        typer.Option("--with", help="A viewer that takes paths: `feh`, `gwenview`.", show_default=False),
    ] = None,
    min_confidence: MinConfidence = None,
) -> None:
    """Show the best hits in the system's viewer; photos on drives that are not there are left out."""
    from phototag.app.answers import open_answers
    from phototag.app.viewer import view
    from phototag.render.text import counted

    with open_answers(session.settings.with_options(min_confidence=min_confidence), session.note) as answers:
        question = answers.ask(query, online=True)
        paths = [hit.path for hit in question.search(limit=limit)]
        if len(paths) == limit:
            session.note(f"showing {limit} of {counted(question.total(), 'photo')} (--limit)")
    if paths:
        view(paths, viewer)
    else:
        session.note("nothing matches")


def add_to(app: typer.Typer) -> None:
    """Register `open`."""
    app.command("open", no_args_is_help=True, cls=QueryCommand)(command(open_photos))
