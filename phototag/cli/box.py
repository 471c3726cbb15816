"""`phototag box PHOTO [WORD x,y,width,height]`: the objects of a photo, one more, or one less."""

from pathlib import Path
from typing import Annotated

import typer

from phototag.cli.session import Session, command
from phototag.cli.tag import NEW_WORD
from phototag.errors import UsageError


def box(
    session: Session,
    photo: Annotated[
        Path, typer.Argument(help="A photo: its path, or its name if only one has it.", show_default=False)
    ],
    word: Annotated[str | None, typer.Argument(help="What the new box shows.", show_default=False)] = None,
    corners: Annotated[
        str | None,
        typer.Argument(metavar="[X,Y,WIDTH,HEIGHT]", help="In pixels of the upright image.", show_default=False),
    ] = None,
    delete: Annotated[
        int | None, typer.Option("--delete", min=1, help="Take out the object with this number.", show_default=False)
    ] = None,
) -> None:
    """List the objects of a photo by number, draw one, or take one out.

    `phototag box walk.jpg dog 412,880,1210,1466` draws a box; a box that a model found at this place gives way to it.
    """
    from phototag.app.corrections import delete_box, draw_box

    if delete is not None and word is None:
        gone = delete_box(photo, delete, session.settings)
        session.note(f"took {gone.label} out of {photo}")
    elif word is not None and corners is not None and delete is None:
        drawn = draw_box(photo, word, corners, session.settings)
        if drawn.new:
            session.note(NEW_WORD.format(drawn.box.label))
        session.note(f"drew {drawn.box.label} in {photo}")
    elif word is None:
        _list(session, photo)
    else:
        raise UsageError("a box needs a word and its place", hint=f"Write `phototag box {photo} dog x,y,width,height`.")


def _list(session: Session, photo: Path) -> None:
    from phototag.app.answers import open_answers
    from phototag.render.tables import rows_table

    with open_answers(session.settings, session.note) as answers:
        hit = answers.photo(photo).hit
    rows = []
    for number, found in enumerate(hit.objects, 1):
        x1, y1, x2, y2 = found.box.to_pixels(hit.width, hit.height)
        place = f"{x1:.0f},{y1:.0f},{x2 - x1:.0f},{y2 - y1:.0f}"
        rows.append((str(number), found.label, f"{found.confidence:.2f}", place))
    columns = (("number", "right"), ("object", "left"), ("confidence", "right"), ("x,y,width,height", "left"))
    session.table(rows_table(columns, rows))


def add_to(app: typer.Typer) -> None:
    """Register `box`."""
    app.command("box", no_args_is_help=True)(command(box))
