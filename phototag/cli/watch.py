"""`phototag watch`: the index follows the folders."""

from pathlib import Path
from typing import Annotated

import typer

from phototag.cli.session import Session, command


def watch(
    session: Session,
    path: Annotated[
        list[Path] | None, typer.Argument(help="Folders to watch; without one, every root.", show_default=False)
    ] = None,
    interval: Annotated[
        float, typer.Option(min=1.0, help="Seconds between looks where the system does not tell of changes.")
    ] = 30.0,
    polling: Annotated[bool, typer.Option("--polling", help="Look every so often everywhere.")] = False,
    on_change: Annotated[
        str | None,
        typer.Option(
            "--on-change",
            metavar="COMMAND",
            help="A program (no shell) that gets the report of `index --json` when something changed.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Index new and changed photos within seconds, until Ctrl-C.

    A photo is read when it is completely written. Network drives, and folders beyond the system's watches, are looked
    at every so often. Albums are brought up to date.
    """
    import signal
    from threading import Event

    from phototag.app.on_change import read_command
    from phototag.app.watch.loop import WatchOptions
    from phototag.app.watch.loop import watch as follow

    told = read_command(on_change) if on_change is not None else ()
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    follow(path or [], session.settings, WatchOptions(interval, polling, told), session.note, stop)
    session.note("stopped watching")


def add_to(app: typer.Typer) -> None:
    """Register `watch`."""
    app.command("watch")(command(watch))
