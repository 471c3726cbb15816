"""Whether what a run found new has left a place that the run did not walk.

Someone who renames a folder and indexes it under its new name would else have every photo twice, and one of the two
paths would lead nowhere.
"""

import os

from sqlalchemy import Connection

from phototag.store.elsewhere import Twin, mark_away, mark_moved, twins


def look_elsewhere(conn: Connection, run_id: int) -> tuple[int, list[bytes]]:
    """Mark files that have moved from elsewhere, and roots that are not there; gives how many files and which roots.

    Where a root is gone or empty its drive may be away: it goes offline as a whole, and no file of it counts as moved.
    """
    there: dict[bytes, bool] = {}
    moved: list[Twin] = []
    away: list[bytes] = []
    for twin in twins(conn, run_id):
        if twin.root not in there:
            there[twin.root] = _holds_anything(twin.root)
            if not there[twin.root]:
                mark_away(conn, twin.root_id)
                away.append(twin.root)
        if there[twin.root] and not os.path.lexists(twin.path):
            moved.append(twin)
    mark_moved(conn, moved)
    return len(moved), away


def _holds_anything(folder: bytes) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(True for _ in entries)
    except OSError:
        return False
