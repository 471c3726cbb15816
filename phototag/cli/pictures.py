"""The pictures that `phototag search` shows: a contact sheet in a file, or pages in the terminal."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from phototag.cli.session import Session
from phototag.errors import UsageError

if TYPE_CHECKING:
    from phototag.app.answers import Question

TERMINAL_PICTURES = 20


def show_pictures(session: Session, question: "Question", sheet: Path | None, sort: str, limit: int | None) -> None:
    """Write the sheet if one is asked for, else show the hits in the terminal."""
    from phototag.app.sheet import cells, write_sheet
    from phototag.render.text import counted

    total = question.total()
    if not total:
        session.note("nothing matches")
    elif sheet:
        shown, empty = write_sheet(question, sheet, session.settings, sort=sort, limit=limit)
        session.note(f"wrote {sheet}: {shown} of {counted(total, 'photo')}")
        if empty:
            session.warn(f"{counted(empty, 'photo')} could not be read; the empty frames say why")
    else:
        from phototag.render.preview import preview_rows

        if not sys.stdout.isatty() or not os.get_terminal_size(sys.stdout.fileno()).columns:
            raise UsageError(
                "--preview needs a terminal that says how large it is", hint="`--sheet FILE` writes pictures to a file."
            )
        limit = TERMINAL_PICTURES if limit is None else limit
        for row in preview_rows(cells(question, session.settings, sort=sort, limit=limit), session.out.width):
            session.out.print(row)
        session.out.print(f"{min(limit, total)} of {counted(total, 'photo')}", markup=False)
