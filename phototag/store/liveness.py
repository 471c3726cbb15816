"""Which rows answer queries. Every change of a file, a folder or a model is followed by `touch` and `settle`.

* `photos.file_id` is the photo's first reachable file: online before offline, then by path; NULL where there is none.
* `photos.offline` says that this file lies in an offline root or folder.
* `stale_photos` has every photo whose answers may have changed since the planes were made.
* `live` is 1 on the rows of a reachable photo from the current model of each task, or else from the latest that ran;
  on the user's own rows wherever the photo is reachable; on no row that the user overruled.
"""

from collections.abc import Iterable
from typing import Any

from phototag.store import overruled
from phototag.store.reading import Connection

_TOUCHED = "CREATE TEMP TABLE IF NOT EXISTS touched (photo_id INTEGER PRIMARY KEY)"

FIRST_FILE = """
    SELECT f.id FROM files f JOIN folders d ON d.id = f.folder_id JOIN roots r ON r.id = d.root_id
    WHERE f.photo_id = photos.id AND f.state = 0
    ORDER BY d.offline OR r.offline, r.path, d.path, f.name LIMIT 1"""

OFFLINE = """
    coalesce((SELECT d.offline OR r.offline FROM files f
              JOIN folders d ON d.id = f.folder_id JOIN roots r ON r.id = d.root_id
              WHERE f.id = photos.file_id), 0)"""

LIVE = """
    ((SELECT p.file_id IS NOT NULL FROM photos p WHERE p.id = analyses.photo_id)
     AND model_id = (SELECT a.model_id FROM analyses a JOIN models m ON m.id = a.model_id
                     WHERE a.photo_id = analyses.photo_id AND a.task = analyses.task
                     ORDER BY m.current DESC, a.at DESC, a.model_id DESC LIMIT 1))"""

_SETTLE = (
    f"UPDATE photos SET file_id = ({FIRST_FILE}) WHERE id IN (SELECT photo_id FROM touched)",
    f"UPDATE photos SET offline = {OFFLINE} WHERE id IN (SELECT photo_id FROM touched) AND offline <> {OFFLINE}",
    f"UPDATE analyses SET live = NOT live WHERE photo_id IN (SELECT photo_id FROM touched) AND live <> {LIVE}",
    *(
        f"UPDATE {table} SET live = NOT live WHERE photo_id IN (SELECT photo_id FROM touched) AND live <> "
        f"(SELECT a.live FROM analyses a WHERE a.photo_id = {table}.photo_id AND a.model_id = {table}.model_id)"
        for table in ("words", "detections")
    ),
    *overruled.SETTLE,
    "INSERT OR IGNORE INTO stale_photos SELECT photo_id FROM touched",
    "DELETE FROM touched",
)


def touch(conn: Connection, photo_ids: Iterable[int]) -> None:
    """Remember photos whose files or analyses changed, for `settle`."""
    rows = [(photo_id,) for photo_id in photo_ids]
    conn.exec_driver_sql(_TOUCHED)
    if rows:
        conn.exec_driver_sql("INSERT OR IGNORE INTO touched VALUES (?)", rows)


def touch_select(conn: Connection, select: str, parameters: tuple[Any, ...] = ()) -> None:
    """Like `touch`, for the photo ids that one SELECT (of our own text) gives."""
    conn.exec_driver_sql(_TOUCHED)
    conn.exec_driver_sql(
        f"INSERT OR IGNORE INTO touched SELECT photo_id FROM ({select}) WHERE photo_id IS NOT NULL",
        parameters,
    )


def settle(conn: Connection) -> None:
    """Put `file_id`, `offline` and `live` right for every touched photo."""
    conn.exec_driver_sql(_TOUCHED)
    for statement in _SETTLE:
        conn.exec_driver_sql(statement)
