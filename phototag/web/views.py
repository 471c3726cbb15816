"""What the pages show, as plain values for the templates."""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

import jinja2

from phototag.app.gallery import EVERYTHING, PhotoView
from phototag.errors import PhototagError, QueryError, UnknownWordError
from phototag.query.tree import Tag
from phototag.render.palette import Colour, colour, ink
from phototag.render.tables import findings_text
from phototag.render.text import path_text, printable
from phototag.store.pages import Entry
from phototag.types import Detection, Hit

PAGE = 120  # photos; divides by every number of columns that the style has
ORDERS = (("score", "Best first"), ("-taken", "Newest first"), ("taken", "Oldest first"), ("path", "By path"))


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

    def hits(self, query: str, sort: str, state: str) -> str:
        """Pages of the grid, in the order of that state of the index."""
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


def photo_values(
    view: PhotoView, exposure: Sequence[tuple[str, str]], asked: Collection[Detection], *, paths: bool, gps: bool
) -> dict[str, Any]:
    """What the page of a photo shows; `asked` are the objects that the query asks for; `paths` and `gps` say whether it
    may tell where the file and the place are."""
    hit = view.details.hit
    shown = [found.confidence for found in view.objects if found in view.shown]
    return {
        "hit": hit,
        "name": name_of(hit),
        "content": view.content,
        "boxes": [_box(found, hit, shown=found in view.shown, asked=found in asked) for found in view.objects],
        "letters": round(max(hit.width, hit.height) / 45, 1),
        "threshold": int(100 * min(shown, default=0.3)),
        "facts": [*_facts(view, paths=paths), *exposure],
        "map": _map(hit) if gps else None,
    }


def _box(found: Detection, hit: Hit, *, shown: bool, asked: bool) -> dict[str, Any]:
    x1, y1, x2, y2 = found.box.to_pixels(hit.width, hit.height)
    paper = colour(found.label)
    return {
        "label": printable(found.label),
        "percent": f"{found.confidence:.0%}",
        "confidence": round(found.confidence, 4),
        "colour": _hexadecimal(paper),
        "ink": _hexadecimal(ink(paper)),
        "shown": shown,
        "asked": asked,
        "x": round(x1, 1), "y": round(y1, 1), "width": round(x2 - x1, 1), "height": round(y2 - y1, 1),
    }  # fmt: skip


def _hexadecimal(value: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*value)


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
