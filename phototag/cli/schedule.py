"""`phototag schedule install|status|remove|run`: the index keeps itself current."""

from typing import TYPE_CHECKING, Annotated

import typer

from phototag.cli.session import Session, command
from phototag.errors import PhototagError

if TYPE_CHECKING:
    from phototag.app.schedule.entry import Entry

OnChange = Annotated[
    str | None,
    typer.Option(
        "--on-change",
        metavar="COMMAND",
        help="A program (no shell) that gets the report of `index --json` when a run brought something.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


def install(
    session: Session,
    at: Annotated[
        str | None, typer.Option("--at", metavar="HH:MM", help="Once a day, at this time.", show_default="03:30")
    ] = None,
    every: Annotated[
        str | None, typer.Option("--every", metavar="30m|1h|…", help="Every so often.", show_default=False)
    ] = None,
    on_change: OnChange = None,
    using: Annotated[
        str | None,
        typer.Option("--using", metavar="systemd|cron", help="The scheduler.", show_default="whichever is here"),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Put it in the place of the one that is there.")] = False,
    only_print: Annotated[bool, typer.Option("--print", help="Show what would be written; change nothing.")] = False,
) -> None:
    """Let every folder of the index be looked at regularly, and the albums be brought up to date.

    A timer of your systemd does it where there is one, else a line in your crontab. The runs are gentle (nice and
    ionice), and write a log. Nothing but the schedule of this index is ever touched.
    """
    import os

    from phototag.app.on_change import read_command
    from phototag.app.schedule import entry, plan
    from phototag.store.sqlite import index_path

    when = plan.read_when(at, every)
    if on_change is not None:
        read_command(on_change)
    planned = plan.make_plan(when, index_path(session.settings.db), on_change, os.environ)
    scheduler = entry.choose(using)
    if only_print:
        session.print(entry.preview(planned, scheduler))
        return
    if scheduler is None:
        session.print(entry.preview(planned, None))
        raise PhototagError(
            "there is no systemd of yours and no crontab on this machine, so nothing was installed",
            hint="Give the line above to the scheduler that you have.",
        )
    entry.install(planned, scheduler, replace=replace)
    if not planned.index.exists():
        session.warn(f"There is no index at {planned.index} yet: `phototag index ~/Pictures` makes it.")
    session.note(f"{when.text}, by {scheduler}: `phototag schedule status` shows it")
    for one in entry.status(planned.index):
        if one.advice:
            session.warn(one.advice)


def status(session: Session, as_json: AsJson = False) -> None:
    """Show the schedule of this index, when it runs next, and where its log is."""
    import json

    from phototag.app.schedule.entry import status as entries
    from phototag.app.schedule.run import log_path
    from phototag.store.sqlite import index_path

    found = entries(index_path(session.settings.db))
    log = log_path(session.settings)
    if as_json:
        session.print(json.dumps({"entries": [_document(entry) for entry in found], "log": str(log)}))
        return
    if not found:
        session.note("there is no schedule for this index: `phototag schedule install` makes one")
        return
    for entry in found:
        session.print(f"{entry.scheduler}: {'on' if entry.active else 'off'}")
        for line in entry.text:
            session.print(f"  {line}")
        if entry.next_run:
            session.print(f"  next run: {entry.next_run}")
        if entry.advice:
            session.warn(f"  {entry.advice}")
    session.print(f"log: {log}")


def remove(session: Session) -> None:
    """Take the schedule of this index away, and nothing else."""
    from phototag.app.schedule.entry import remove as remove_entries
    from phototag.store.sqlite import index_path

    gone = remove_entries(index_path(session.settings.db))
    session.note(f"removed: {', '.join(entry.scheduler for entry in gone)}" if gone else "there was no schedule")


def run(session: Session, on_change: OnChange = None) -> None:
    """Do once what the schedule does, now.

    Ends with 75, and says so in the log only, when another run is under way.
    """
    import sys

    from phototag.app.on_change import read_command
    from phototag.app.schedule.run import scheduled_run
    from phototag.errors import LockedError

    told = read_command(on_change) if on_change is not None else ()
    listener = session.note if sys.stderr.isatty() else (lambda _: None)
    try:
        scheduled_run(session.settings, told, listener)
    except LockedError as error:
        raise typer.Exit(error.exit_code) from None


def _document(entry: "Entry") -> dict[str, object]:
    return {
        "scheduler": entry.scheduler.value,
        "active": entry.active,
        "next_run": entry.next_run or None,
        "text": list(entry.text),
        "advice": entry.advice or None,
    }


def add_to(app: typer.Typer) -> None:
    """Register `schedule …`."""
    group = typer.Typer(no_args_is_help=True, help="Regular runs: install, status, remove, run.")
    for function in (install, status, remove, run):
        group.command(function.__name__)(command(function))
    app.add_typer(group, name="schedule")
