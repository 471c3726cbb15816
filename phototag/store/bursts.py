"""Bursts: photos that one camera took within moments of one another, which show one scene."""

from collections.abc import Iterable

from sqlalchemy import Connection

SECONDS = 2
"""From one photo of a burst to the next, at most. Cameras note the time in whole seconds."""

_SECOND = "CAST(strftime('%s', f.taken_at) AS INTEGER)"
_BEFORE = f"lag({_SECOND}) OVER (PARTITION BY coalesce(f.camera, '') ORDER BY f.taken_at, p.id)"


def scenes(seconds: int, condition: str = "1") -> str:
    """A SELECT of (photo_id, scene) for every reachable photo that says when it was taken, and passes a condition of
    our own text on `p`: photos of one camera, each at most `seconds` after the one before, are one scene."""
    return f"""
        SELECT photo_id, sum(opens) OVER (ORDER BY camera, at, photo_id) AS scene FROM (
            SELECT p.id AS photo_id, coalesce(f.camera, '') AS camera, f.taken_at AS at,
                   coalesce({_SECOND} - {_BEFORE} > {int(seconds)}, 1) AS opens
            FROM photos p JOIN files f ON f.id = p.file_id WHERE f.taken_at IS NOT NULL AND {condition})"""


def scenes_of(conn: Connection, photos: Iterable[int], seconds: int = SECONDS) -> dict[int, int]:
    """The scene of each of these photos (by id), as far as they alone tell. A photo without a date is a scene."""
    listed = sorted(set(photos))
    ids = ",".join(map(str, listed))
    found = {photo: -photo for photo in listed}
    found.update((row[0], row[1]) for row in conn.exec_driver_sql(scenes(seconds, f"p.id IN ({ids})")))
    return found


def bursts(conn: Connection, seconds: int = SECONDS) -> list[tuple[int, ...]]:
    """The photos (by id) of each scene that has several, in the order they were taken."""
    found: dict[int, list[int]] = {}
    for photo, scene in conn.exec_driver_sql(scenes(seconds)):
        found.setdefault(scene, []).append(photo)
    return [tuple(several) for several in found.values() if len(several) > 1]
