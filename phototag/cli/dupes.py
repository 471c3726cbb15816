"""`phototag dupes`: photos that are there more than once."""

import json
from typing import Annotated

import typer

from phototag.cli.session import Session, command
from phototag.errors import UsageError


def dupes(
    session: Session,
    exact: Annotated[bool, typer.Option("--exact", help="The same picture, whatever the name and metadata.")] = False,
    near: Annotated[bool, typer.Option("--near", help="Nearly the same: another size, format or quality.")] = False,
    burst: Annotated[bool, typer.Option("--burst", help="Taken by one camera within seconds: one scene.")] = False,
    query: Annotated[
        str | None,
        typer.Option("--query", help="Only what answers this.", show_default=False),
    ] = None,
    bits: Annotated[int, typer.Option(min=0, max=7, help="With --near: how many of 64 bits may differ.")] = 4,
    seconds: Annotated[int, typer.Option(min=0, max=3600, help="With --burst: from one photo to the next.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON: a list of lists of paths.")] = False,
) -> None:
    """List photos that are there more than once; nothing is ever deleted.

    `phototag dupes --exact` answers at once, and so does `--burst`, which goes by the time that the camera noted.
    `--near` reads every photo, which takes its time.
    """
    from phototag.app import dupes as found
    from phototag.app.answers import open_answers
    from phototag.render.text import counted, path_text, printable

    if exact + near + burst != 1:
        raise UsageError("say which: --exact, --near or --burst", hint="One of them, and only one.")
    with open_answers(session.settings, session.note) as answers:
        if exact:
            groups = found.exact(answers, query)
        elif burst:
            groups = found.burst(answers, query, seconds)
        else:
            groups = found.near(answers, query, bits, session.settings, lambda error: session.warn(error.message))
    if as_json:
        session.print(json.dumps([[path_text(path) for path in group.paths] for group in groups], ensure_ascii=False))
        return
    for group in groups:
        for path in group.paths:
            session.print(printable(path_text(path)))
        session.print("")
    session.note(f"{counted(len(groups), 'group')}, {counted(sum(len(g.paths) for g in groups), 'file')}")


def add_to(app: typer.Typer) -> None:
    """Register `dupes`."""
    app.command("dupes", no_args_is_help=True)(command(dupes))
