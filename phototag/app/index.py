"""`phototag index`: walk, identify, decode, infer, store, sweep."""

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection

from phototag.app.elsewhere import look_elsewhere
from phototag.app.estimate import Sample, measure, speed_of_runs
from phototag.app.messages import Examined, Job, Setup
from phototag.app.models import Choice, choose_models
from phototag.app.report import IndexReport, Listener, Note, Progress
from phototag.app.scopes import check_new, scopes_of
from phototag.app.setup import available_cores, log_file, model_file, work
from phototag.app.stopping import stop_requests
from phototag.app.taught import TaughtLabels, outdated
from phototag.app.thresholds import index_thresholds, load_thresholds
from phototag.app.words import load_vocabulary
from phototag.app.workers import Pool
from phototag.errors import InterruptedRunError
from phototag.inference.library import Installed
from phototag.inference.spec import ModelFile
from phototag.media.ignore import WalkRules
from phototag.media.walk import Listing, scan
from phototag.query.vocabulary import Vocabulary
from phototag.settings import Settings
from phototag.store.engine import Index, open_index
from phototag.store.lexicon import own_words
from phototag.store.models import set_current, want
from phototag.store.planes import refresh as refresh_planes
from phototag.store.roots import Scope
from phototag.store.runs import finish_run, start_run
from phototag.store.save import FileFailure, FileResult, known, save
from phototag.store.sqlite import index_path
from phototag.store.sync import Changes, Sync
from phototag.types import ModelId, Task

BATCH_PHOTOS = 64
BATCH_SECONDS = 2.0
"""What a killed run may lose: a transaction costs as much for many photos as for a few."""
FEW_STALE = 32  # of a chunk are left to be answered from their rows: to look through its planes takes 0.1 s
STALE_PHOTOS = 4_096
"""After so many photos of a chunk its planes are put right, so that answers come quickly during a long run, too."""
EMBEDDED_NOTE = "Using the small embedded models; `phototag models install standard` gets stronger ones."


@dataclass(frozen=True, slots=True)
class IndexOptions:
    """What a run does beyond the settings: `limit` bounds the photos that are read, `wait` is in seconds.

    `folders` are looked at beside the paths of the run, without what lies below them; the files in `writing` are left
    for a later run. Both are absolute.
    """

    force: bool = False
    dry_run: bool = False
    limit: int | None = None
    wait: float = 0.0
    retry_failed: bool = False
    folders: tuple[bytes, ...] = ()
    writing: frozenset[bytes] = frozenset()


def run_index(paths: Sequence[Path], settings: Settings, options: IndexOptions, listener: Listener) -> IndexReport:
    """Index the folders at `paths` (every root, if none) and say what was done.

    Raises UsageError for a path that is missing and was never indexed, ModelError, IndexFileError, LockedError, and
    InterruptedRunError when the user stops the run; what was done until then is kept.
    """
    choice = choose_models(settings)
    _check_provider(settings.provider)
    with ExitStack() as stack:
        where = settings.db
        fresh = not index_path(where).exists()
        if fresh:
            check_new(paths)  # before an index is made that would hold nothing
        if fresh and options.dry_run:
            where = str(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "index.db")
        index = stack.enter_context(open_index(where, write=True))
        stack.enter_context(index.lock(options.wait))
        for note in index.notes:
            listener(Note(note))
        run = _Run(index, settings, options, choice, listener)
        return run.rehearse(paths) if options.dry_run else run.go(paths)


class _Run:
    """One run: its place in the index, its counts, and its stages."""

    def __init__(
        self, index: Index, settings: Settings, options: IndexOptions, choice: Choice, listener: Listener
    ) -> None:
        self.index = index
        self.settings = settings
        self.options = options
        self.choice = choice
        self.listener = listener
        self.rules = WalkRules(exclude=settings.exclude, follow_symlinks=settings.follow_symlinks)
        self.vocabulary = load_vocabulary(settings)
        self.report = IndexReport(models=choice.names)
        self.begun = time.monotonic()
        self.queued = 0
        self.done = 0
        self.batch: list[Examined] = []
        self.stored_at = self.begun
        self.stale = 0

    def rehearse(self, paths: Sequence[Path]) -> IndexReport:
        """What a run would meet, and how long it would take; every write is rolled back."""
        sample = Sample()
        with self.index.rehearse() as conn:
            self._begin(conn, paths)
            for scope in self.scopes:
                for job in self._jobs(scope, lambda: nullcontext(conn)):
                    sample.add(job)
            self._sweep(conn)
            speed = speed_of_runs(conn, self.choice.names)
        report = self._finished()
        report.to_analyse = self.queued
        report.speed = speed or measure(sample.jobs, self._setup(), self.settings.workers or available_cores())
        return report

    def go(self, paths: Sequence[Path]) -> IndexReport:
        """Walk, examine, store, sweep."""
        with self.index.begin() as conn:
            self._begin(conn, paths)
        pool = Pool(work, self._setup(), self.settings.workers or available_cores())
        with pool, stop_requests(pool) as stop:
            jobs = (job for scope in self.scopes for job in self._jobs(scope, self.index.begin))
            for examined in pool.run(jobs, self._lookup):
                if told := self.report.ran_on(pool.providers):
                    self.listener(Note(told))
                self.batch += examined
                if len(self.batch) >= BATCH_PHOTOS or time.monotonic() - self.stored_at > BATCH_SECONDS:
                    self._store()
            self._store()
        with self.index.begin() as conn:
            if stop.requested:
                self.report.incomplete = "stopped"
            else:
                self._sweep(conn)
            self._refresh_planes(conn, least=FEW_STALE)
            report = self._finished()
            finish_run(conn, self.run_id, json.dumps(report.to_json(), ensure_ascii=False))
        if stop.requested:
            raise InterruptedRunError(
                f"stopped; what was done is kept: {report.analysed:,} photos were analysed",
                hint="Run the same command again to go on from there.",
            )
        return report

    def _begin(self, conn: Connection, paths: Sequence[Path]) -> None:
        self.scopes = scopes_of(conn, paths, self.options.folders)
        if self.choice.embedded:
            self.listener(Note(EMBEDDED_NOTE))
        self.run_id = start_run(conn)
        installed = (self.choice.classifier, self.choice.detector)
        self.wanted = want(conn, [(found.model, _floor(found, self.settings)) for found in installed])
        set_current(conn, [wanted.id for wanted in self.wanted])
        if old := outdated(conn):
            again = " and ".join(f"`phototag teach {name}`" for name in old)
            self.listener(Note(f"Taught for another classifier; when this one has seen the photos, run {again} again."))
        self.sync = Sync(
            conn, self.run_id, self.wanted, force=self.options.force, retry_failed=self.options.retry_failed
        )

    def _jobs(self, scope: Scope, transaction: Callable[[], AbstractContextManager[Connection]]) -> Iterator[Job]:
        """The files of a scope that must be read. No transaction is open while one is handed out."""
        listings = scan(scope.root.path, scope.folder, self.rules)
        for listing in listings if scope.deep else islice(listings, 1):
            if listing.folder == scope.folder and not listing.complete and not listing.stamps:
                self.sync.unreachable(scope.root.id, listing.problems[0].reason)  # offline, which is no problem
                return
            with transaction() as conn:
                changes = self.sync.folder(conn, scope.root.id, scope.root.path, listing)
            self._count(listing, changes)
            self._tell()
            for todo in changes.todo:
                if self.options.limit is not None and self.queued >= self.options.limit:
                    self.report.incomplete = "limit"
                    break
                path = os.path.join(scope.root.path, todo.stamp.relative)
                if path in self.options.writing:
                    continue
                self.queued += 1
                yield Job(path, scope.root.id, todo.stamp)

    def _lookup(self, contents: Sequence[bytes | None]) -> list[frozenset[Task]]:
        """The tasks that each content still needs: none for a moved file or a copy."""
        everything = {wanted.model for wanted in self.wanted}
        have: dict[bytes, frozenset[ModelId]] = {}
        if not self.options.force:
            with self.index.read() as conn:
                have = known(conn, [content for content in contents if content], self.wanted)
            have |= {
                found.content: frozenset(one.model for one in found.analyses) for found in self.batch if found.photo
            }
        return [
            frozenset(model.task for model in everything - have.get(content, frozenset())) if content else frozenset()
            for content in contents
        ]

    def _store(self) -> None:
        """One transaction for what the workers have finished."""
        examined, self.batch = self.batch, []
        failures = [
            FileFailure(e.job.root, e.job.stamp, e.problem.stage, e.problem.reason) for e in examined if e.problem
        ]
        with self.index.begin() as conn:
            taught = TaughtLabels(conn, self.wanted)
            results = [
                FileResult(e.job.root, e.job.stamp, e.content, e.photo, e.metadata, taught.added(e.analyses))
                for e in examined
                if e.content
            ]
            save(conn, self.run_id, results, failures)
            self.stale += len(results)
            if self.stale >= STALE_PHOTOS:
                self._refresh_planes(conn, least=STALE_PHOTOS)
        self.done += len(examined)
        self.report.analysed += sum(bool(e.analyses) for e in examined)
        self.report.failed += [e.problem for e in examined if e.problem]
        self.stored_at = time.monotonic()
        self._tell()

    def _refresh_planes(self, conn: Connection, least: int) -> None:
        vocabulary = self.vocabulary.extended(own_words(conn))
        refresh_planes(conn, index_thresholds(conn, load_thresholds(self.settings, vocabulary)), least)
        self.stale = 0

    def _count(self, listing: Listing, changes: Changes) -> None:
        report = self.report
        report.seen += len(listing.stamps)
        report.raw += listing.raw
        report.video += listing.video
        report.new += changes.new
        report.changed += changes.changed
        report.unchanged += changes.unchanged
        report.ignored += listing.ignored
        report.left_out.update(listing.left_out)
        report.known_failed += changes.failed
        report.failed += listing.problems

    def _sweep(self, conn: Connection) -> None:
        swept = self.sync.sweep(conn, [(scope.root.id, scope.folder) for scope in self.scopes if scope.deep])
        self.report.missing = swept.missing
        self.report.moved = swept.moved
        self.report.new = max(0, self.report.new - swept.moved)  # some may have arrived in a run before
        self.report.offline = list(swept.offline)
        if self.report.new or self.report.changed:
            moved, away = look_elsewhere(conn, self.run_id)
            self.report.moved += moved
            self.report.new = max(0, self.report.new - moved)
            self.report.offline += away

    def _tell(self) -> None:
        self.listener(Progress(self.report.seen, self.queued, self.done, len(self.report.failed)))

    def _finished(self) -> IndexReport:
        self.report.seconds = time.monotonic() - self.begun
        return self.report

    def _setup(self) -> Setup:
        files = model_files(self.choice, self.settings, self.vocabulary)
        return Setup(
            files, 1, self.settings.provider, self.settings.max_megapixels, log_file(self.settings.folders.cache)
        )


def model_files(choice: Choice, settings: Settings, vocabulary: Vocabulary) -> tuple[ModelFile, ...]:
    """What a worker needs to load the chosen models."""
    return tuple(
        model_file(found, vocabulary, _floor(found, settings)) for found in (choice.classifier, choice.detector)
    )


def _check_provider(provider: str) -> None:
    """Fail at once, and not only when there is something to analyse, where an accelerator that is asked for lacks."""
    if provider not in ("auto", "cpu"):  # onnxruntime is loaded by the workers; the parent does without
        from phototag.inference.providers import candidates

        candidates(provider)


def _floor(found: Installed, settings: Settings) -> float:
    """The lowest confidence to store; the option is about objects."""
    if settings.floor is not None and found.spec.task is Task.DETECT:
        return settings.floor
    return found.spec.confidences.floor
