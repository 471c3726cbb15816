"""What narrows a search: facets that add themselves to the query or leave it again, and the timeline."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from typing import Any

from phototag.app.gallery import Census
from phototag.errors import QueryError
from phototag.query.parser import parse
from phototag.query.tree import And, Count, Filter, Node, Or, Tag, Things
from phototag.render.text import printable
from phototag.store.facets import Choice, Facets

MOST_MONTHS = 48
MOST_YEARS = 120
HIGHEST = 56.0  # of the timeline's 60 units


class Narrowing:
    """A query that may be narrowed. `link` makes an address of a query; `knows` tells words, for the parser."""

    def __init__(self, query: str, knows: Callable[[str], bool], link: Callable[[str], str]) -> None:
        self.query = query.strip()
        self.link = link
        try:
            self.node = parse(self.query, knows) if self.query else None
        except QueryError:
            self.node = None

    @property
    def parts(self) -> tuple[Node, ...]:
        """What has to hold, all of it."""
        if self.node is None:
            return ()
        return self.node.parts if isinstance(self.node, And) else (self.node,)

    def narrowed(self, node: Node) -> str:
        """The query that asks for `node` besides."""
        if not self.query:
            return str(node)
        alone = self.node is not None and not isinstance(self.node, Or)
        return f"{self.query} {node}" if alone else f"({self.query}) {node}"

    def without(self, node: Node) -> str:
        """The query without this part."""
        left = tuple(part for part in self.parts if part != node)
        return str(And(left)) if left else ""

    def groups(self, census: Census) -> list[dict[str, Any]]:
        """The facets with the queries that they lead to; what was chosen leads back."""
        found = _facets_of(census)
        years = tuple(reversed(found.years))
        return [
            self._group("Objects", ((one, Count(Things(one.value))) for one in found.objects)),
            self._group("Labels", ((one, Tag(one.value)) for one in found.labels)),
            self._group("Years", ((one, Filter("taken", one.value)) for one in years)),
            self._group("Cameras", ((one, Filter("camera", one.value)) for one in found.cameras)),
            self._group("Keywords", ((one, Filter("keyword", one.value)) for one in found.keywords)),
            self._group("Folders", ((one, Filter("folder", one.value)) for one in found.folders)),
        ]

    def timeline(self, census: Census) -> list[dict[str, Any]]:
        """A bar for each month from the first photo to the last, or for each year where that is long ago; those without
        photos are empty, so that the axis is time. Nothing for a single bar."""
        found = _facets_of(census)
        choices = _every_month(found.months)
        if len(choices) > MOST_MONTHS:
            choices = _every_year(found.years)
        if len(choices) < 2:
            return []
        most = max(one.photos for one in choices)
        return [self._bar(one, most) for one in choices]

    def _group(self, name: str, choices: Iterable[tuple[Choice, Node]]) -> dict[str, Any]:
        links = [
            {
                "name": printable(one.value),
                "photos": one.photos,
                "chosen": node in self.parts,
                "href": self.link(self.without(node) if node in self.parts else self.narrowed(node)),
            }
            for one, node in choices
        ]
        return {"name": name, "choices": links}

    def _bar(self, one: Choice, most: int) -> dict[str, Any]:
        return {
            "name": one.value,
            "photos": f"{one.photos:,}",
            "height": round(max(2.0, HIGHEST * one.photos / most), 1),
            "href": self.link(self.narrowed(Filter("taken", one.value))) if one.photos else "",
        }


def _facets_of(census: Census) -> Facets:
    """The facets; where only a part of the hits was looked at, estimates for all of them, with two digits."""
    if census.of >= census.total:
        return census.facets
    scale = census.total / census.of

    def estimated(choices: Sequence[Choice]) -> tuple[Choice, ...]:
        return tuple(Choice(one.value, int(float(f"{scale * one.photos:.2g}"))) for one in choices)

    names = (field.name for field in fields(census.facets))
    return Facets(**{name: estimated(getattr(census.facets, name)) for name in names})


def _every_month(months: Sequence[Choice]) -> list[Choice]:
    counts = {_month(one.value): one.photos for one in months}
    span = range(min(counts, default=0), max(counts, default=-1) + 1)
    if len(span) > MOST_YEARS * 12:  # a camera's clock was wrong: the axis would be nearly empty
        return list(months)
    return [Choice(f"{number // 12:04d}-{number % 12 + 1:02d}", counts.get(number, 0)) for number in span]


def _every_year(years: Sequence[Choice]) -> list[Choice]:
    counts = {int(one.value): one.photos for one in years}
    if max(counts) - min(counts) > MOST_YEARS:
        return list(years)
    return [Choice(f"{year:04d}", counts.get(year, 0)) for year in range(min(counts), max(counts) + 1)]


def _month(text: str) -> int:
    return int(text[:4]) * 12 + int(text[5:7]) - 1
