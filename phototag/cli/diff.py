"""`phototag diff`: what is new, moved, offline, left out now, or labelled otherwise."""

from typing import Annotated

import typer

from phototag.cli.session import Session, command


def diff(
    session: Session,
    since: Annotated[
        str,
        typer.Option("--since", metavar="last|DATE", help="A date, or the last run that brought anything."),
    ] = "last",
    everything: Annotated[bool, typer.Option("--all", help="Every line, however many there are.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Show what became of your photos: new, changed, moved, missing, ignored, offline, failed, labelled otherwise.

    The index is compared with what it was; nothing is looked at on the disk, which `phototag index` does.
    """
    import json

    from phototag.app.diff import difference

    found = difference(since, session.settings).to_json()
    if as_json:
        session.print(json.dumps(found, ensure_ascii=False))
        return
    from phototag.render.difference import difference_lines

    for line in difference_lines(found, everything=everything):
        session.print(line)


def add_to(app: typer.Typer) -> None:
    """Register `diff`."""
    app.command("diff")(command(diff))
