"""`phototag diff`: what became of the library since the last run, or since a date."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from phototag.app.answers import today
from phototag.app.report import CHANGES
from phototag.app.thresholds import index_thresholds, load_thresholds
from phototag.app.words import load_vocabulary
from phototag.errors import UsageError
from phototag.query.dates import span
from phototag.settings import Settings
from phototag.store.engine import open_index
from phototag.store.history import Became, FileChange, OfflineNow, file_changes, newly_offline
from phototag.store.lexicon import own_words
from phototag.store.paths import shown
from phototag.store.problems import StoredProblem, list_problems
from phototag.store.relabelled import Relabelled, relabelled
from phototag.store.runs import list_runs
from phototag.types import Task

LAST = "last"
_STAMP = "%Y-%m-%dT%H:%M:%S.%fZ"


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed since a moment (UTC); `labels` are photos on which other labels or objects stand."""

    since: datetime
    files: tuple[FileChange, ...]
    offline: tuple[OfflineNow, ...]
    failed: tuple[StoredProblem, ...]
    labels: tuple[Relabelled, ...]

    def to_json(self) -> dict[str, Any]:
        """The difference as plain data: paths by what became of them, moves with both, labels with both counts."""
        paths = {
            became.value: [shown(change.path) for change in self.files if change.became is became]
            for became in Became
            if became is not Became.MOVED
        }
        moved = [
            {"from": shown(change.before), "to": shown(change.path)}
            for change in self.files
            if change.before is not None
        ]
        return {
            "since": self.since.astimezone().isoformat(timespec="seconds"),
            **paths,
            "moved": moved,
            "offline": [{"path": shown(place.path), "reason": place.reason} for place in self.offline],
            "failed": [{"path": shown(one.problem.path), "reason": one.problem.reason} for one in self.failed],
            "relabelled": [_relabelled(photo) for photo in self.labels],
        }


def difference(since: str, settings: Settings) -> Difference:
    """What changed since `last` (the beginning of the last complete run that brought anything) or a date as queries
    take them.

    Raises UsageError for what is no date, and where no run is complete yet.
    """
    moment = None if since == LAST else _moment(since)
    with open_index(settings.db, write=False) as index, index.read() as conn:
        stamp = _last_run(conn) if moment is None else _stamp(moment)
        vocabulary = load_vocabulary(settings).extended(own_words(conn))
        thresholds = index_thresholds(conn, load_thresholds(settings, vocabulary))
        files = tuple(file_changes(conn, stamp))
        replaced = [
            (change.photo_then, change.photo_now)
            for change in files
            if change.became is Became.CHANGED and change.photo_then and change.photo_now
        ]
        return Difference(
            since=datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC),
            files=files,
            offline=newly_offline(conn, stamp),
            failed=tuple(problem for problem in list_problems(conn) if problem.since >= stamp),
            labels=tuple(relabelled(conn, stamp, _models_then(conn, stamp), replaced, thresholds)),
        )


def _moment(text: str) -> datetime:
    """The beginning of a day, month or year of the user's calendar, or an exact time in it."""
    try:
        return _first(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:  # the year 1 begins in no year where the user's clock is ahead
        raise UsageError(f"--since: {error}", hint="Or write `last`, or a time like 2024-06-01T18:30.") from error


def _first(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat(span(text, today()).first)


def _stamp(moment: datetime) -> str:
    """As `_STAMP` reads it; `strftime` leaves the zeros of early years out."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _last_run(conn: Connection) -> str:
    """The beginning of the last complete run that brought anything: a schedule has many that bring nothing."""
    complete = [run for run in list_runs(conn, limit=10_000) if run.finished_at is not None and run.report]
    if not complete:
        raise UsageError("no run of `phototag index` is complete yet", hint="Run `phototag index`, or name a date.")
    reports = ((run, json.loads(run.report or "{}")) for run in complete)
    busy = (run for run, report in reports if any(report.get(name) for name in CHANGES))
    return next(busy, complete[0]).started_at


def _models_then(conn: Connection, stamp: str) -> dict[str, str]:
    """The models that the last complete run before that moment used, by task."""
    for run in list_runs(conn, limit=100_000):
        if run.started_at < stamp and run.report:
            models: dict[str, str] = json.loads(run.report).get("models", {})
            return models
    return {}


def _relabelled(photo: Relabelled) -> dict[str, Any]:
    """Per label and object how often it stood there, and how often it does."""

    def counts(task: Task) -> dict[str, list[int]]:
        return {one.name: [one.then, one.now] for one in photo.recounts if one.task is task}

    return {"path": shown(photo.path), "labels": counts(Task.CLASSIFY), "objects": counts(Task.DETECT)}
