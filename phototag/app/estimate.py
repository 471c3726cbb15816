"""How long a run would take: from earlier runs with the same models, else measured on a sample of its files."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from phototag.app.messages import Job, Setup
from phototag.app.report import Speed
from phototag.app.setup import work
from phototag.app.workers import Pool
from phototag.store.runs import list_runs
from phototag.types import Task

ENOUGH = 100
"""A run that analysed so many photos tells how fast the next one will be: starting weighs little in it."""
SAMPLE = 32


@dataclass
class Sample:
    """Up to `2 * SAMPLE` jobs from everywhere in a run: of ever more that come, every second one is dropped."""

    jobs: list[Job] = field(default_factory=list)
    _met: int = 0
    _step: int = 1

    def add(self, job: Job) -> None:
        """Meet the next job."""
        if self._met % self._step == 0:
            self.jobs.append(job)
        self._met += 1
        if len(self.jobs) >= 2 * SAMPLE:
            self.jobs = self.jobs[::2]
            self._step *= 2


def speed_of_runs(conn: Connection, models: Mapping[str, str]) -> Speed | None:
    """The speed of the last large run with these models, by task; None where there was none."""
    for run in list_runs(conn, limit=200):
        report = json.loads(run.report) if run.report else {}
        if report.get("analysed", 0) >= ENOUGH and report.get("models") == models and report.get("seconds"):
            return Speed(report["analysed"] / report["seconds"], f"as in the run of {run.started_at[:10]}")
    return None


def measure(jobs: Sequence[Job], setup: Setup, processes: int) -> Speed | None:
    """Read, decode and analyse these files without storing anything; None without files.

    The clock starts when the first files were read, so that loading the models is not part of it.
    """
    if not jobs:
        return None
    begun: list[float] = []

    def everything(contents: Sequence[bytes | None]) -> list[frozenset[Task]]:
        begun.append(time.monotonic())
        return [frozenset(Task) if content else frozenset() for content in contents]

    with Pool(work, setup, processes) as pool:
        done = sum(len(examined) for examined in pool.run(iter(jobs), everything))
    seconds = time.monotonic() - begun[0] if begun else 0.0
    return Speed(done / max(seconds, 1e-3), f"measured on {done} of them")
