"""`phototag review LABEL`: going through likely mistakes."""

import shlex
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from phototag.cli.session import Session, command

if TYPE_CHECKING:
    from phototag.app.review import Asked, Level, Review

KEYS = "y, n, s to skip, q to stop"


def review(
    session: Session,
    label: Annotated[str, typer.Argument(help="The word to go through.", show_default=False)],
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Stop after so many answers.")] = 20,
    precision: Annotated[float, typer.Option(min=0.0, max=1.0, help="What the proposed threshold shall hold.")] = 0.9,
    preview: Annotated[bool, typer.Option("--preview", help="Show each photo in the terminal.")] = False,
) -> None:
    """Answer whether photos show a word, likely mistakes first: `phototag review dog`.

    Keys: y, n, s to skip, q to stop. Answers are corrections, and `phototag undo` takes the last one back. From 20
    answers on, the precision of each threshold is estimated, and one is proposed; y makes it yours. The keys may come
    from a pipe: `echo ynnsy | phototag review dog`.
    """
    from phototag.app.review import ENOUGH, open_review
    from phototag.render.text import counted

    keys = _keys()
    with open_review(label, session.settings) as sitting:
        if not sitting.questions:
            session.note(f"no photo of “{sitting.word}” is left to ask about")
            return
        for asked in sitting.questions:
            if len(sitting.answers) >= limit:
                break
            _show(session, sitting, asked, preview=preview)
            key = _answer(session, keys, "ynsq")
            if key == "q":
                break
            if key != "s":
                sitting.answer(asked, shows=key == "y")
        session.note(f"{counted(len(sitting.answers), 'answer')} kept")
        if len(sitting.answers) < ENOUGH:
            session.note(f"From {ENOUGH} answers on, a threshold can be proposed.")
            return
        _propose(session, sitting, precision, keys)


def _show(session: Session, sitting: "Review", asked: "Asked", *, preview: bool) -> None:
    from phototag.render.text import path_text, printable

    claim = asked.claim
    said = [f"classifier {claim.tag:.2f}"] if claim.tag is not None else []
    said += [f"detector {claim.box:.2f}"] if claim.box is not None else []
    doubt = ", they disagree" if asked.disagree else ""
    if preview:
        from phototag.app.sheet import cell_of
        from phototag.render.preview import preview_rows

        for row in preview_rows([cell_of(asked.hit, asked.hit.objects, session.settings)], session.out.width):
            session.out.print(row)
    session.print(f"{printable(path_text(asked.hit.path))} ({', '.join(said)}{doubt})")
    if sys.stdin.isatty():
        session.err.print(f"{sitting.word}? [{KEYS}] ", markup=False, end="")


def _propose(session: Session, sitting: "Review", precision: float, keys: Iterator[str]) -> None:
    from phototag.render.tables import rows_table

    levels = sitting.levels()
    columns = (("threshold", "right"), ("precision", "right"), ("answers", "right"), ("photos", "right"))
    session.table(rows_table(columns, [_row(level) for level in levels]))
    best = sitting.proposed(precision)
    if best is None:
        session.note(f"No threshold holds a precision of {precision:.0%}.")
        return
    told = f"from {best.threshold:.2f} on, {best.precision:.0%} are right (it is {sitting.threshold:.2f} now)"
    session.print(f"{sitting.word}: {told}")
    if best.threshold < sitting.threshold:
        session.note("You judged photos, not single objects: a lower threshold also counts more objects in each.")
    if sys.stdin.isatty():
        session.err.print(f"Use {best.threshold:.2f} for {sitting.word}? [y/n] ", markup=False, end="")
    if _answer(session, keys, "ynq") == "y":
        sitting.use(best.threshold)
        name = f"thresholds.{sitting.word}"
        back = f"`phototag config unset {shlex.quote(name)}` takes it back"
        session.note(f"{name} = {best.threshold:.2f}; {back}")


def _row(level: "Level") -> tuple[str, str, int, int]:
    return f"{level.threshold:.2f}", f"{level.precision:.0%}", level.answers, level.photos


def _answer(session: Session, keys: Iterator[str], allowed: str) -> str:
    """The next key that means something; the end of the input stops."""
    for key in keys:
        if key.lower() in allowed:
            if sys.stdin.isatty():
                session.err.print(key.lower(), markup=False)
            return key.lower()
        session.warn(f"“{key}” is no answer: {KEYS}")
    return "q"


def _keys() -> Iterator[str]:
    """Keys as they are pressed, or the letters that a pipe brings."""
    if not sys.stdin.isatty():
        for line in sys.stdin:
            yield from line.strip().replace(" ", "")
        return
    while True:
        key = typer.getchar()
        if key in ("\x03", "\x04", "\x1b"):
            return
        yield key


def add_to(app: typer.Typer) -> None:
    """Register `review`."""
    app.command("review", no_args_is_help=True)(command(review))
