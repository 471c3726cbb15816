"""What corrections say of a detector: the boxes that are right on a photo beside those that it found."""

from collections.abc import Iterator
from dataclasses import dataclass

from phototag.geometry import Box
from phototag.query.thresholds import Thresholds
from phototag.store.compile import PHOTOS
from phototag.store.compile_filters import PATH
from phototag.store.hits import read_objects
from phototag.store.lexicon import read_lexicon
from phototag.store.reading import Connection
from phototag.types import Detection

_PHOTOS = f"""
    SELECT p.id, {PATH}, p.width, p.height FROM {PHOTOS}
    WHERE p.id IN (SELECT photo_id FROM corrections WHERE effective AND kind IN ('box', 'unbox', 'untag'))
    AND p.id IN (SELECT a.photo_id FROM analyses a JOIN models m ON m.id = a.model_id
                 WHERE m.current AND a.task = 'detect' AND a.live)
    ORDER BY p.id"""
_FOUND = """
    SELECT n.name, b.confidence, b.x1, b.y1, b.x2, b.y2 FROM detections b JOIN names n ON n.id = b.name_id
    JOIN models m ON m.id = b.model_id WHERE m.current AND b.photo_id = ? ORDER BY b.number"""


@dataclass(frozen=True, slots=True)
class CorrectedPhoto:
    """A photo of `width` x `height` pixels. `right` are the boxes that answer, with the user's in place of what they
    overruled; `found` is all that the current detector stored, best first."""

    path: bytes
    width: int
    height: int
    right: tuple[Detection, ...]
    found: tuple[Detection, ...]


def current_detector(conn: Connection) -> str | None:
    """The name of the detector that answers; None before the first `index`."""
    name: str | None = conn.exec_driver_sql(
        "SELECT name FROM models WHERE current AND task = 'detect'"
    ).scalar_one_or_none()
    return name


def corrected_photos(conn: Connection, thresholds: Thresholds) -> Iterator[CorrectedPhoto]:
    """The reachable photos on which the user drew or deleted boxes or rejected labels, and for which the current
    detector answers."""
    lexicon = read_lexicon(conn)
    for photo, path, width, height in conn.exec_driver_sql(_PHOTOS).fetchall():
        rows = conn.exec_driver_sql(_FOUND, (photo,))
        found = tuple(Detection(name, confidence, Box(*box)) for name, confidence, *box in rows)
        right = read_objects(conn, [photo], lexicon, thresholds).get(photo, ())
        yield CorrectedPhoto(path, width, height, right, found)
