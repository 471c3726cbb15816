"""Random things done to random files: nothing that was analysed is ever lost or analysed twice."""

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from phototag.store.engine import open_index
from phototag.store.upkeep import check
from phototag.types import ModelId
from tests.store.library import BOTH, NEWER, TAGGER, Library

ROOTS = ("one", "two")
FOLDERS = ("", "a", "a/b")
NAMES = ("x.jpg", "y.jpg")
CONTENTS = (b"A", b"B", b"C", b"DD")

roots = st.sampled_from(ROOTS)
folders = st.sampled_from(FOLDERS)
names = st.sampled_from(NAMES)
places = st.tuples(roots, folders, names).map("/".join).map(os.path.normpath)
contents = st.sampled_from(CONTENTS)


class Photos(RuleBasedStateMachine):
    """Two roots that come and go, with files that are added, changed, moved, copied and deleted between runs."""

    @initialize()
    def start(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="phototag-"))
        self.library = Library(self.home / "top", self.home / "index.db")
        for root in ROOTS:
            self.library.write(f"{root}/x.jpg", b"A" if root == "one" else b"B")
        self.seen: set[tuple[bytes, ModelId]] = set()
        self.away: set[str] = set()
        self.settled = False
        self.run_index(BOTH, *ROOTS)
        self.library.reader = open_index(self.library.db, write=False)

    def teardown(self) -> None:
        if self.library.reader is not None:
            self.library.reader.close()
        shutil.rmtree(self.home)

    def files(self) -> list[Path]:
        return sorted(path for path in self.library.top.rglob("*") if path.is_file())

    def run_index(self, models: tuple[ModelId, ...], *folders: str, stop_after: int | None = None) -> None:
        report = self.library.index(*folders, models=models, stop_after=stop_after)
        assert len(report.analysed) == len(set(report.analysed))
        assert not self.seen & set(report.analysed), "analysed twice"
        self.seen |= set(report.analysed)
        self.settled = report.swept is not None

    @rule(place=places, content=contents)
    def write(self, place: str, content: bytes) -> None:
        if Path(place).parts[0] not in self.away:
            self.library.write(place, content)
            self.settled = False

    @rule(data=st.data(), place=places, copied=st.booleans())
    def move_or_copy(self, data: st.DataObject, place: str, copied: bool) -> None:
        if not self.files() or Path(place).parts[0] in self.away:
            return
        source = data.draw(st.sampled_from(self.files()))
        goal = self.library.top / place
        goal.parent.mkdir(parents=True, exist_ok=True)
        if source == goal:
            return
        if copied:
            shutil.copy2(source, goal)
        else:
            source.replace(goal)
        self.settled = False

    @rule(data=st.data(), hard=st.booleans(), place=places)
    def link(self, data: st.DataObject, hard: bool, place: str) -> None:
        goal = self.library.top / place
        if not self.files() or Path(place).parts[0] in self.away or goal.exists():
            return
        goal.parent.mkdir(parents=True, exist_ok=True)
        source = data.draw(st.sampled_from(self.files()))
        if hard:
            goal.hardlink_to(source)
        else:
            shutil.copy(source, goal)
        self.settled = False

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        if self.files():
            data.draw(st.sampled_from(self.files())).unlink()
            self.settled = False

    @rule(root=roots, source=st.sampled_from(FOLDERS[1:]), place=st.sampled_from(("d", "a/e", "c/f")))
    def move_folder(self, root: str, source: str, place: str) -> None:
        old, new = self.library.top / root / source, self.library.top / root / place
        if root not in self.away and old.is_dir() and not new.exists() and not new.is_relative_to(old):
            new.parent.mkdir(parents=True, exist_ok=True)
            old.rename(new)
            self.settled = False

    @rule(root=roots, mount_point=st.booleans())
    def unmount(self, root: str, mount_point: bool) -> None:
        if root not in self.away:
            (self.library.top / root).rename(self.home / f"away-{root}")
            self.away.add(root)
            if mount_point:
                (self.library.top / root / "lost+found").mkdir(parents=True)
            self.settled = False

    @rule(root=roots)
    def remount(self, root: str) -> None:
        if root in self.away:
            shutil.rmtree(self.library.top / root, ignore_errors=True)
            (self.home / f"away-{root}").rename(self.library.top / root)
            self.away.remove(root)
            self.settled = False

    @rule(models=st.sampled_from((BOTH, (TAGGER, NEWER))))
    def index(self, models: tuple[ModelId, ...]) -> None:
        self.run_index(models)

    @rule(folder=st.sampled_from(("one/a", "two/a/b")))
    def index_part(self, folder: str) -> None:
        self.run_index(BOTH, folder)
        self.settled = False

    @rule(stop_after=st.integers(0, 5))
    def interrupt(self, stop_after: int) -> None:
        self.run_index(BOTH, stop_after=stop_after)

    @invariant()
    def sound(self) -> None:
        assert self.library.reader is not None
        with self.library.reader.read() as conn:
            assert check(conn) == ()

    @invariant()
    def nothing_lost(self) -> None:
        kept = self.library.rows(
            "SELECT p.content, m.name FROM analyses a "
            "JOIN photos p ON p.id = a.photo_id JOIN models m ON m.id = a.model_id"
        )
        assert set(kept) == {(content, model.name) for content, model in self.seen}

    @precondition(lambda self: self.settled)
    @invariant()
    def true_to_disk(self) -> None:
        there = {os.path.relpath(path, self.library.top) for path in self.files()}
        assert set(self.library.online()) == there
        for root in self.away:
            rows = self.library.rows(f"SELECT online FROM v_files WHERE root LIKE '%/{root}' AND state = 'present'")
            assert not any(online for (online,) in rows)


Photos.TestCase.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
TestPhotos = Photos.TestCase
