"""Pictures in a terminal, by the protocol that it speaks."""

import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from phototag.errors import UsageError
from phototag.render.annotate import annotate
from phototag.render.sheet import CELL, Cell, fitted
from phototag.render.terminal import is_early_kitty, terminal_name
from phototag.render.text import printable

if TYPE_CHECKING:
    from rich.console import RenderableType

COLUMN = 30  # characters


def preview_rows(cells: Iterable[Cell], width: int) -> Iterator[Table]:
    """The cells side by side as far as `width` characters hold them, a row at a time.

    Raises UsageError where the extra is not installed. Looks at the terminal, so it is for a terminal only.
    """
    picture = _kind_of_picture()

    def shown(cell: Cell) -> "RenderableType":
        if cell.image is None:
            return Text("(no picture)", style="dim")
        return picture(annotate(fitted(cell.image, CELL), cell.objects, small=True), width=COLUMN, height="auto")

    columns = max(1, width // (COLUMN + 1))
    remaining = iter(cells)
    while row := list(islice(remaining, columns)):
        table = Table.grid(padding=(0, 1, 0, 0))
        for _ in row:
            table.add_column(width=COLUMN)
        table.add_row(*map(shown, row))
        table.add_row(*(Text(printable(cell.caption), overflow="fold") for cell in row))
        yield table


def _kind_of_picture() -> "Callable[..., RenderableType]":
    """The class that draws as this terminal can. Raises UsageError where the extra is not installed."""
    # A terminal that is silent about its size is no fault, but the package logs one, with a traceback.
    logging.getLogger("textual_image").addHandler(logging.NullHandler())
    if not sys.stdin.isatty():
        sys.__stdin__ = None  # type: ignore[misc]  # or the package waits for the terminal's answers on it, and fails
    try:
        from textual_image.renderable import HalfcellImage, Image, TGPImage
    except ImportError as error:
        raise UsageError(
            "--preview needs an extra that is not installed", hint="Get it: pip install 'phototag[preview]'"
        ) from error
    early = Image is TGPImage and is_early_kitty(terminal_name())
    return HalfcellImage if early else Image
