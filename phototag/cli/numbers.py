"""Numbers on the command line: taken as they are meant, or refused in words that say what is allowed."""

import copy
import math
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import typer

LARGEST = 2**62  # SQLite counts to twice as many: one more can still be asked for


def plain_numbers(commands: Mapping[str, Any]) -> None:
    """Let these commands, and the commands below them, refuse what is no number or out of range in plain words.

    “nan” is no number; a whole number beyond all that can be counted stands for the largest.
    """
    for parameter in parameters(commands):
        if parameter.type.name.startswith(("int", "float")):
            kind = copy.copy(parameter.type)
            kind.convert = partial(_convert, parameter.type)
            parameter.type = kind


def parameters(commands: Mapping[str, Any]) -> Iterator[Any]:
    """Every option and argument of these commands, and of the commands below them."""
    for command in commands.values():
        yield from parameters(getattr(command, "commands", {}))
        yield from command.params


def _convert(kind: Any, value: Any, parameter: Any, context: Any) -> int | float:
    try:
        number: int | float = kind.convert(value, parameter, context)
    except typer.BadParameter:
        number = math.nan
    if math.isnan(number):
        raise typer.BadParameter(f"“{value}” is no {_allowed(kind)}.", ctx=context, param=parameter)
    return min(number, LARGEST) if isinstance(number, int) else number


def _allowed(kind: Any) -> str:
    noun = "whole number" if kind.name.startswith("int") else "number"
    low, high = getattr(kind, "min", None), getattr(kind, "max", None)
    if low is None:
        return noun
    return f"{noun} of at least {low:g}" if high is None else f"{noun} from {low:g} to {high:g}"
