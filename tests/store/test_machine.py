"""Random things done to random files: nothing that was analysed is ever lost, but by `prune`, or analysed twice."""

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import Connection

from phototag.geometry import Box
from phototag.query.thresholds import Thresholds
from phototag.store.corrections import Correction, Kind, correct, undo
from phototag.store.engine import open_index
from phototag.store.planes import refresh
from phototag.store.prune import prune
from phototag.store.upkeep import check
from phototag.types import ModelId
from tests.store.library import BOTH, NEWER, TAGGER, Library

ROOTS = ("one", "two")
FOLDERS = ("", "a", "a/b")
NAMES = ("x.jpg", "y.jpg")
CONTENTS = (b"A", b"B", b"C", b"DD")

ABOVE = {"cat": {"animal"}, "dog": {"animal"}}
BOXES = (Box(0.1, 0.2, 0.3, 0.6), Box(0.1, 0.2, 0.32, 0.6), Box(0.5, 0.5, 0.9, 0.9))

roots = st.sampled_from(ROOTS)
folders = st.sampled_from(FOLDERS)
names = st.sampled_from(NAMES)
places = st.tuples(roots, folders, names).map("/".join).map(os.path.normpath)
contents = st.sampled_from(CONTENTS)


def relatives(name: str) -> tuple[set[str], set[str]]:
    """The hierarchy of these tests."""
    return {name} | {word for word, above in ABOVE.items() if name in above}, ABOVE.get(name, set())


class Photos(RuleBasedStateMachine):
    """Two roots that come and go, with files that are added, changed, moved, copied and deleted between runs; now and
    then the folder above takes both in."""

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
        if goal.exists() and source.samefile(goal):  # itself, or a hard link to it
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

    @rule(data=st.data(), kind=st.sampled_from(Kind), name=st.sampled_from(("cat", "animal", "dog", "rex")))
    def correct(self, data: st.DataObject, kind: Kind, name: str) -> None:
        photos = [int(str(number)) for (number,) in self.library.rows("SELECT id FROM photos")]
        box = data.draw(st.sampled_from(BOXES)) if kind in (Kind.BOX, Kind.UNBOX) else None
        chosen = data.draw(st.sets(st.sampled_from(photos), min_size=1))
        with self.library.open() as index, index.begin() as conn:
            correct(conn, [(photo, Correction(kind, name, box)) for photo in sorted(chosen)], relatives)

    @rule()
    def undo(self) -> None:
        with self.library.open() as index, index.begin() as conn:
            undo(conn, relatives)

    @rule(folder=st.sampled_from(("one/a", "two/a/b")))
    def index_part(self, folder: str) -> None:
        self.run_index(BOTH, folder)
        self.settled = False

    @rule()
    def absorb(self) -> None:
        """From now on one root holds both."""
        self.run_index(BOTH, ".")

    @rule()
    def prune(self) -> None:
        with self.library.open() as index, index.begin() as conn:
            prune(conn, dry_run=False)
        self.seen = {(content, model) for content, model in self.seen if (content, model.name) in self.kept()}

    @rule(stop_after=st.integers(0, 5))
    def interrupt(self, stop_after: int) -> None:
        self.run_index(BOTH, stop_after=stop_after)

    @invariant()
    def sound(self) -> None:
        assert self.library.reader is not None
        with self.library.reader.read() as conn:
            assert check(conn) == ()

    @invariant()
    def planes_of_unchanged_photos_are_true(self) -> None:
        """What is put right where photos are stale is what is made from nothing: nothing changes unmarked."""
        with open_index(self.library.db, write=True) as index:
            with index.begin() as conn:
                refresh(conn, Thresholds())
            with index.rehearse() as conn:
                mended = self.planes(conn)
                conn.exec_driver_sql("DELETE FROM planes")
                conn.exec_driver_sql("INSERT INTO stale_photos SELECT id FROM photos")
                refresh(conn, Thresholds())
                assert self.planes(conn) == mended

    def planes(self, conn: Connection) -> set[tuple[object, ...]]:
        return {tuple(row) for row in conn.exec_driver_sql("SELECT kind, name_id, nth, chunk, bits FROM planes")}

    @invariant()
    def the_user_wins(self) -> None:
        """Straight from the log: what holds of it is there, and what it rejects is not."""
        held: dict[int, list[tuple[str, str]]] = {}
        for photo, kind, name in self.library.rows(
            "SELECT c.photo_id, c.kind, n.name FROM corrections c JOIN names n ON n.id = c.name_id "
            "JOIN photos p ON p.id = c.photo_id WHERE c.effective AND p.file_id IS NOT NULL ORDER BY c.id"
        ):
            held.setdefault(int(str(photo)), []).append((str(kind), str(name)))
        words = {
            (photo, name): str(model)
            for photo, name, model in self.library.rows(
                "SELECT w.photo_id, n.name, m.name FROM words w JOIN names n ON n.id = w.name_id "
                "JOIN models m ON m.id = w.model_id WHERE w.live"
            )
        }
        for photo, several in held.items():
            for kind, name in several:
                if kind == "tag":
                    assert words[photo, name] == "user"
                if kind == "untag":
                    assert all(words.get((photo, word), "user") == "user" for word in relatives(name)[0])

    def kept(self) -> set[tuple[object, ...]]:
        """What the index holds: (content, name of the model)."""
        return set(
            self.library.rows(
                "SELECT p.content, m.name FROM analyses a "
                "JOIN photos p ON p.id = a.photo_id JOIN models m ON m.id = a.model_id"
            )
        )

    @invariant()
    def nothing_lost(self) -> None:
        assert self.kept() == {(content, model.name) for content, model in self.seen}

    @precondition(lambda self: self.settled)
    @invariant()
    def true_to_disk(self) -> None:
        there = {os.path.relpath(path, self.library.top) for path in self.files()}
        assert set(self.library.online()) == there
        for root in self.away:
            rows = self.library.rows(f"SELECT online FROM v_files WHERE path LIKE '%/{root}/%' AND state = 'present'")
            assert not any(online for (online,) in rows)


Photos.TestCase.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
TestPhotos = Photos.TestCase
