"""The history of index runs."""

from dataclasses import dataclass
from os import getpid

from sqlalchemy import Connection, insert, update

from phototag.store import reading
from phototag.store.clock import now
from phototag.store.tables import runs


@dataclass(frozen=True, slots=True)
class Run:
    """One index run; `finished_at` and `report` (JSON) are None when it was interrupted or is under way."""

    id: int
    started_at: str
    finished_at: str | None
    pid: int
    report: str | None


def start_run(conn: Connection) -> int:
    """Note that a run begins; gives its number."""
    result = conn.execute(insert(runs).values(started_at=now(), pid=getpid()))
    (run_id,) = result.inserted_primary_key or (0,)
    return int(run_id)


def finish_run(conn: Connection, run_id: int, report: str) -> None:
    """Note that a run ended, with its report as JSON."""
    conn.execute(update(runs).where(runs.c.id == run_id).values(finished_at=now(), report=report))


def list_runs(conn: reading.Connection, limit: int = 20) -> tuple[Run, ...]:
    """The last runs, newest first."""
    rows = conn.exec_driver_sql(
        "SELECT id, started_at, finished_at, pid, report FROM runs ORDER BY id DESC LIMIT ?", (limit,)
    )
    return tuple(Run(*row) for row in rows)
