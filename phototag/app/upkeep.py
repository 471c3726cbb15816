"""Looking after the index: backup, restore, check, vacuum, prune; what it holds, and what the last runs did."""

import json
from pathlib import Path
from typing import Any

from phototag.errors import IndexCorruptError
from phototag.settings import Settings
from phototag.store import prune as pruning
from phototag.store import runs as stored_runs
from phototag.store import upkeep
from phototag.store.engine import open_index
from phototag.store.sqlite import index_path
from phototag.store.statistics import Statistics, statistics


def backup_index(target: Path, settings: Settings) -> int:
    """Copy the index to a new file, also while it is written to; gives the copy's bytes."""
    with open_index(settings.db, write=False) as index:
        upkeep.backup(index, target)
    return target.stat().st_size


def restore_index(source: Path, settings: Settings, wait: float) -> Path | None:
    """Put a backup in the place of the index; gives where the old one was kept."""
    return upkeep.restore(settings.db, source, wait)


def check_index(settings: Settings) -> Path:
    """Read all of the index; gives its path when it is sound. Raises IndexCorruptError that says what is wrong."""
    with open_index(settings.db, write=False) as index, index.read() as conn:
        faults = upkeep.check(conn)
    path = index_path(settings.db)
    if faults:
        raise IndexCorruptError(
            f"{path} is not sound: {'; '.join(faults[:5])}",
            hint="`phototag db restore BACKUP` brings a backup back; without one, move the file away and index again.",
        )
    return path


def vacuum_index(settings: Settings, wait: float) -> int:
    """Give the space of deleted rows back; gives the bytes that were saved."""
    with open_index(settings.db, write=True) as index, index.lock(wait):
        return upkeep.vacuum(index)


def prune_index(settings: Settings, *, dry_run: bool, wait: float) -> pruning.Pruned:
    """Delete for good what is missing, or only say what that would be."""
    if dry_run:
        with open_index(settings.db, write=False) as index, index.read() as conn:
            return pruning.prune(conn, dry_run=True)
    with open_index(settings.db, write=True) as index, index.lock(wait), index.begin() as conn:
        return pruning.prune(conn, dry_run=False)


def index_statistics(settings: Settings) -> Statistics:
    """Count everything in the index."""
    with open_index(settings.db, write=False) as index, index.read() as conn:
        return statistics(conn)


def recent_runs(settings: Settings, limit: int) -> list[dict[str, Any]]:
    """The last runs of `index`, newest first: number, process, begin, end (None: interrupted, or under way), report."""
    with open_index(settings.db, write=False) as index, index.read() as conn:
        found = stored_runs.list_runs(conn, limit)
    return [
        {
            "id": run.id,
            "started_at": run.started_at,
            "finished_at": run.finished_at,
            "pid": run.pid,
            "report": json.loads(run.report) if run.report else None,
        }
        for run in found
    ]
