"""The gallery as a server: Starlette, read-only, everything from the index and from this package."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from phototag.app.exposure import read_exposure
from phototag.app.gallery import Gallery
from phototag.app.pictures import read_original
from phototag.app.thumbnails import LARGE, THUMBNAIL, Thumbnails
from phototag.errors import PhototagError, UsageError
from phototag.store.answers import ORDERS
from phototag.store.pages import Entry, found_objects
from phototag.web import views
from phototag.web.assets import asset_names, read_asset
from phototag.web.narrowing import Narrowing

TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
FOREVER = "private, max-age=31536000, immutable"  # a picture's address names its content
_NUMBER = re.compile(r"[0-9]{1,9}")
_CONTENT = re.compile(r"[0-9a-f]{40}")


class Served:
    """Where things are on the server (`phototag.web.views.Site`)."""

    static = False
    policy = ""
    placeholder = "dog, person>=2, beach taken:2023"

    def asset(self, name: str) -> str:
        """A style, script or icon."""
        return f"/static/{name}"

    def home(self, query: str, sort: str = "score") -> str:
        """The grid of a query's hits."""
        return f"/{_parameters(query, sort)}"

    def hits(self, query: str, sort: str, state: str) -> str:
        """Pages of the grid, in the order of that state of the index."""
        return f"/hits{_parameters(query, sort, at=state)}"

    def total(self, query: str) -> str:
        """How many hits there are."""
        return f"/total{_parameters(query)}"

    def facets(self, query: str, sort: str) -> str:
        """What the hits have in common; the links keep the order."""
        return f"/facets{_parameters(query, sort)}"

    def photo(self, entry: Entry, query: str, sort: str) -> str:
        """The page of one photo."""
        return f"/photo/{entry.content}{_parameters(query, sort)}"

    def thumbnail(self, entry: Entry) -> str:
        """The photo, small."""
        return f"/thumb/{entry.content}.jpg"


class Pages:
    """The answers to requests. Starlette runs each in a thread of its own, for they read files and the index."""

    def __init__(self, gallery: Gallery, thumbnails: Thumbnails) -> None:
        self.gallery = gallery
        self.thumbnails = thumbnails
        self.site = Served()
        self.templates = views.environment()

    def home(self, request: Request) -> Response:
        """The search field and the first hits; a query that can't be answered is status 400 with the fault shown."""
        query, sort = _asked(request)
        fault, entries = None, []
        state = self.gallery.state()
        try:
            with self.gallery.open() as answers:
                entries = self.gallery.page(self.gallery.ask(answers, query), sort, slice(views.PAGE), state)
        except UsageError as error:
            fault = views.fault_of(error)
        summary = "No answer" if fault else views.summary_of(query, len(entries))
        pages = [entries] if entries else []
        shown = {"query": query, "sort": sort, "state": state, "fault": fault, "pages": pages, "summary": summary}
        return self._html("grid.html", 400 if fault else 200, **shown)

    def hits(self, request: Request) -> Response:
        """One page of the grid."""
        query, sort = _asked(request)
        text = request.query_params.get("start", "0")
        if not _NUMBER.fullmatch(text):
            raise UsageError("there is no such page")
        start = int(text)
        with self.gallery.open() as answers:
            question = self.gallery.ask(answers, query)
            places = slice(start, start + views.PAGE)
            entries = self.gallery.page(question, sort, places, request.query_params.get("at", ""))
        return self._html("hits.html", entries=entries, query=query, sort=sort, start=start)

    def total(self, request: Request) -> Response:
        """How many hits there are."""
        query, _ = _asked(request)
        with self.gallery.open() as answers:
            return JSONResponse({"photos": self.gallery.total(self.gallery.ask(answers, query))})

    def facets(self, request: Request) -> Response:
        """What the hits have in common."""
        query, sort = _asked(request)
        with self.gallery.open() as answers:
            census = self.gallery.facets(self.gallery.ask(answers, query))
            narrowing = Narrowing(query, answers.vocabulary.knows, lambda text: self.site.home(text, sort))
        bars = narrowing.timeline(census)
        unit = "month" if bars and len(bars[0]["name"]) == 7 else "year"
        return self._html("facets.html", groups=narrowing.groups(census), timeline=bars, unit=unit, census=census)

    def photo(self, request: Request) -> Response:
        """One photo with all that is known of it, and its neighbours among the hits."""
        query, sort = _asked(request)
        content = _content(request)
        with self.gallery.open() as answers:
            view = self.gallery.photo(answers, content)
            if view is None:
                raise _AbsentError
            question = self.gallery.ask(answers, query)
            beside = self.gallery.neighbours(question, sort, view.number)
            asked = found_objects(question.question, [view.number]).get(view.number, ())
        values = views.photo_values(view, read_exposure(view.details.hit, content), asked, paths=True, gps=True)
        rest = _parameters(query, sort)
        for name, found in (("before", beside and beside.before), ("after", beside and beside.after)):
            values[name] = found and {"href": f"/photo/{found}{rest}", "picture": f"/image/{found}.jpg"}
        values |= {"place": beside and beside.place, "of": beside and beside.of}
        values |= {"picture": f"/image/{content}.jpg", "original": f"/file/{content}"}
        return self._html("photo.html", query=query, sort=sort, **values)

    def thumbnail(self, request: Request) -> Response:
        """A photo, small."""
        return self._picture(request, THUMBNAIL)

    def image(self, request: Request) -> Response:
        """A photo, large."""
        return self._picture(request, LARGE)

    def original(self, request: Request) -> Response:
        """The file itself, if its content is still what was indexed."""
        content = _content(request)
        hit = self._entry(content).hit
        try:
            data = read_original(hit, content).data
        except PhototagError as error:
            return self._html("message.html", 404, message=error.message, hint=error.hint)
        name = views.name_of(hit)
        plain = re.sub(r"[^\w.-]", "_", name, flags=re.ASCII)
        headers = {"content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"}
        return Response(data, media_type="application/octet-stream", headers=headers)

    def complete(self, request: Request) -> Response:
        """How a query may go on, and what is wrong with it so far."""
        query = request.query_params.get("q", "")
        fault = ""
        with self.gallery.open() as answers:
            texts = self.gallery.complete(answers, query)
            try:
                self.gallery.ask(answers, query)
            except UsageError as error:
                if not texts:
                    template = self.templates.get_template("fault.html")
                    fault = template.render(site=self.site, fault=views.fault_of(error))
        return JSONResponse({"texts": texts, "fault": fault})

    def asset(self, request: Request) -> Response:
        """A style, script or icon of this package."""
        name = request.path_params["name"]
        if name not in asset_names():
            raise _AbsentError
        return Response(read_asset(name), media_type=TYPES[name.rpartition(".")[2]])

    def _picture(self, request: Request, side: int) -> Response:
        content = _content(request)
        hit = self._entry(content).hit
        try:
            data = self.thumbnails.jpeg(hit, content, side)
        except PhototagError as error:
            return Response(f"{error.message}\n", 404, media_type="text/plain")
        return Response(data, media_type="image/jpeg", headers={"cache-control": FOREVER})

    def _entry(self, content: str) -> Entry:
        with self.gallery.open() as answers:
            entry = self.gallery.entry(answers, content)
        if entry is None:
            raise _AbsentError
        return entry

    def _html(self, template: str, status: int = 200, **values: Any) -> Response:
        return HTMLResponse(self.templates.get_template(template).render(site=self.site, **values), status)

    def refuse(self, _request: Request, error: Exception) -> Response:
        """An error as a page."""
        if isinstance(error, _AbsentError):
            return self._html("message.html", 404, message="There is no such photo or page.", hint="")
        if isinstance(error, PhototagError):
            status = 400 if isinstance(error, UsageError) else 500
            return self._html("message.html", status, message=error.message, hint=error.hint)
        return self._html("message.html", 500, message="phototag failed in a way nobody foresaw.", hint="")


class _AbsentError(Exception):
    """What was asked for is not there."""


def application(gallery: Gallery, thumbnails: Thumbnails) -> Starlette:
    """The server without its guard (`phototag.web.access.Access`)."""
    pages = Pages(gallery, thumbnails)
    answers: dict[str, Callable[[Request], Response]] = {
        "/": pages.home,
        "/hits": pages.hits,
        "/total": pages.total,
        "/facets": pages.facets,
        "/complete": pages.complete,
        "/photo/{content}": pages.photo,
        "/thumb/{content}.jpg": pages.thumbnail,
        "/image/{content}.jpg": pages.image,
        "/file/{content}": pages.original,
        "/static/{name}": pages.asset,
    }
    handlers: Any = dict.fromkeys((_AbsentError, PhototagError, Exception, 404), pages.refuse)
    handlers[404] = lambda request, _error: pages.refuse(request, _AbsentError())
    return Starlette(routes=[Route(path, answer) for path, answer in answers.items()], exception_handlers=handlers)


def _asked(request: Request) -> tuple[str, str]:
    sort = request.query_params.get("sort", "score")
    if sort not in ORDERS:
        raise UsageError("there is no such order", hint=f"Orders are: {', '.join(ORDERS)}.")
    return request.query_params.get("q", "").strip(), sort


def _content(request: Request) -> str:
    content: str = request.path_params["content"]
    if not _CONTENT.fullmatch(content):
        raise _AbsentError
    return content


def _parameters(query: str, sort: str = "score", *, at: str = "") -> str:
    named = (("q", query), ("sort", sort), ("at", at))
    given = {name: value for name, value in named if value and (name, value) != ("sort", "score")}
    return f"?{urlencode(given)}" if given else ""
