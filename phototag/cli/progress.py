"""The progress of a run of `index`: a bar on a terminal, else nothing but notes."""

import sys
from collections.abc import Iterator
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
