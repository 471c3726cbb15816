"""How far a command is: a bar or a number on a terminal, else nothing but notes."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from phototag.app.report import Event, Listener, Note
from phototag.cli.session import Session


@contextmanager
def progress(session: Session) -> Iterator[Listener]:
    """A listener that draws on stderr while the block runs."""
    if session.quiet or not sys.stderr.isatty():

        def tell(event: Event) -> None:
            if isinstance(event, Note):
                session.note(event.text)

        yield tell
        return

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=session.err, transient=True) as bar:
        task = bar.add_task("looking", total=None, speed="")

        def draw(event: Event) -> None:
            if isinstance(event, Note):
                session.note(event.text)
                return
            seconds = bar.tasks[0].elapsed or 0.0
            speed = f"{event.done / seconds:.0f}/s" if event.done and seconds > 1 else ""
            failed = f", {event.failed} failed" if event.failed else ""
            bar.update(
                task,
                description=f"{event.seen:,} seen{failed}",
                completed=event.done,
                total=event.queued or None,
                speed=speed,
            )

        yield draw


@contextmanager
def counting(session: Session, noun: str) -> Iterator[Callable[[int], None]]:
    """A function that shows a number of things done (`12 photos`) on stderr while the block runs."""
    if session.quiet or not sys.stderr.isatty():
        yield lambda _number: None
        return
    from phototag.render.text import counted

    with session.err.status(counted(0, noun)) as status:
        yield lambda number: status.update(counted(number, noun))
