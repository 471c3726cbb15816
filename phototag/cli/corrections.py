"""`phototag corrections` and `undo`: what the user put right."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from phototag.cli.session import Session, command

if TYPE_CHECKING:
    from phototag.store.corrections import Logged

MOST_TOLD = 8
SIGNS = {"tag": "+{0}", "untag": "-{0}", "box": "box {0}", "unbox": "no box {0}"}


def corrections(
    session: Session,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON: all of them, for keeping.")] = False,
) -> None:
    """List what you put right: tags given and rejected, boxes drawn and deleted."""
    from phototag.app.corrections import logged
    from phototag.render.machine import json_array
    from phototag.render.tables import rows_table

    with logged(session.settings) as entries:
        if as_json:
            for chunk in json_array(map(_document, entries)):
                session.write(chunk)
            return
        rows = [(str(one.step), one.at[:16].replace("T", " "), _told(one), _path(one)) for one in entries]
    if not rows:
        session.note("Nothing was put right yet, or all of it was taken back.")
        return
    session.table(rows_table((("step", "right"), ("when", "left"), ("what", "left"), ("photo", "path")), rows))


def undo(session: Session) -> None:
    """Take back the last `tag`, `box` or import of corrections, as a whole."""
    from phototag.app.corrections import undo as take_back
    from phototag.render.text import counted

    undone = take_back(session.settings)
    words = list(dict.fromkeys(_told(one) for one in undone))
    more = f" and {len(words) - MOST_TOLD:,} more" if len(words) > MOST_TOLD else ""
    session.note(
        f"took back: {', '.join(words[:MOST_TOLD])}{more} ({counted(len({one.path for one in undone}), 'photo')})"
    )


def _told(entry: "Logged") -> str:
    return SIGNS[entry.correction.kind].format(entry.correction.name) + ("" if entry.effective else " (superseded)")


def _path(entry: "Logged") -> str:
    from phototag.render.text import path_text

    return "missing" if entry.path is None else path_text(entry.path)


def _document(entry: "Logged") -> dict[str, Any]:
    from phototag.render.text import path_text

    box = entry.correction.box
    return {
        "step": entry.step,
        "at": entry.at,
        "path": None if entry.path is None else path_text(entry.path),
        "kind": entry.correction.kind.value,
        "word": entry.correction.name,
        "box": None if box is None else [box.x1, box.y1, box.x2, box.y2],
        "effective": entry.effective,
    }


def add_to(app: typer.Typer) -> None:
    """Register `corrections` and `undo`."""
    app.command("corrections")(command(corrections))
    app.command("undo")(command(undo))
