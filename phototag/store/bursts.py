"""Bursts: photos that one camera took within moments of one another, which show one scene."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from phototag.store.reading import Connection

SECONDS = 2
"""From one photo of a burst to the next, at most. Cameras note the time in whole seconds."""

# In the order of its index by time: nothing is sorted.
_MOMENTS = (
    "SELECT p.id, f.camera, f.taken_at FROM files f CROSS JOIN photos p ON p.file_id = f.id "
    "WHERE f.taken_at IS NOT NULL {0} ORDER BY f.taken_at"
)


def bursts(conn: Connection, seconds: int = SECONDS) -> Iterator[tuple[int, ...]]:
    """The photos (by id) of each scene that has several, in the order they were taken: of one camera, each at most
    `seconds` after the one before. A photo that is not reachable, or has no date, is in none."""
    return _chains(conn.exec_driver_sql(_MOMENTS.format("")), seconds)


def scenes_of(conn: Connection, photos: Iterable[int], seconds: int = SECONDS) -> dict[int, int]:
    """The scene of each of these photos (by id), named by its first photo, as far as they alone tell."""
    listed = sorted(set(photos))
    ids = ",".join(map(str, listed))
    found = {photo: photo for photo in listed}
    for several in _chains(conn.exec_driver_sql(_MOMENTS.format(f"AND p.id IN ({ids})")), seconds):
        found |= dict.fromkeys(several, several[0])
    return found


def _chains(moments: Iterable[Any], seconds: int) -> Iterator[tuple[int, ...]]:
    apart = timedelta(seconds=seconds)
    last: dict[str | None, tuple[datetime, list[int]]] = {}
    for photo, camera, taken in moments:
        at = datetime.fromisoformat(taken)
        before = last.get(camera)
        if before is None or at - before[0] > apart:
            if before is not None and len(before[1]) > 1:
                yield tuple(before[1])
            last[camera] = (at, [photo])
        else:
            before[1].append(photo)
            last[camera] = (at, before[1])
    for _, several in last.values():
        if len(several) > 1:
            yield tuple(several)
