"""The gallery as files: the same pages, opened from disk without a server."""

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phototag.app.answers import Answers
from phototag.app.gallery import Gallery
from phototag.app.thumbnails import LARGE, THUMBNAIL, Thumbnails
from phototag.errors import PhototagError, UsageError
from phototag.query.vocabulary import Vocabulary
from phototag.store.pages import Entry, found_objects
from phototag.types import Hit
from phototag.web import views
from phototag.web.assets import asset_names, read_asset

MOST = 5_000
MARKER = ".phototag-album"  # keeps `phototag index` out
MARKED = "A gallery that phototag wrote; it may replace it.\n"
# Files have no origin of their own: browsers disagree on whether 'self' is this folder, so `file:` stands beside it.
POLICY = (
    "default-src 'none'; img-src 'self' file:; style-src 'self' file:; script-src 'self' file:; "
    "form-action 'none'; base-uri 'none'"
)
SERVED_ONLY = {"grid.js", "search.js"}
_OWN = ("photo", "thumb", "image", "assets", "index.html", "data.js")


@dataclass(frozen=True, slots=True)
class Files:
    """Where things are among the files (`phototag.web.views.Site`), seen from a page `up` leads to the top from."""

    up: str = ""
    static = True
    policy = POLICY
    placeholder = "dog, person>=2, not car"

    def asset(self, name: str) -> str:
        """A style, script or icon."""
        return f"{self.up}assets/{name}"

    def home(self, query: str, sort: str = "score") -> str:  # noqa: ARG002  (one grid for all)
        """The grid."""
        return f"{self.up}index.html"

    def hits(self, query: str, sort: str, state: str) -> str:  # noqa: ARG002
        """Nothing: all pages are there."""
        return ""

    def photo(self, entry: Entry, query: str, sort: str) -> str:  # noqa: ARG002
        """The page of one photo."""
        return f"{self.up}photo/{entry.content}.html"

    def thumbnail(self, entry: Entry) -> str:
        """The photo, small."""
        return f"{self.up}thumb/{entry.content}.jpg"


def write_gallery(
    gallery: Gallery, thumbnails: Thumbnails, query: str, folder: Path, *, keep_gps: bool
) -> Iterator[Hit | PhototagError]:
    """Write the hits of `query` (the best 5,000) as a site into `folder`; yields each photo, or why it is left out.

    The pictures are re-encoded without metadata; places appear only with `keep_gps`, and paths never do. Raises
    UsageError for a folder that holds anything but a gallery written before, PhototagError if it can't be written.
    """
    try:
        yield from _write(gallery, thumbnails, query, folder, keep_gps=keep_gps)
    except OSError as error:
        raise PhototagError(f"can't write {folder}: {error.strerror or error}", hint="Name another folder.") from error


def _prepare(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        marker = folder / MARKER
        if not (marker.is_file() and marker.read_text("utf-8") == MARKED):
            raise UsageError(f"{folder} is not empty", hint="Name a new folder: the gallery gets one of its own.")
        for name in _OWN:
            path = folder / name
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
    for name in ("photo", "thumb", "image", "assets"):
        (folder / name).mkdir(parents=True)
    (folder / MARKER).write_text(MARKED, "utf-8")
    for name in asset_names() - SERVED_ONLY:
        (folder / "assets" / name).write_bytes(read_asset(name))


def _write(
    gallery: Gallery, thumbnails: Thumbnails, query: str, folder: Path, *, keep_gps: bool
) -> Iterator[Hit | PhototagError]:
    templates = views.environment()
    written: list[Entry] = []
    with gallery.open() as answers:
        question = gallery.ask(answers, query)
        _prepare(folder)  # not before the query is read: what stands there is replaced by its answer alone
        for entry, failed in _pictures(thumbnails, gallery.page(question, "score", slice(MOST)), folder):
            if failed is None:
                written.append(entry)
            yield failed or entry.hit
        asked = found_objects(question.question, (entry.photo for entry in written))
        page = templates.get_template("photo.html")
        for place, entry in enumerate(written):
            view = gallery.photo(answers, entry.content)
            if view is not None:
                values = views.photo_values(view, (), asked.get(entry.photo, ()), paths=False, gps=keep_gps)
                values |= _beside(written, place)
                _save(folder / "photo" / f"{entry.content}.html", page.render(site=Files("../"), **values))
        _save(folder / "data.js", _data(answers, written))
    count = len(written)
    shown = {"query": "", "sort": "score", "fault": None, "pages": [written]}
    summary = "1 photo" if count == 1 else f"{count:,} photos"
    _save(folder / "index.html", templates.get_template("grid.html").render(site=Files(), summary=summary, **shown))


def _pictures(
    thumbnails: Thumbnails, entries: Iterable[Entry], folder: Path
) -> Iterator[tuple[Entry, PhototagError | None]]:
    """Write both sizes of every photo, several at a time; each with why it can't be had, if so."""

    def write(entry: Entry) -> PhototagError | None:
        try:
            made = thumbnails.jpegs(entry.hit, entry.content, (LARGE, THUMBNAIL))
        except PhototagError as error:
            return error
        (folder / "image" / f"{entry.content}.jpg").write_bytes(made[LARGE])
        (folder / "thumb" / f"{entry.content}.jpg").write_bytes(made[THUMBNAIL])
        return None

    entries = list(entries)
    with ThreadPoolExecutor(thumbnails.workers) as pool:
        yield from zip(entries, pool.map(write, entries), strict=True)


def _beside(written: Sequence[Entry], place: int) -> dict[str, Any]:
    """Where the page of a photo leads to, without a search."""
    values: dict[str, Any] = {"query": "", "sort": "score", "place": place + 1, "of": len(written), "original": None}
    for name, number in (("before", place - 1), ("after", place + 1)):
        content = written[number].content if 0 <= number < len(written) else None
        values[name] = content and {"href": f"{content}.html", "picture": f"../image/{content}.jpg"}
    return {**values, "picture": f"../image/{written[place].content}.jpg"}


def _data(answers: Answers, written: Sequence[Entry]) -> str:
    """What the search of the pages knows, as a script: a page opened from disk may not fetch anything."""
    photos = [_searchable(entry, answers.vocabulary) for entry in written]
    used = {word for photo in photos for word in (*photo["tags"], *photo["objects"])}
    meanings = {word: name for word, name in answers.vocabulary.meanings.items() if name in used}
    meanings |= {name.lower(): name for name in used}
    # `<` is escaped so that no name can end the script, were it ever put into a page.
    text = json.dumps({"photos": photos, "meanings": meanings}, ensure_ascii=True).replace("<", "\\u003c")
    return f'"use strict";\nconst PHOTOTAG = {text};\n'


def _searchable(entry: Entry, vocabulary: Vocabulary) -> dict[str, Any]:
    """Tags with all words above them, and how many objects answer to each word."""
    tags = {word for label in entry.hit.labels for word in vocabulary.ancestors(label.name)}
    objects: dict[str, int] = {}
    for found in entry.hit.objects:
        for word in vocabulary.ancestors(found.label):
            objects[word] = objects.get(word, 0) + 1
    facts: Mapping[str, str | None] = {
        "name": views.name_of(entry.hit),
        "taken": entry.hit.metadata.taken_at,
        "camera": entry.hit.metadata.camera,
    }
    return {"content": entry.content, "tags": sorted(tags), "objects": objects, **facts}


def _save(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8", "backslashreplace"))
