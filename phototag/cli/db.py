"""`phototag db`: backup, restore, check, vacuum."""

from pathlib import Path
from typing import Annotated

import typer

from phototag.cli.session import Session, command

Wait = Annotated[float, typer.Option(min=0.0, help="Seconds to wait for another run to end.")]


def backup(
    session: Session, target: Annotated[Path, typer.Argument(help="The copy; a file that does not exist yet.")]
) -> None:
    """Copy the index, also while a run writes to it."""
    from phototag.app.upkeep import backup_index

    size = backup_index(target, session.settings)
    session.note(f"{target}: {size / 1e6:,.1f} MB")


def restore(
    session: Session, source: Annotated[Path, typer.Argument(help="A backup.", show_default=False)], wait: Wait = 0.0
) -> None:
    """Put a backup in the place of the index, which is kept under another name."""
    from phototag.app.upkeep import restore_index

    old = restore_index(source, session.settings, wait)
    session.note(f"restored from {source}" + (f"; the index until now is {old}" if old else ""))


def check(session: Session) -> None:
    """Read all of the index and check it; exit code 4 when something is wrong."""
    from phototag.app.upkeep import check_index

    session.note(f"{check_index(session.settings)} is sound")


def vacuum(session: Session, wait: Wait = 0.0) -> None:
    """Give the space of deleted rows back to the disk."""
    from phototag.app.upkeep import vacuum_index

    session.note(f"{max(0, vacuum_index(session.settings, wait)) / 1e6:,.1f} MB given back")


def add_to(app: typer.Typer) -> None:
    """Register `db …`."""
    group = typer.Typer(no_args_is_help=True, help="The index file: backup, restore, check, vacuum.")
    for function in (backup, restore, check, vacuum):
        group.command(function.__name__)(command(function))
    app.add_typer(group, name="db")
