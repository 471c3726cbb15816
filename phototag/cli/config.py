"""`phototag config show|path|set|unset`: the settings."""

import json
from typing import Annotated

import typer

from phototag.cli.session import Session, command

Name = Annotated[str, typer.Argument(help="A setting: `pack`, `min_confidence`, `thresholds.dog`.", show_default=False)]


def show(session: Session, as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Show every setting with the value in force."""
    from phototag.app.config import shown

    values = shown(session.settings)
    if as_json:
        session.print(json.dumps(values, ensure_ascii=False, default=str))
        return
    for name, value in values.items():
        session.print(
            f"{name} = {'(not set)' if value is None else json.dumps(value, ensure_ascii=False, default=str)}"
        )


def path(session: Session) -> None:
    """Show where the settings are kept."""
    session.print(str(session.settings.config_file))


def set_value(
    session: Session, name: Name, value: Annotated[str, typer.Argument(help="Its value.", show_default=False)]
) -> None:
    """Set one: `phototag config set thresholds.dog 0.4`."""
    from phototag.app.config import change

    change(session.settings, name, value)
    session.note(f"{name} is now {value}")


def unset(session: Session, name: Name) -> None:
    """Take one out, so that its default holds again; `thresholds` takes out those of all labels."""
    from phototag.app.config import change

    change(session.settings, name, None)
    session.note(f"{name} is no longer set")


def add_to(app: typer.Typer) -> None:
    """Register `config`."""
    group = typer.Typer(no_args_is_help=True, help="Show and change the settings.")
    group.command("show")(command(show))
    group.command("path")(command(path))
    group.command("set", no_args_is_help=True)(command(set_value))
    group.command("unset", no_args_is_help=True)(command(unset))
    app.add_typer(group, name="config")
