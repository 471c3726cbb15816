"""Names of files on the command line: an empty one is none, and not the current folder."""

import copy
from collections.abc import Mapping
from functools import partial
from typing import Any

import typer

from phototag.cli.numbers import parameters

PATHS = frozenset(("path", "file", "directory"))


def whole_file_names(commands: Mapping[str, Any]) -> None:
    """Let these commands, and the commands below them, refuse an empty name of a file or a folder.

    `Path("")` is the current folder, which nobody means who writes `""`, or `"$PHOTO"` with nothing in it.
    """
    for parameter in parameters(commands):
        if parameter.type.name in PATHS:
            kind = copy.copy(parameter.type)
            kind.convert = partial(_convert, parameter.type)
            parameter.type = kind


def _convert(kind: Any, value: Any, parameter: Any, context: Any) -> Any:
    if value == "":
        raise typer.BadParameter("a file name is missing: it is empty.", ctx=context, param=parameter)
    return kind.convert(value, parameter, context)
