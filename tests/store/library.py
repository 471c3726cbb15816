"""A folder of files, an index of it, and a pipeline whose models need no pixels: what they say depends on the bytes."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from phototag.geometry import Box
from phototag.media.ignore import WalkRules
from phototag.media.walk import Listing, scan
from phototag.store.engine import Index, open_index
from phototag.store.models import Wanted, set_current, want
from phototag.store.roots import Scope, add_root, list_roots
from phototag.store.runs import start_run
from phototag.store.save import FileFailure, FileResult, known, save
from phototag.store.sweep import Swept
from phototag.store.sync import Changes, Sync, Todo
from phototag.types import Analysis, Detection, Findings, Label, Metadata, ModelId, Photo, Stage, Task

TAGGER = ModelId(Task.CLASSIFY, "tagger", "aa")
FINDER = ModelId(Task.DETECT, "finder", "bb")
NEWER = ModelId(Task.DETECT, "newer", "cc")
BOTH = (TAGGER, FINDER)
FLOOR = 0.1
BROKEN = b"broken"


@dataclass
class Report:
    """What one run did, summed over its folders; `analysed` are (content, model) pairs."""

    changes: Changes = field(default_factory=Changes)
    swept: Swept | None = None
    analysed: list[tuple[bytes, ModelId]] = field(default_factory=list)


@dataclass
class Library:
    """A tree of files below `top` (its folders are what gets indexed) and an index beside it."""

    top: Path
    db: Path
    reader: Index | None = None  # stays open where there is one, which makes many small questions cheap
    clock: Iterator[int] = field(default_factory=lambda: count(1_700_000_000_123_456_789, 1_000_000_007))

    def write(self, name: str, content: bytes) -> Path:
        """A file with a time of its own."""
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        moment = next(self.clock)
        os.utime(path, ns=(moment, moment))
        return path

    @contextmanager
    def open(self) -> Iterator[Index]:
        with open_index(self.db, write=True) as index:
            yield index

    def index(
        self,
        *folders: str,
        models: tuple[ModelId, ...] = BOTH,
        rules: WalkRules | None = None,
        stop_after: int | None = None,
        floor: float = FLOOR,
        force: bool = False,
        retry_failed: bool = False,
    ) -> Report:
        """One run over folders below `top`, or over every root; `stop_after` folders it is cut off, unswept."""
        report = Report()
        with self.open() as index, index.lock():
            with index.begin() as conn:
                scopes = [add_root(conn, os.fsencode(self.top / folder)) for folder in folders]
                scopes = scopes or [Scope(root, b"") for root in list_roots(conn)]
                run_id = start_run(conn)
                wanted = want(conn, [(model, floor) for model in models])
                set_current(conn, [one.id for one in wanted])
                sync = Sync(conn, run_id, wanted, force=force, retry_failed=retry_failed)
            for number, (scope, listing) in enumerate(_listings(scopes, rules or WalkRules())):
                if number == stop_after:
                    return report
                with index.begin() as conn:
                    changes = sync.folder(conn, scope.root.id, scope.root.path, listing)
                _add(report.changes, changes)
                with index.begin() as conn:
                    done = _read_all(index, scope, changes.todo, wanted, force=force)
                    results = [one for one in done if isinstance(one, FileResult)]
                    save(conn, run_id, results, [one for one in done if isinstance(one, FileFailure)])
                report.analysed += [(r.content, analysis.model) for r in results for analysis in r.analyses]
            with index.begin() as conn:
                report.swept = sync.sweep(conn, [(scope.root.id, scope.folder) for scope in scopes])
        return report

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        """What a SELECT gives."""
        with ExitStack() as stack:
            index = self.reader or stack.enter_context(open_index(self.db, write=False))
            with index.read() as conn:
                return [tuple(row) for row in conn.exec_driver_sql(statement)]

    def shown(self, view: str = "v_photos") -> list[str]:
        """The paths in a view, relative to `top`."""
        return sorted(os.path.relpath(str(path), self.top) for (path,) in self.rows(f"SELECT path FROM {view}"))

    def online(self) -> list[str]:
        """The files that the index takes to be there now, relative to `top`."""
        rows = self.rows("SELECT path FROM v_files WHERE online")
        return sorted(os.path.relpath(str(path), self.top) for (path,) in rows)


def _listings(scopes: list[Scope], rules: WalkRules) -> Iterator[tuple[Scope, Listing]]:
    for scope in scopes:
        for listing in scan(scope.root.path, scope.folder, rules):
            yield scope, listing


def _read_all(
    index: Index, scope: Scope, todos: list[Todo], wanted: tuple[Wanted, ...], *, force: bool
) -> list[FileResult | FileFailure]:
    """What becomes of a folder's files; as in a worker, copies among them are analysed once."""
    done: list[FileResult | FileFailure] = []
    met: set[bytes] = set()
    for todo in todos:
        one = _read(index, scope, todo, wanted, force=force)
        if isinstance(one, FileResult):
            one = replace(one, analyses=() if one.content in met else one.analyses)
            met.add(one.content)
        done.append(one)
    return done


def _read(
    index: Index, scope: Scope, todo: Todo, wanted: tuple[Wanted, ...], *, force: bool
) -> FileResult | FileFailure:
    content = Path(os.fsdecode(os.path.join(scope.root.path, todo.stamp.relative))).read_bytes()
    if content.startswith(BROKEN):
        return FileFailure(scope.root.id, todo.stamp, Stage.DECODE, "not a picture")
    key = hashlib.sha256(content).digest()
    done = () if force else known(index.connection, [key], wanted).get(key, ())
    analyses = tuple(analyse(one.model, content, one.floor) for one in wanted if one.model not in done)
    return FileResult(scope.root.id, todo.stamp, key, Photo(key, 200, 100, 1, "JPEG"), Metadata(), analyses)


def analyse(model: ModelId, content: bytes, floor: float = FLOOR) -> Analysis:
    """What a model says of some bytes."""
    confidence = 0.2 + content[0] / 512
    if model.task is Task.CLASSIFY:
        words = (Label("animal", confidence + 0.1), Label("cat", confidence))
        return Analysis(model, floor, Findings(labels=(Label("cat", confidence),), words=words))
    box = Box(0.1, 0.2, 0.3, 0.6)
    return Analysis(model, floor, Findings(detections=(Detection("dog", confidence, box), Detection("cat", 0.2, box))))


def _add(total: Changes, more: Changes) -> None:
    add: Callable[[str], None] = lambda name: setattr(total, name, getattr(total, name) + getattr(more, name))  # noqa: E731
    for name in ("todo", "new", "changed", "unchanged", "failed", "ignored"):
        add(name)
