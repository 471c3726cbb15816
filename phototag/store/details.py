"""One photo with everything the index knows of it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from phototag.errors import UsageError
from phototag.query.thresholds import Thresholds
from phototag.store.absent import absence
from phototag.store.compile import PHOTOS
from phototag.store.compile_filters import PATH
from phototag.store.hits import COLUMNS, id_list, read_hits
from phototag.store.lexicon import read_lexicon
from phototag.store.paths import absolute, shown
from phototag.store.pieces import chunks
from phototag.store.presence import PRESENT
from phototag.store.reading import Connection
from phototag.store.roots import find_scope
from phototag.types import Hit

MOST_NAMED = 5

_FILES = "files f JOIN folders d ON d.id = f.folder_id JOIN roots r ON r.id = d.root_id"


@dataclass(frozen=True, slots=True)
class Details:
    """A photo as a hit without a score; `content` is its, in hexadecimal; `paths` are all its known files; `models`
    answer for it."""

    hit: Hit
    content: str
    paths: tuple[bytes, ...]
    format: str
    models: tuple[str, ...]


def details(conn: Connection, path: bytes, name: bytes, thresholds: Thresholds) -> Details:
    """What is known of the photo in the file at `path` (absolute), else of the only one in a file called `name`, which
    is what the user typed: a name where it has no folder.

    Raises UsageError when the index has no such photo, or several.
    """
    photo = photo_id(conn, path, name)
    hit = hits_of(conn, [photo], thresholds).get(photo)
    if hit is None:
        raise absence(conn, path, name)
    kind, content = conn.exec_driver_sql("SELECT format, content FROM photos WHERE id = ?", (photo,)).one()
    models = conn.exec_driver_sql(
        "SELECT m.name FROM analyses a JOIN models m ON m.id = a.model_id "
        "WHERE a.photo_id = ? AND a.live ORDER BY a.task",
        (photo,),
    )
    return Details(hit, content.hex(), _paths(conn, photo), kind, tuple(models.scalars()))


def hits_of(conn: Connection, photos: Sequence[int], thresholds: Thresholds) -> dict[int, Hit]:
    """The reachable ones of these photos (by id), as hits without a score."""
    found: dict[int, Hit] = {}
    lexicon = read_lexicon(conn)
    for part in chunks(photos):
        rows = conn.exec_driver_sql(
            f"SELECT {COLUMNS}, {PATH}, NULL FROM {PHOTOS} WHERE p.id IN ({id_list(part)})"
        ).fetchall()
        hits = read_hits(conn, iter(rows), lexicon, thresholds)
        found.update(zip((row[0] for row in rows), hits, strict=True))
    return found


def reachable(conn: Connection) -> frozenset[int]:
    """The ids of all photos that have a known file."""
    return frozenset(conn.exec_driver_sql("SELECT id FROM photos WHERE file_id IS NOT NULL").scalars())


def photo_id(conn: Connection, path: bytes, name: bytes) -> int:
    """The id of the photo in the file at `path` (absolute), else of the only one in a file called `name`.

    Raises UsageError when the index has no such photo, or several.
    """
    found = _photo_at(conn, path)
    if found is None and os.path.basename(name) != name:  # a photo of the same name elsewhere is another one
        raise absence(conn, path, name)
    return found or _photo_named(conn, name, path)


def photo_of_content(conn: Connection, content: bytes) -> int | None:
    """The id of the photo with this content, if the index has it."""
    found: int | None = conn.exec_driver_sql("SELECT id FROM photos WHERE content = ?", (content,)).scalar_one_or_none()
    return found


def copies_of(conn: Connection, path: bytes) -> tuple[bytes, ...]:
    """The paths of all known files with the content of the file at `path`, itself included; offline ones come last."""
    photo = _photo_at(conn, path)
    return (path,) if photo is None else _paths(conn, photo)


def _paths(conn: Connection, photo: int) -> tuple[bytes, ...]:
    rows = conn.exec_driver_sql(
        f"SELECT r.offline OR d.offline, r.path, d.path, f.name FROM {_FILES} WHERE f.photo_id = ? AND f.state = ?",
        (photo, PRESENT),
    )
    return tuple(path for _, path in sorted((offline, absolute(*place)) for offline, *place in rows))


def _photo_at(conn: Connection, path: bytes) -> int | None:
    scope = find_scope(conn, path)
    if scope is None:
        return None
    folder, _, name = scope.folder.rpartition(b"/")
    found: Sequence[int | None] = (
        conn.exec_driver_sql(
            "SELECT f.photo_id FROM files f JOIN folders d ON d.id = f.folder_id "
            "WHERE d.root_id = ? AND d.path = ? AND f.name = ?",
            (scope.root.id, folder, name),
        )
        .scalars()
        .all()
    )
    return found[0] if found else None


def _photo_named(conn: Connection, name: bytes, path: bytes) -> int:
    rows = conn.exec_driver_sql(
        f"SELECT f.photo_id, r.path, d.path, f.name FROM {_FILES} "
        "WHERE f.name = ? AND f.photo_id IS NOT NULL AND f.state = ? LIMIT 100",
        (name, PRESENT),
    ).fetchall()
    photos = {row[0] for row in rows}
    if len(photos) == 1:
        return int(rows[0][0])
    if not photos:
        raise absence(conn, path, name)
    named = ", ".join(shown(absolute(*row[1:])) for row in rows[:MOST_NAMED])
    raise UsageError(f"several photos are called {shown(name)}", hint=f"Name one by its path: {named}.")
