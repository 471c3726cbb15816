"""`phototag album NAME QUERY`: a folder with what a query finds."""

from pathlib import Path
from typing import Annotated

import typer

from phototag.cli.queries import QueryCommand
from phototag.cli.session import Session, command
from phototag.errors import PhototagError, UsageError


def album(
    session: Session,
    name: Annotated[str | None, typer.Argument(help="The album's name: a folder's.", show_default=False)] = None,
    query: Annotated[
        list[str] | None, typer.Argument(help="What it holds; without it, the same as before.", show_default=False)
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="The folder in which albums lie.")] = Path(),
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind",
            metavar="symlink|hardlink|copy",
            help="What stands for a photo; else as before, or a symlink.",
            show_default=False,
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Bring every album of this index up to date.")] = False,
    forget: Annotated[
        bool,
        typer.Option("--forget", help="No longer bring it up to date; its folder stays as it is, if there is one."),
    ] = False,
) -> None:
    """Make a folder with what a query finds, or bring it up to date: `phototag album pets 'cat or dog' --out ~/Albums`.

    The folder holds links, which take no space, or copies; `phototag index` leaves it out. Only what phototag put there
    is ever removed. `phototag schedule` and `phototag album --all` bring all of them up to date.
    """
    from phototag.app.album import forget as drop
    from phototag.app.album import refresh, refresh_all, remember
    from phototag.app.answers import open_answers
    from phototag.render.text import counted

    if every == (name is not None) or (every and (kind or forget or out != Path())):
        raise UsageError("name an album, or say --all alone", hint="`phototag album pets 'cat or dog' --out ~/Albums`")
    if name is None:
        done_all = refresh_all(session.settings, session.note)
        session.note(f"{counted(len(done_all), 'album')} up to date")
        return
    if forget:
        if query or kind:
            raise UsageError("--forget drops an album: no query and no --kind goes with it")
        drop(out / name, session.settings)
        session.note(f"{out / name} is forgotten, and no longer brought up to date")
        return
    with open_answers(session.settings, session.note) as answers:
        done = refresh(name, query or [], out, kind, answers)
    try:
        remember(done.folder, session.settings)
    except PhototagError as error:  # an index that may only be read, or that another run writes to for long
        session.warn(f"the album is made, but nothing will bring it up to date by itself: {error.message}")
    session.note(f"{done.folder}: {counted(done.photos, 'photo')}, {done.added:,} added, {done.removed:,} removed")
    if done.replaced is not None:
        session.note(f"It holds another query now; it was: {done.replaced}")
    if done.skipped:
        session.note(f"{counted(done.skipped, 'photo')} left out: not there now")


def add_to(app: typer.Typer) -> None:
    """Register `album`."""
    app.command("album", no_args_is_help=True, cls=QueryCommand)(command(album))
