"""Results as tables for a person at a terminal. Every foreign string is escaped: rich would read `[red]` in a name.

A table is as narrow as the terminal where that can be: words wrap, and a path breaks after a `/`. Where something else
than a terminal reads it, a path and a long word stay whole.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.segment import Segment, Segments
from rich.table import Table
from rich.text import Text

from phototag.render.text import counted, path_text, printable
from phototag.types import Hit

NARROW, RIBBON = 10, 24  # what is left of a column of words; below the second one it would become a ribbon
LONG_WORD = 20  # may be broken
BREAK = re.compile(r"/|  ")  # a path's line ends after it
AROUND, BETWEEN = 2, 2  # characters of a table that are no column


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, and what stands below it: `left` words, `right` numbers, `whole` what is never broken, `path`."""

    heading: str
    side: str
    cells: tuple[Text, ...]
    narrow: int = NARROW

    @property
    def most(self) -> int:
        """The characters that the longest cell takes."""
        return max((cell_len(line) for text in self._texts for line in text.split("\n")), default=0)

    def least(self, *, broken: bool) -> int:
        """The characters below which the column is not to go; `broken` lets paths and long words break."""
        if self.side == "whole" or (self.side == "path" and not broken):
            return self.most
        if self.side == "path":
            return min(self.most, RIBBON)
        words = max((cell_len(word) for text in self._texts for word in text.split()), default=0)
        words = min(words, LONG_WORD) if broken else words
        return words if self.side == "right" else min(self.most, max(self.narrow, words))

    @property
    def _texts(self) -> tuple[str, ...]:
        return (self.heading, *(cell.plain for cell in self.cells))


class PlainTable:
    """A table in the house style. A column with nothing in it is left out."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = [each for each in columns if not each.cells or any(cell.plain for cell in each.cells)]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, header_style="bold")
        widths = self._widths(options.max_width - self._frame, broken=options.is_terminal)
        for column, width in zip(self.columns, widths, strict=True):
            side = "right" if column.side == "right" else "left"
            table.add_column(column.heading, justify=side, width=width, overflow="fold")  # type: ignore[arg-type]
        for row in zip(*(column.cells for column in self.columns), strict=True):
            kinds = zip(row, self.columns, widths, strict=True)
            table.add_row(*(_broken(cell, width) if column.side == "path" else cell for cell, column, width in kinds))
        yield table

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        least = sum(column.least(broken=options.is_terminal) for column in self.columns)
        return Measurement(least + self._frame, sum(column.most for column in self.columns) + self._frame)

    @property
    def _frame(self) -> int:
        return AROUND + BETWEEN * (len(self.columns) - 1)

    def _widths(self, room: int, *, broken: bool) -> list[int]:
        """Paths stay whole where words can make room for them; else whatever is widest gives way."""
        widths = self._fitted(room, broken=False)
        return self._fitted(room, broken=True) if broken and sum(widths) > room else widths

    def _fitted(self, room: int, *, broken: bool) -> list[int]:
        widths = [column.most for column in self.columns]
        least = [column.least(broken=broken) for column in self.columns]
        while sum(widths) > room and widths != least:
            able = [place for place, width in enumerate(widths) if width > least[place]]
            widths[max(able, key=widths.__getitem__)] -= 1
        return widths


def hits_table(hits: Sequence[Hit]) -> PlainTable:
    """Score, what was found and where, a row a hit."""
    scores = ["" if hit.score is None else f"{hit.score:.2f}" for hit in hits]
    return PlainTable(
        (
            Column("score", "right", tuple(map(Text, scores))),
            Column("found", "left", tuple(Text(findings_text(hit)) for hit in hits), RIBBON),
            Column("taken", "left", tuple(Text((hit.metadata.taken_at or "")[:10]) for hit in hits)),
            Column("path", "path", tuple(map(_path, hits))),
        )
    )


def findings_text(hit: Hit, most: int = 4) -> str:
    """`3 person, dog, #beach`: objects with their counts, then the classifier's labels; the first `most` of them."""
    counts: dict[str, int] = {}
    for found in hit.objects:
        counts[found.label] = counts.get(found.label, 0) + 1
    words = [name if number == 1 else f"{number} {name}" for name, number in counts.items()]
    words += [f"#{label.name.replace(' ', '_')}" for label in hit.labels]
    return printable(", ".join(words[:most]) + (" …" if len(words) > most else ""))


def rows_table(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[object]]) -> PlainTable:
    """A table of `(heading, left|right|whole|path)` columns; None shows as nothing."""
    texts = [[Text("" if value is None else printable(str(value))) for value in row] for row in rows]
    cells = zip(*texts, strict=True) if texts else [()] * len(columns)
    return PlainTable([Column(*column, tuple(below)) for column, below in zip(columns, cells, strict=True)])


def trimmed(console: Console, shown: RenderableType) -> Segments:
    """What is shown, without the spaces at the ends of its lines."""
    kept: list[Segment] = []
    for line in console.render_lines(shown, pad=False):
        while line and not line[-1].text.strip():
            line.pop()
        if line:
            line[-1] = Segment(line[-1].text.rstrip(), line[-1].style)
        kept += [*line, Segment.line()]
    return Segments(kept)


def _path(hit: Hit) -> Text:
    path = Text(printable(path_text(hit.path)))
    path.append(f"  (+{counted(hit.copies - 1, 'copy', 'copies')})" if hit.copies > 1 else "", "dim")
    path.append("  offline" if hit.offline else "", "yellow")
    return path


def _broken(path: Text, width: int) -> Text:
    """The path in lines of `width` characters, as far as its parts are not longer than that."""
    ends = [found.end() for found in BREAK.finditer(path.plain)]
    cuts, begun = [], 0
    for end, following in pairwise([*ends, len(path.plain)]):
        if cell_len(path.plain[begun:following].rstrip()) > width:
            cuts.append(end)
            begun = end
    return Text("\n").join(path.divide(cuts))
