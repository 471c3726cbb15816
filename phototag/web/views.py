"""What the pages show, as plain values for the templates."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

import jinja2

from phototag.app.gallery import EVERYTHING, PhotoView
from phototag.errors import PhototagError, QueryError, UnknownWordError
from phototag.query.parser import parse
from phototag.query.tree import Count, Filter, Node, Or, Tag, Things
from phototag.render.annotate import caption
from phototag.render.palette import colour
from phototag.render.tables import findings_text
from phototag.render.text import path_text, printable
from phototag.store.facets import Choice, Facets
from phototag.store.pages import Entry
from phototag.types import Detection, Hit

PAGE = 120  # photos; divides by every number of columns that the style has
ORDERS = (("score", "Best first"), ("-taken", "Newest first"), ("taken", "Oldest first"), ("path", "By path"))
MOST_BARS = 60


class Site(Protocol):
    """Where things are: on the server, or among the files of a static gallery."""

    static: bool
    policy: str
    placeholder: str

    def asset(self, name: str) -> str:
        """A style, script or icon."""
        ...

    def home(self, query: str, sort: str = "score") -> str:
        """The grid of a query's hits."""
        ...

    def hits(self, query: str, sort: str) -> str:
        """Pages of the grid."""
        ...

    def photo(self, entry: Entry, query: str, sort: str) -> str:
        """The page of one photo."""
        ...

    def thumbnail(self, entry: Entry) -> str:
        """The photo, small."""
        ...


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a query can't be answered; `text[position:end]` is at fault, if `marked`; `others` are queries to try."""

    message: str
    hint: str
    text: str = ""
    position: int = 0
    end: int = 0
    others: tuple[str, ...] = ()

    @property
    def marked(self) -> bool:
        """Whether a place in the text is at fault."""
        return bool(self.text)


def environment() -> jinja2.Environment:
    """The templates. Everything that is put into them is escaped."""
    found = jinja2.Environment(
        loader=jinja2.PackageLoader("phototag.web"), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    found.globals.update(alt=alt, orders=ORDERS, page_size=PAGE, tag_query=lambda name: str(Tag(name)))
    return found


def alt(hit: Hit) -> str:
    """A photo in words: its name, and what is in it."""
    found = findings_text(hit)
    return f"{name_of(hit)}: {found}" if found else name_of(hit)


def name_of(hit: Hit) -> str:
    """The file's name as text without control characters."""
    return printable(path_text(os.path.basename(hit.path)))


def fault_of(error: PhototagError) -> Fault:
    """An error of a query as a page shows it."""
    if not isinstance(error, QueryError) or not error.text:
        return Fault(error.message, error.hint)
    text, begin = error.text, error.position
    if not isinstance(error, UnknownWordError):
        return Fault(error.message, error.hint, text, begin, begin + 1)
    end = begin + len(error.word)
    others = tuple(text[:begin] + word + text[end:] for word in error.suggestions if text[begin:end] == error.word)
    return Fault(error.message, "" if others else error.hint, text, begin, end, others)


def narrowed(query: str, node: Node) -> str:
    """The query that asks for `node` besides."""
    if not query.strip():
        return str(node)
    try:
        alternatives = isinstance(parse(query), Or)
    except QueryError:
        alternatives = True
    return f"({query}) {node}" if alternatives else f"{query} {node}"


def facet_groups(found: Facets, query: str, site: Site) -> list[dict[str, Any]]:
    """The facets with the queries that they lead to."""

    def group(name: str, choices: Iterable[tuple[Choice, Node]]) -> dict[str, Any]:
        links = [
            {"name": printable(one.value), "photos": one.photos, "href": site.home(narrowed(query, node))}
            for one, node in choices
        ]
        return {"name": name, "choices": links}

    years = tuple(reversed(found.years))
    return [
        group("Objects", ((one, Count(Things(one.value))) for one in found.objects)),
        group("Labels", ((one, Tag(one.value)) for one in found.labels)),
        group("Years", ((one, Filter("taken", one.value)) for one in years)),
        group("Cameras", ((one, Filter("camera", one.value)) for one in found.cameras)),
        group("Keywords", ((one, Filter("keyword", one.value)) for one in found.keywords)),
        group("Folders", ((one, Filter("folder", one.value)) for one in found.folders)),
    ]


def timeline(found: Facets, query: str, site: Site) -> list[dict[str, Any]]:
    """Bars for the months with photos, or for the years where there are many months; heights up to 60."""
    choices: Sequence[Choice] = found.months if len(found.months) <= MOST_BARS else found.years
    if len(choices) < 2:
        return []
    most = max(one.photos for one in choices)
    return [
        {
            "name": one.value,
            "photos": f"{one.photos:,}",
            "height": round(max(2.0, 58.0 * one.photos / most), 1),
            "href": site.home(narrowed(query, Filter("taken", one.value))),
        }
        for one in choices
    ]


def photo_values(view: PhotoView, exposure: Sequence[tuple[str, str]], *, paths: bool, gps: bool) -> dict[str, Any]:
    """What the page of a photo shows; `paths` and `gps` say whether it may tell where the file and the place are."""
    hit = view.details.hit
    shown = [found.confidence for found in view.objects if found in view.shown]
    return {
        "hit": hit,
        "name": name_of(hit),
        "boxes": [_box(found, hit, shown=found in view.shown) for found in view.objects],
        "letters": round(max(hit.width, hit.height) / 45, 1),
        "threshold": int(100 * min(shown, default=0.3)),
        "facts": [*_facts(view, paths=paths), *exposure],
        "map": _map(hit) if gps else None,
    }


def _box(found: Detection, hit: Hit, *, shown: bool) -> dict[str, Any]:
    x1, y1, x2, y2 = found.box.to_pixels(hit.width, hit.height)
    letters = max(hit.width, hit.height) / 45
    red, green, blue = colour(found.label)
    return {
        "label": printable(found.label),
        "caption": caption(found),
        "percent": f"{found.confidence:.0%}",
        "confidence": round(found.confidence, 4),
        "colour": f"#{red:02x}{green:02x}{blue:02x}",
        "shown": shown,
        "x": round(x1, 1), "y": round(y1, 1), "width": round(x2 - x1, 1), "height": round(y2 - y1, 1),
        "text_x": round(x1 + letters / 4, 1),
        "text_y": round(y1 - letters / 3 if y1 > 1.5 * letters else y1 + letters * 1.1, 1),
    }  # fmt: skip


def _facts(view: PhotoView, *, paths: bool) -> list[tuple[str, str]]:
    hit, known = view.details.hit, view.details.hit.metadata
    facts = [("Size", f"{hit.width} × {hit.height} pixels, {view.details.format}")]
    if known.taken_at:
        facts.append(("Taken", known.taken_at.replace("T", " ")))
    if known.camera:
        facts.append(("Camera", printable(known.camera)))
    if known.lens:
        facts.append(("Lens", printable(known.lens)))
    if known.keywords:
        facts.append(("Keywords", printable(", ".join(known.keywords))))
    if paths:
        facts += [("Path", printable(path_text(path))) for path in view.details.paths]
        facts.append(("Models", ", ".join(view.details.models) or "none yet"))
    if hit.offline:
        facts.append(("Offline", "its drive or folder is not there now"))
    return facts


def _map(hit: Hit) -> dict[str, str] | None:
    latitude, longitude = hit.metadata.latitude, hit.metadata.longitude
    if latitude is None or longitude is None:
        return None
    place = {"mlat": f"{latitude:.6f}", "mlon": f"{longitude:.6f}"}
    href = f"https://www.openstreetmap.org/?{urlencode(place)}#map=15/{latitude:.5f}/{longitude:.5f}"
    return {"name": f"{latitude:.5f}, {longitude:.5f}", "href": href}


def summary_of(query: str, shown: int) -> str:
    """What is said of the hits before they are counted."""
    if not shown:
        return "Nothing matches." if query and query != EVERYTHING else "The index has no photos."
    return f"{shown} photos" if shown < PAGE else f"The first {PAGE} photos"
