"""The loop of `phototag watch`: look at what is due, tell what that brought, look after the roots."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag

from phototag.app.album import refresh_all
from phototag.app.index import IndexOptions, run_index
from phototag.app.on_change import tell
from phototag.app.report import Event, IndexReport, Note
from phototag.app.roots import absolute_path
from phototag.app.watch.observing import Observing
from phototag.app.watch.pending import Batch, Pending
from phototag.errors import InterruptedRunError, LockedError, PhototagError
from phototag.render.report import report_lines
from phototag.settings import Settings
from phototag.store.engine import open_index
from phototag.store.roots import list_roots

INTERVAL_SECONDS = 30.0
_TICK_SECONDS = 0.25
_LOOK_AFTER_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """`interval` is how often is looked where the system tells nothing, `polling` has it so everywhere; `on_change` is
    told what each run brought."""

    interval: float = INTERVAL_SECONDS
    polling: bool = False
    on_change: tuple[str, ...] = ()


def watch(
    paths: Sequence[Path], settings: Settings, options: WatchOptions, note: Callable[[str], None], stop: Flag
) -> None:
    """Index the folders (every root, if none is named) and then whatever changes in them, until `stop` is set.

    Raises what `run_index` raises, but for LockedError: while another run writes, changes wait.
    """
    _Loop(paths, settings, options, note, stop).run()


class _Loop:
    def __init__(
        self, paths: Sequence[Path], settings: Settings, options: WatchOptions, note: Callable[[str], None], stop: Flag
    ) -> None:
        self.paths = [absolute_path(path) for path in paths]
        self.settings = settings
        self.options = options
        self.note = note
        self.stop = stop
        self.pending = Pending()
        self.told: set[str] = set()
        self.offline: set[bytes] = set()

    def run(self) -> None:
        self._index(Batch(tuple(self.paths), (), frozenset()))  # before anything else, what is wrong with the folders
        with Observing(self.pending, self.options.interval, self.note, polling=self.options.polling) as observing:
            observing.observe(self._roots())
            self.note(f"watching {len(self._roots()):,} folder(s); Ctrl-C ends it")
            looked = time.monotonic()
            while not self.stop.wait(_TICK_SECONDS):
                now = time.monotonic()
                if now - looked > _LOOK_AFTER_SECONDS:
                    observing.observe(self._roots())
                    looked = now
                batch = self.pending.due(now)
                if batch is not None:
                    self._look(batch)

    def _roots(self) -> list[bytes]:
        if self.paths:
            return self.paths
        with open_index(self.settings.db, write=False) as index, index.read() as conn:
            return [root.path for root in list_roots(conn)]

    def _look(self, batch: Batch) -> None:
        if batch.many:
            batch = Batch(tuple(self._roots()), (), batch.writing)
        try:
            self._index(batch)
        except LockedError:
            self._once("another run is writing to the index; changes wait for it")
            self.pending.again(batch, time.monotonic())

    def _index(self, batch: Batch) -> None:
        trees = [Path(os.fsdecode(path)) for path in batch.trees]
        options = IndexOptions(folders=batch.folders, writing=batch.writing)
        try:
            report = run_index(trees, self.settings, options, self._hear)
        except InterruptedRunError:
            self.stop.set()
            return
        self._tell(report)

    def _tell(self, report: IndexReport) -> None:
        away = set(report.offline) - self.offline
        self.offline |= away
        if not (report.brought_changes or report.failed or away):
            return
        for line in report_lines(report):
            self.note(f"{time.strftime('%H:%M:%S')}  {line}")
        try:
            refresh_all(self.settings, self.note)
            if self.options.on_change:
                tell(self.options.on_change, report, self.note)
        except PhototagError as error:  # the index is up to date; the next change is another try
            self.note(error.message)

    def _hear(self, event: Event) -> None:
        if isinstance(event, Note):
            self._once(event.text)

    def _once(self, text: str) -> None:
        if text not in self.told:
            self.told.add(text)
            self.note(text)
