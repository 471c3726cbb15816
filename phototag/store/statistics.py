"""How much the index holds, and how complete it is."""

from dataclasses import dataclass

from phototag.store import planes
from phototag.store.presence import IGNORED, MISSING, PRESENT
from phototag.store.reading import Connection
from phototag.store.scope import ANYONE, Scope
from phototag.types import Task


@dataclass(frozen=True, slots=True)
class Completeness:
    """Of the reachable `photos`, how many a classifier and how many a detector has seen, and how many both have."""

    photos: int
    classified: int
    detected: int
    complete: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """Numbers of the whole index. `photos` are reachable ones, `waiting` the rest, kept until they return or `prune`;
    `files` are there or offline, `missing` those whose photo is nowhere now; `bytes` is the size of the database."""

    photos: int
    waiting: int
    offline: int
    files: int
    missing: int
    ignored: int
    objects: int
    labels: int
    problems: int
    bytes: int


def completeness(conn: Connection, scope: Scope = ANYONE) -> Completeness:
    """How much of the index has been analysed: what a note to a count says."""
    if not scope and planes.ready(conn):
        return Completeness(*planes.seen(conn))
    row = conn.exec_driver_sql(
        scope.over("""
        SELECT (SELECT count(*) FROM photos WHERE file_id IS NOT NULL),
               coalesce(sum(task = 'classify'), 0), coalesce(sum(task = 'detect'), 0)
        FROM analyses WHERE live""")
    ).one()
    both = _count(conn, scope.over("""
        SELECT count(*) FROM analyses a JOIN analyses b ON b.photo_id = a.photo_id AND b.task = 'detect' AND b.live
        WHERE a.task = 'classify' AND a.live"""))  # fmt: skip
    return Completeness(row[0], row[1], row[2], both)


def incomplete_run(conn: Connection) -> str | None:
    """Why the last run did not look at every file: what its report says, or "unfinished" for one that was killed or is
    under way; None where it did, and before the first run."""
    row = conn.exec_driver_sql(
        "SELECT iif(finished_at IS NULL, 'unfinished', json_extract(report, '$.incomplete')) "
        "FROM runs ORDER BY id DESC LIMIT 1"
    ).first()
    return None if row is None else row[0]


def stored_floor(conn: Connection, task: Task, scope: Scope = ANYONE) -> float:
    """The confidence below which the models that answer stored nothing; 0 where none has answered.

    Photos were mostly analysed down to the same floor; of those that were not, the first and the last are looked at.
    """
    ends = [
        conn.exec_driver_sql(
            scope.over(f"SELECT floor FROM analyses WHERE live AND task = ? ORDER BY photo_id {order} LIMIT 1"),
            (task.value,),
        ).scalar_one_or_none()
        for order in ("ASC", "DESC")
    ]
    return max((floor for floor in ends if floor is not None), default=0.0)


def statistics(conn: Connection) -> Statistics:
    """Count everything."""
    pages = _count(conn, "PRAGMA page_count") * _count(conn, "PRAGMA page_size")
    photos = _count(conn, "SELECT count(*) FROM photos WHERE file_id IS NOT NULL")
    return Statistics(
        photos=photos,
        waiting=_count(conn, "SELECT count(*) FROM photos") - photos,
        offline=_count(conn, "SELECT count(*) FROM photos WHERE offline"),
        files=_count(conn, f"SELECT count(*) FROM files WHERE state = {PRESENT}"),
        missing=_count(
            conn,
            f"SELECT count(*) FROM files f WHERE state = {MISSING} AND NOT EXISTS "
            f"(SELECT 1 FROM files g WHERE g.photo_id = f.photo_id AND g.state = {PRESENT})",
        ),
        ignored=_count(conn, f"SELECT count(*) FROM files WHERE state = {IGNORED}"),
        objects=_count(conn, "SELECT count(*) FROM detections WHERE live"),
        labels=_count(conn, "SELECT count(*) FROM words WHERE live AND own IS NOT NULL"),
        problems=_count(conn, "SELECT count(*) FROM problems"),
        bytes=pages,
    )


def _count(conn: Connection, statement: str) -> int:
    return int(conn.exec_driver_sql(statement).scalar_one())
