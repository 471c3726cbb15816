"""The commands by name, in the order of `phototag --help`; a run imports the one that it needs."""

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any

import typer
import typer.main
from typer.core import TyperGroup

from phototag.cli.examples import finish_help
from phototag.cli.file_names import whole_file_names
from phototag.cli.numbers import plain_numbers

# The module of this package that has each command.
MODULES = {
    "index": "index",
    "search": "search",
    "find": "search",
    "count": "count",
    "ask": "ask",
    "show": "show",
    "similar": "similar",
    "open": "open",
    "crop": "crop",
    "serve": "serve",
    "gallery": "gallery",
    "labels": "labels",
    "pairs": "labels",
    "save": "saved",
    "saved": "saved",
    "forget": "saved",
    "tag": "tag",
    "box": "box",
    "review": "review",
    "teach": "teach",
    "corrections": "corrections",
    "undo": "corrections",
    "export": "export",
    "import": "export",
    "write": "write",
    "album": "album",
    "dupes": "dupes",
    "compare": "compare",
    "errors": "errors",
    "watch": "watch",
    "schedule": "schedule",
    "runs": "runs",
    "diff": "diff",
    "stats": "stats",
    "prune": "prune",
    "doctor": "doctor",
    "demo": "demo",
    "config": "config",
    "models": "models",
    "roots": "roots",
    "db": "db",
    "eval": "eval",
}


def registered(module: str) -> dict[str, Any]:
    """The commands that a module of this package adds, by name."""
    app = typer.Typer(callback=_nothing)
    import_module(f"phototag.cli.{module}").add_to(app)
    commands = dict(typer.main.get_group(app).commands)
    finish_help(commands)
    plain_numbers(commands)
    whole_file_names(commands)
    return commands


class Commands(MutableMapping[str, Any]):
    """Every command, made when it is looked up."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made |= registered(MODULES[name])
        return self._made[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        del self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(MODULES)

    def __len__(self) -> int:
        return len(MODULES)


class LazyGroup(TyperGroup):
    """The group of all commands, none of which it knows before it is asked for."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = Commands()


def _nothing() -> None:
    """A callback: without one typer makes a lone command out of a group of one."""
