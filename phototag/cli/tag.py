"""`phototag tag PHOTO… +beach -dog`: give photos words, and reject words."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from phototag.cli.session import Session, command

NEW_WORD = "“{}” is a new word in this index."
_VALUED = frozenset(("--query", "--add", "--remove", "--db"))


class TagCommand(TyperCommand):
    """Reads `+word` and `-word` after the first argument as `--add` and `--remove`: no short options there."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Click's own, after the tags are spelled out."""
        return super().parse_args(ctx, spelled_out(args))


def spelled_out(args: list[str]) -> list[str]:
    """The arguments with `+word` and `-word` in their long forms."""
    told: list[str] = []
    first_seen = False
    value = False
    for arg in args:
        if value:
            value = False
        elif arg.startswith("--"):
            value = arg in _VALUED
            first_seen = first_seen or arg.partition("=")[0] == "--query"
        elif first_seen and len(arg) > 1 and arg[0] in "+-−":
            arg = f"--{'add' if arg[0] == '+' else 'remove'}={arg[1:]}"
        elif not arg.startswith("-"):
            first_seen = True
        told.append(arg)
    return told


def tag(
    session: Session,
    photos: Annotated[
        list[Path] | None, typer.Argument(help="Photos, followed by +word and -word.", show_default=False)
    ] = None,
    query: Annotated[
        str | None, typer.Option("--query", help="Every photo that answers this, instead.", show_default=False)
    ] = None,
    add: Annotated[
        list[str] | None, typer.Option("--add", help="A word to give: the same as +WORD.", show_default=False)
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", help="A word to reject: the same as -WORD.", show_default=False)
    ] = None,
) -> None:
    """Give photos words, and reject words: `phototag tag walk.jpg +beach -dog`.

    Your word wins over every model, stays with the photo wherever it moves, and is taken back by `phototag undo`. A
    rejected word takes everything below it along, and its boxes.
    """
    from phototag.app.corrections import tag as put_right
    from phototag.render.text import counted

    done = put_right(photos or [], query, add or [], remove or [], session.settings)
    for word in done.new:
        session.note(NEW_WORD.format(word))
    words = " ".join([f"+{word}" for word in done.added] + [f"-{word}" for word in done.removed])
    session.note(f"{words}: {counted(done.photos, 'photo')}")


def add_to(app: typer.Typer) -> None:
    """Register `tag`."""
    app.command("tag", cls=TagCommand, no_args_is_help=True)(command(tag))
