"""Results as tables for a person at a terminal. Every foreign string is escaped: rich would read `[red]` in a name."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from phototag.render.text import counted, path_text, printable
from phototag.types import Hit

MIN_WIDTH = 10  # of a column of words, beside paths that take what they need


def hits_table(hits: Sequence[Hit]) -> Table:
    """Score, what was found and where, a row a hit."""
    table = plain_table(("score", "right"), ("found", "left"), ("taken", "left"), ("path", "path"))
    table.columns[1].min_width = 24  # beside long paths it would become a ribbon
    for hit in hits:
        score = "" if hit.score is None else f"{hit.score:.2f}"
        taken = (hit.metadata.taken_at or "")[:10]
        path = Text(printable(path_text(hit.path)))
        path.append(f"  (+{counted(hit.copies - 1, 'copy', 'copies')})" if hit.copies > 1 else "", "dim")
        path.append("  offline" if hit.offline else "", "yellow")
        table.add_row(score, Text(findings_text(hit)), taken, path)
    return _unbroken(table)


def findings_text(hit: Hit, most: int = 4) -> str:
    """`3 person, dog, #beach`: objects with their counts, then the classifier's labels; the first `most` of them."""
    counts: dict[str, int] = {}
    for found in hit.objects:
        counts[found.label] = counts.get(found.label, 0) + 1
    words = [name if number == 1 else f"{number} {name}" for name, number in counts.items()]
    words += [f"#{label.name.replace(' ', '_')}" for label in hit.labels]
    return printable(", ".join(words[:most]) + (" …" if len(words) > most else ""))


def rows_table(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[object]]) -> Table:
    """A table of `(heading, left|right|whole|path)` columns; None shows as nothing."""
    table = plain_table(*columns)
    for row in rows:
        table.add_row(*(Text("" if value is None else printable(str(value))) for value in row))
    return _unbroken(table)


def _unbroken(table: Table) -> Table:
    """The table with room for what must not be broken: rich takes the longest word for what a cell needs."""
    for column in table.columns:
        if column.no_wrap:
            column.min_width = max((cell.cell_len for cell in column.cells if isinstance(cell, Text)), default=0)
    return table


def plain_table(*columns: tuple[str, str]) -> Table:
    """An empty table in the house style. What is `whole`, and a path, is never broken, so that it can be copied."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for heading, side in columns:
        whole = side in ("path", "whole")
        table.add_column(
            heading,
            justify="right" if side == "right" else "left",
            no_wrap=whole,
            overflow="ignore" if whole else "fold",
            min_width=MIN_WIDTH if side == "left" else None,
        )
    return table
