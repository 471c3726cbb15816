"""Files and folders that could not be used. A known problem is retried when its file changes, or on request."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from phototag.store.clock import now
from phototag.store.listing import Listing
from phototag.store.paths import absolute, below, text_column
from phototag.store.presence import PRESENT
from phototag.store.reading import Connection
from phototag.types import FileStamp, Problem, Stage


@dataclass(frozen=True, slots=True)
class KnownProblem:
    """What the index holds of one problem; `size` and `mtime_ns` are the file's at that time."""

    stage: str
    reason: str
    size: int | None
    mtime_ns: int | None

    def is_about(self, stamp: FileStamp) -> bool:
        """Whether the file is still as it was when the problem was met."""
        return self.size == stamp.size and self.mtime_ns == stamp.mtime_ns


@dataclass(frozen=True, slots=True)
class StoredProblem:
    """A problem for people: since when, when it was met last, and how often it was tried."""

    problem: Problem
    since: str
    last: str
    tries: int


def list_problems(conn: Connection) -> Iterator[StoredProblem]:
    """Every problem in the order of paths."""
    rows = conn.exec_driver_sql("""
        SELECT r.path AS root, d.path AS folder, p.name, p.stage, p.reason, p.since, p.last, p.tries
        FROM problems p JOIN folders d ON d.id = p.folder_id JOIN roots r ON r.id = d.root_id
        ORDER BY r.path, d.path, p.name""")
    for row in rows:
        path = absolute(row.root, row.folder, row.name)
        yield StoredProblem(Problem(path, Stage(row.stage), row.reason), row.since, row.last, row.tries)


def without_photo(conn: Connection) -> int:
    """How many files failed and show no photo, so that no query finds them: never read, or changed since."""
    found: int = conn.exec_driver_sql(f"""
        SELECT count(*) FROM problems e WHERE e.name <> x'' AND NOT EXISTS (
            SELECT 1 FROM files f WHERE f.folder_id = e.folder_id AND f.name = e.name AND f.state = {PRESENT})
        """).scalar_one()
    return found


def known_problems(conn: Connection, folder_id: int) -> dict[bytes, KnownProblem]:
    """The problems of one folder by file name; its own has an empty name."""
    rows = conn.exec_driver_sql(
        "SELECT name, stage, reason, size, mtime_ns FROM problems WHERE folder_id = ?", (folder_id,)
    )
    return {row[0]: KnownProblem(*row[1:]) for row in rows.fetchall()}


def note_problem(
    conn: Connection, key: tuple[int, bytes], stage: Stage, reason: str, stamp: tuple[int | None, int | None]
) -> None:
    """Store a problem of a file, or of the folder where the name in `key` is empty; a known one keeps its `since`."""
    at = now()
    conn.exec_driver_sql(
        """INSERT INTO problems (folder_id, name, name_text, stage, reason, size, mtime_ns, since, last)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (folder_id, name) DO UPDATE SET
           stage = excluded.stage, reason = excluded.reason, size = excluded.size, mtime_ns = excluded.mtime_ns,
           since = iif(size IS excluded.size AND mtime_ns IS excluded.mtime_ns, since, excluded.since),
           last = excluded.last, tries = tries + 1""",
        (*key, text_column(key[1]), stage.value, reason, *stamp, at, at),
    )


def settle_problems(
    conn: Connection,
    folder_id: int,
    root_path: bytes,
    listing: Listing,
    found: tuple[Mapping[bytes, KnownProblem], set[bytes]],
    *,
    keep: bool,
) -> None:
    """Store what the walk reported of a folder; drop what is solved or, unless `keep`, no longer there.

    `found` are the folder's known problems, and the names of files that turned out well.
    """
    known, solved = found
    place = absolute(root_path, listing.folder)
    reported = {below(problem.path, place) or b"": problem for problem in listing.problems}
    for name, problem in reported.items():
        old = known.get(name)
        if old is None or (old.stage, old.reason) != (problem.stage.value, problem.reason):
            note_problem(conn, (folder_id, name), problem.stage, problem.reason, (None, None))
    there = {stamp.name for stamp in listing.stamps}
    over = [
        (folder_id, name)
        for name, old in known.items()
        if name not in reported
        and (name in solved or (listing.complete and not keep and (name not in there or old.stage == Stage.WALK)))
    ]
    if over:
        conn.exec_driver_sql("DELETE FROM problems WHERE folder_id = ? AND name = ?", over)
