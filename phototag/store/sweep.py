"""After a walk: what is missing, what has moved, what is offline. Nothing is deleted.

* A file that a complete listing does not show is *missing*; it has *moved* when the same photo turned up in another
  place since its root was last swept.
* A folder that held photos and now holds none, is gone, can't be listed, or shows another device with none of its
  files, is *offline* with its reason: a drive may be away. A root where no photo at all was met is offline as a whole.
  Where photos were met below an emptied folder no drive is away: what it held is missing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from phototag.store import liveness
from phototag.store.clock import now
from phototag.store.listing import Listing
from phototag.store.paths import absolute, ancestors, is_within, signed
from phototag.store.presence import IGNORED, MISSING, PRESENT

_BUFFERED = 500
_EMPTIED = "it held photos and now holds none"
_GONE = "the folder is gone"
_DEVICE = "another drive is mounted here"
_UNLISTED = "it can't be listed"


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found, in files. `offline` are the absolute paths of the roots and folders that are offline now."""

    missing: int
    moved: int
    ignored: int
    offline: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder's row; `evidence` says that files known from another device were met unchanged: the same drive again."""

    id: int
    device: int | None
    offline: bool
    evidence: bool


class Walked:
    """Which folders a run has listed and which files it missed there, in temporary tables: memory does not grow."""

    def __init__(self, conn: Connection) -> None:
        self.candidates: dict[int, int] = {}  # by root
        self.reasons: dict[int, str] = {}  # by root: why it can't be walked
        self._listed: list[tuple[int, bytes, bool, bytes, int]] = []
        for table, columns in _TABLES.items():
            conn.exec_driver_sql(f"DROP TABLE IF EXISTS temp.{table}")
            conn.exec_driver_sql(f"CREATE TEMP TABLE {table} ({columns})")

    def add(self, conn: Connection, root_id: int, listing: Listing) -> None:
        """Note a listed folder. The first photo that is met below an offline root brings the root back."""
        before = self.candidates.get(root_id, 0)
        self.candidates[root_id] = before + len(listing.stamps)
        if listing.stamps and not before:
            _root_online(conn, root_id)
        if not listing.folder and not listing.complete:
            self.reasons[root_id] = _reason(listing)
        ignored = b"/".join(listing.ignored_folders)
        self._listed.append((root_id, listing.folder, listing.complete, ignored, len(listing.stamps)))
        if len(self._listed) >= _BUFFERED:
            self.flush(conn)

    def flush(self, conn: Connection) -> None:
        """Write the folders that were noted."""
        if self._listed:
            conn.exec_driver_sql("INSERT OR REPLACE INTO walked VALUES (?, ?, ?, ?, ?)", self._listed)
            self._listed = []

    def judge(
        self, conn: Connection, folder: Folder, listing: Listing, absent: Sequence[tuple[int, int | None]]
    ) -> None:
        """Decide whether a listed folder is online, and note the `absent` (file id, photo id) for the sweep."""
        device = signed(listing.device) if listing.device else None
        if absent and not listing.complete:
            if not listing.stamps:
                _folder_offline(conn, folder.id, _reason(listing))
            return
        if absent and None not in (device, folder.device) and device != folder.device and not folder.evidence:
            _folder_offline(conn, folder.id, _DEVICE)
            return
        if absent:
            emptied = None if listing.stamps else _EMPTIED
            rows = [(file_id, photo_id, folder.id, emptied) for file_id, photo_id in absent]
            conn.exec_driver_sql("INSERT OR REPLACE INTO absent VALUES (?, ?, ?, ?)", rows)
        if (listing.stamps or not absent) and (folder.offline or device != folder.device):
            _folder_online(conn, folder, device)


_TABLES = {
    "walked": "root_id INTEGER, path BLOB, complete INTEGER, ignored BLOB, photos INTEGER, PRIMARY KEY (root_id, path)",
    "absent": "file_id INTEGER PRIMARY KEY, photo_id INTEGER, folder_id INTEGER, emptied TEXT",
}


def sweep(conn: Connection, run_id: int, walked: Walked, scopes: Sequence[tuple[int, bytes]]) -> Swept:
    """Judge what the walks of these (root id, folder) did not meet, and mark it. The walks must be complete."""
    walked.flush(conn)
    ignored = sum(_judge_unlisted(conn, root_id, folder, walked) for root_id, folder in scopes)
    conn.exec_driver_sql(_STILL_HOLDING, (_EMPTIED,))
    moved = _mark_moved(conn)
    missing = _mark_missing(conn)
    for root_id, folder in scopes:
        if not folder and not walked.candidates.get(root_id):
            root_offline(conn, root_id, walked.reasons.get(root_id, _EMPTIED))
    waiting = conn.exec_driver_sql("SELECT DISTINCT folder_id, emptied FROM absent WHERE emptied IS NOT NULL")
    for folder_id, reason in waiting.fetchall():
        _folder_offline(conn, folder_id, reason)
    _forget_empty_offline(conn)
    for root_id, folder in scopes:
        if not folder:
            conn.exec_driver_sql(
                "UPDATE roots SET swept_run = ?, indexed_at = ? WHERE id = ? AND NOT offline", (run_id, now(), root_id)
            )
    conn.exec_driver_sql("DELETE FROM absent")
    liveness.settle(conn)
    return Swept(missing, moved, ignored, _offline(conn, scopes))


# Once a folder, not a file, and by two ranges of the walked paths. Paths compare as bytes, where `0` follows `/`.
_STILL_HOLDING = """
    UPDATE absent SET emptied = NULL WHERE emptied = ? AND folder_id IN (
    SELECT d.id FROM (SELECT DISTINCT folder_id FROM absent WHERE emptied IS NOT NULL) a
    CROSS JOIN folders d ON d.id = a.folder_id WHERE EXISTS (
    SELECT 1 FROM walked w WHERE w.root_id = d.root_id AND w.photos
    AND w.path > CAST(d.path || '/' AS BLOB) AND w.path < CAST(d.path || '0' AS BLOB))
    OR (d.path = x'' AND EXISTS (SELECT 1 FROM walked w WHERE w.root_id = d.root_id AND w.photos)))"""


def _judge_unlisted(conn: Connection, root_id: int, scope: bytes, walked: Walked) -> int:
    """Folders that the walk did not meet are ignored now, out of reach, or gone. Gives the number of ignored files."""
    away = not scope and not walked.candidates.get(root_id) and _holds_photos(conn, root_id)
    unlisted = conn.exec_driver_sql(_UNLISTED_FOLDERS, (root_id, scope, scope, scope + b"/", scope + b"0")).fetchall()
    ignored = 0
    for folder_id, path in unlisted:
        verdict = _verdict(conn, root_id, path)
        if verdict == "ignored":
            liveness.touch_select(conn, "SELECT photo_id FROM files WHERE folder_id = ?", (folder_id,))
            changed = conn.exec_driver_sql(
                "UPDATE files SET state = ? WHERE folder_id = ? AND state = ?", (IGNORED, folder_id, PRESENT)
            )
            ignored += changed.rowcount
        elif verdict == "gone":
            conn.exec_driver_sql(
                "INSERT OR REPLACE INTO absent SELECT id, photo_id, folder_id, ? FROM files "
                "WHERE folder_id = ? AND state = ?",
                (_GONE, folder_id, PRESENT),
            )
        else:
            _folder_offline(conn, folder_id, _UNLISTED)
        if verdict == "ignored" or (verdict == "gone" and not away):
            conn.exec_driver_sql(_DROP_PROBLEMS, (folder_id, folder_id))
    return ignored


_UNLISTED_FOLDERS = f"""
    SELECT d.id, d.path FROM folders d
    WHERE d.root_id = ? AND (? = x'' OR d.path = ? OR (d.path > ? AND d.path < ?))
    AND NOT EXISTS (SELECT 1 FROM walked w WHERE w.root_id = d.root_id AND w.path = d.path)
    AND (EXISTS (SELECT 1 FROM files f WHERE f.folder_id = d.id AND f.state = {PRESENT})
         OR EXISTS (SELECT 1 FROM problems p WHERE p.folder_id = d.id))"""

# A folder that waits for its drive keeps its problems, and so does all of a root that does.
_DROP_PROBLEMS = f"""
    DELETE FROM problems WHERE folder_id = ?
    AND NOT EXISTS (SELECT 1 FROM files WHERE folder_id = ? AND state = {PRESENT})"""


def _verdict(conn: Connection, root_id: int, path: bytes) -> str:
    """What became of a folder, by the nearest folder above it that was listed."""
    for above, name in ancestors(path):
        row = conn.exec_driver_sql(
            "SELECT complete, ignored FROM walked WHERE root_id = ? AND path = ?", (root_id, above)
        ).fetchone()
        if row is not None:
            if name in row[1].split(b"/"):
                return "ignored"
            return "gone" if row[0] else "unlisted"
    return "gone"


def _mark_moved(conn: Connection) -> int:
    conn.exec_driver_sql(f"""
        CREATE TEMP TABLE moved AS
        SELECT a.file_id FROM absent a JOIN folders d ON d.id = a.folder_id JOIN roots r ON r.id = d.root_id
        JOIN (SELECT f.photo_id, max(f.run_id) AS run_id FROM files f JOIN folders e ON e.id = f.folder_id
              JOIN roots s ON s.id = e.root_id
              WHERE f.photo_id IN (SELECT photo_id FROM absent) AND f.state = {PRESENT}
              AND NOT e.offline AND NOT s.offline AND f.id NOT IN (SELECT file_id FROM absent) GROUP BY f.photo_id) here
        ON here.photo_id = a.photo_id AND here.run_id > r.swept_run""")
    liveness.touch_select(conn, "SELECT photo_id FROM absent WHERE file_id IN (SELECT file_id FROM moved)")
    marked = conn.exec_driver_sql(f"UPDATE files SET state = {MISSING} WHERE id IN (SELECT file_id FROM moved)")
    conn.exec_driver_sql("DELETE FROM absent WHERE file_id IN (SELECT file_id FROM moved)")
    conn.exec_driver_sql("DROP TABLE moved")
    return marked.rowcount


def _mark_missing(conn: Connection) -> int:
    liveness.touch_select(conn, "SELECT photo_id FROM absent WHERE emptied IS NULL")
    return conn.exec_driver_sql(
        f"UPDATE files SET state = {MISSING} WHERE id IN (SELECT file_id FROM absent WHERE emptied IS NULL)"
    ).rowcount


def _forget_empty_offline(conn: Connection) -> None:
    """A root or folder from which everything moved elsewhere waits for nothing."""
    conn.exec_driver_sql(f"""
        UPDATE folders SET offline = 0, offline_reason = NULL WHERE offline AND NOT EXISTS
        (SELECT 1 FROM files f WHERE f.folder_id = folders.id AND f.state = {PRESENT})""")
    for (root_id,) in conn.exec_driver_sql("SELECT id FROM roots WHERE offline").fetchall():
        if not _holds_photos(conn, root_id):
            conn.exec_driver_sql("UPDATE roots SET offline = 0, offline_reason = NULL WHERE id = ?", (root_id,))


def _root_online(conn: Connection, root_id: int) -> None:
    changed = conn.exec_driver_sql(
        "UPDATE roots SET offline = 0, offline_reason = NULL WHERE id = ? AND offline", (root_id,)
    )
    if changed.rowcount:
        liveness.touch_select(conn, _PHOTOS_OF_ROOT, (root_id,))
        liveness.settle(conn)


def root_offline(conn: Connection, root_id: int, reason: str) -> None:
    """Mark a root, instead of its folders; one without known photos has nothing to wait for."""
    if not _holds_photos(conn, root_id):
        return
    before = conn.exec_driver_sql("SELECT offline FROM roots WHERE id = ?", (root_id,)).scalar_one()
    conn.exec_driver_sql("UPDATE roots SET offline = 1, offline_reason = ? WHERE id = ?", (reason, root_id))
    conn.exec_driver_sql("DELETE FROM absent WHERE folder_id IN (SELECT id FROM folders WHERE root_id = ?)", (root_id,))
    if not before:
        liveness.touch_select(conn, _PHOTOS_OF_ROOT, (root_id,))


def _holds_photos(conn: Connection, root_id: int) -> bool:
    found = conn.exec_driver_sql(
        "SELECT EXISTS (SELECT 1 FROM files f JOIN folders d ON d.id = f.folder_id "
        f"WHERE d.root_id = ? AND f.state = {PRESENT})",
        (root_id,),
    )
    return bool(found.scalar_one())


_PHOTOS_OF_ROOT = "SELECT f.photo_id FROM files f JOIN folders d ON d.id = f.folder_id WHERE d.root_id = ?"


def _folder_offline(conn: Connection, folder_id: int, reason: str) -> None:
    changed = conn.exec_driver_sql(
        "UPDATE folders SET offline = 1, offline_reason = ? WHERE id = ? AND offline_reason IS NOT ?",
        (reason, folder_id, reason),
    )
    if changed.rowcount:
        _settle_folder(conn, folder_id)


def _folder_online(conn: Connection, folder: Folder, device: int | None) -> None:
    conn.exec_driver_sql(
        "UPDATE folders SET device = ?, offline = 0, offline_reason = NULL WHERE id = ?", (device, folder.id)
    )
    if folder.offline:
        _settle_folder(conn, folder.id)


def _settle_folder(conn: Connection, folder_id: int) -> None:
    liveness.touch_select(conn, "SELECT photo_id FROM files WHERE folder_id = ?", (folder_id,))
    liveness.settle(conn)


def _reason(listing: Listing) -> str:
    return listing.problems[0].reason if listing.problems else _UNLISTED


def _offline(conn: Connection, scopes: Sequence[tuple[int, bytes]]) -> tuple[bytes, ...]:
    """The offline places in these scopes, as absolute paths; one for a whole root."""
    found: set[bytes] = set()
    for root_id, scope in scopes:
        root = conn.exec_driver_sql("SELECT path, offline FROM roots WHERE id = ?", (root_id,)).one()
        if root.offline:
            found.add(root.path)
            continue
        rows = conn.exec_driver_sql("SELECT path FROM folders WHERE root_id = ? AND offline", (root_id,))
        found.update(absolute(root.path, row.path) for row in rows if is_within(row.path, scope))
    return tuple(sorted(found))
