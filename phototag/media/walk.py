"""Candidate files below a root, one folder at a time."""

import errno
import os
import stat
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from phototag.media.formats import PHOTO_EXTENSIONS, RAW_EXTENSIONS, VIDEO_EXTENSIONS
from phototag.media.ignore import IGNORE_FILE, MARKERS, LeftOut, Patterns, WalkRules, left_out_by_name, read_patterns
from phototag.types import FileStamp, Problem, Stage

_LINK_REASONS = {
    errno.ENOENT: "a symbolic link to nothing",
    errno.ENOTDIR: "a symbolic link to nothing",
    errno.ELOOP: "a symbolic link that leads to itself",
}


_DOT = ord(".")
_63_BITS = (1 << 63) - 1
SIDECAR = b"xmp"


@dataclass(frozen=True, slots=True)
class Listing:
    """One folder as the walk met it, also one without photos.

    `folder` is relative to the root (b"" is the root), `device` is that of its file system (0: unknown). `stamps` are
    the candidates, sorted by name. `ignored_names` are candidates here, and `ignored_folders` subfolders, that the
    rules leave out; `left_out` counts both by (reason, is a folder). `complete` is False when there may be more here
    than `stamps` says.
    """

    folder: bytes
    device: int
    stamps: tuple[FileStamp, ...] = ()
    raw: int = 0
    video: int = 0
    ignored_names: tuple[bytes, ...] = ()
    ignored_folders: tuple[bytes, ...] = ()
    left_out: Mapping[tuple[str, bool], int] = field(default_factory=dict)
    complete: bool = True
    problems: tuple[Problem, ...] = ()

    @property
    def ignored(self) -> int:
        """How many candidates of this folder the rules leave out; what lies in ignored folders is not looked at."""
        return len(self.ignored_names)


def walk(root: bytes, rules: WalkRules) -> Iterator[Listing]:
    """Every folder below `root` (an absolute path, perhaps a symbolic link), parents first, sorted by name.

    A folder that can't be listed is one Listing with a Problem and `complete` False. Symbolic links are passed over
    unless the rules follow them; then each real folder is met once, under its path without links if it has one.
    Never raises OSError.
    """
    return _Walk(root, rules).run([_Pending(b"")])


def scan(root: bytes, folder: bytes, rules: WalkRules) -> Iterator[Listing]:
    """As `walk`, but only `folder` (relative to `root`) and below. Ignore files above it hold; where the rules leave
    `folder` out, there is one Listing for it, in which everything is ignored."""
    job = _Walk(root, rules)
    return job.run([job.pending(folder)])


@dataclass(frozen=True, slots=True)
class _Pending:
    folder: bytes
    chain: tuple[Patterns, ...] = ()
    closed: bool = False  # left out, but listed since it was asked for by name


@dataclass(slots=True)
class _Draft:
    """A Listing in the making."""

    here: _Pending
    path: bytes
    device: int = 0
    chain: tuple[Patterns, ...] = ()
    stamps: list[FileStamp] = field(default_factory=list)
    folders: list[bytes] = field(default_factory=list)
    links: list[bytes] = field(default_factory=list)
    ignored_names: list[bytes] = field(default_factory=list)
    ignored_folders: list[bytes] = field(default_factory=list)
    left_out: Counter[tuple[str, bool]] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    raw: int = 0
    video: int = 0
    complete: bool = True
    sidecars: dict[bytes, int] = field(default_factory=dict)  # by name without .xmp

    def fail(self, path: bytes, reason: str) -> None:
        self.problems.append(Problem(path, Stage.WALK, reason))

    def leave(self, name: bytes, why: LeftOut, *, is_folder: bool) -> None:
        (self.ignored_folders if is_folder else self.ignored_names).append(name)
        self.left_out[why.value, is_folder] += 1

    def listing(self) -> Listing:
        return Listing(
            folder=self.here.folder,
            device=self.device,
            stamps=tuple(sorted(map(self._with_sidecar, self.stamps), key=lambda stamp: stamp.name)),
            raw=self.raw,
            video=self.video,
            ignored_names=tuple(sorted(self.ignored_names)),
            ignored_folders=tuple(sorted(self.ignored_folders)),
            left_out=self.left_out,
            complete=self.complete,
            problems=tuple(self.problems),
        )

    def _with_sidecar(self, stamp: FileStamp) -> FileStamp:
        """A sidecar is called `a.jpg.xmp` or `a.xmp`."""
        if not self.sidecars:
            return stamp
        names = (stamp.name, stamp.name.rpartition(b".")[0])
        found = sum(self.sidecars.get(name, 0) for name in names)
        return replace(stamp, sidecar=found & _63_BITS) if found else stamp


class _Walk:
    def __init__(self, root: bytes, rules: WalkRules) -> None:
        self._root = root
        self._rules = rules
        self._met: set[tuple[int, int]] = set()  # real folders; only filled when links are followed

    def run(self, pending: list[_Pending]) -> Iterator[Listing]:
        links: list[_Pending] = []
        while pending or links:
            draft = self._list((pending or links).pop())
            if draft is None:
                continue
            yield draft.listing()
            pending += [self._below(draft, name) for name in sorted(draft.folders, reverse=True)]
            links += [self._below(draft, name) for name in sorted(draft.links, reverse=True)]

    def pending(self, folder: bytes) -> _Pending:
        """`folder` with the ignore files of the folders above it."""
        chain: tuple[Patterns, ...] = ()
        above = b""
        for name in folder.split(b"/") if folder else ():
            draft = _Draft(_Pending(above, chain), self._path(above), chain=chain)
            closed = any(os.path.lexists(self._path(above, marker)) for marker in MARKERS)
            closed = not self._read_ignore_file(draft) or closed
            chain = draft.chain
            if closed or left_out_by_name(name) or self._leave_out(draft, name, is_folder=True):
                return _Pending(folder, chain, closed=True)
            above = above + b"/" + name if above else name
        return _Pending(folder, chain)

    def _below(self, draft: _Draft, name: bytes) -> _Pending:
        folder = draft.here.folder
        return _Pending(folder + b"/" + name if folder else name, draft.chain)

    def _path(self, folder: bytes, name: bytes = b"") -> bytes:
        return os.path.join(self._root, folder, name) if name else os.path.join(self._root, folder).rstrip(b"/") or b"/"

    def _list(self, here: _Pending) -> _Draft | None:
        """None for a folder that was met before."""
        draft = _Draft(here, self._path(here.folder), chain=here.chain)
        try:
            status = os.stat(draft.path)
            draft.device = status.st_dev
            if self._rules.follow_symlinks:
                if (status.st_dev, status.st_ino) in self._met:
                    return None
                self._met.add((status.st_dev, status.st_ino))
            with os.scandir(draft.path) as entries:
                found = list(entries)
        except OSError as error:
            draft.complete = False
            draft.fail(draft.path, f"this folder can't be listed: {error.strerror or error}")
            return draft
        names = {entry.name for entry in found if entry.name[0] == _DOT}
        closed = here.closed or not MARKERS.isdisjoint(names)
        if IGNORE_FILE in names and not self._read_ignore_file(draft):
            draft.complete = False
            return draft
        while found:  # an entry keeps its stat: let go of each, a folder may hold 100,000
            self._sort(draft, found.pop(), closed=closed)
        return draft

    def _read_ignore_file(self, draft: _Draft) -> bool:
        """False if it can't be read: then nobody knows what is private here."""
        path = os.path.join(draft.path, IGNORE_FILE)
        try:
            with open(path, encoding="utf-8-sig", errors="surrogateescape") as file:  # noqa: PTH123  (bytes path)
                lines = file.read().splitlines()
        except (FileNotFoundError, IsADirectoryError):
            return True
        except OSError as error:
            draft.fail(path, f"this file can't be read, so nothing here was looked at: {error.strerror or error}")
            return False
        patterns, faults = read_patterns(lines, os.fsdecode(draft.here.folder))
        draft.chain = (*draft.chain, patterns)
        for number, reason in faults:
            draft.fail(path, f"line {number} is {reason}")
        return True

    def _leave_out(self, draft: _Draft, name: bytes, *, is_folder: bool) -> LeftOut | None:
        if not (draft.chain or self._rules.exclude):
            return None
        return self._rules.leave_out(draft.chain, draft.here.folder, name, is_folder=is_folder)

    def _sort(self, draft: _Draft, entry: os.DirEntry[bytes], *, closed: bool) -> None:
        name = entry.name
        is_link = entry.is_symlink()
        if is_link and not self._resolve_link(draft, entry):
            return
        if entry.is_dir(follow_symlinks=is_link):
            why = LeftOut.MARKER if closed else _by_name(name) or self._leave_out(draft, name, is_folder=True)
            if why:
                draft.leave(name, why, is_folder=True)
            else:
                (draft.links if is_link else draft.folders).append(name)
            return
        hidden = closed or name[0] == _DOT
        extension = _extension(name)
        if extension in PHOTO_EXTENSIONS:
            if hidden:
                draft.leave(name, LeftOut.MARKER if closed else LeftOut.HIDDEN, is_folder=False)
            elif why := self._leave_out(draft, name, is_folder=False):
                draft.leave(name, why, is_folder=False)
            else:
                self._stamp(draft, entry)
        elif extension == SIDECAR:
            self._stamp_sidecar(draft, entry)
        elif not hidden:
            draft.raw += extension in RAW_EXTENSIONS
            draft.video += extension in VIDEO_EXTENSIONS

    def _resolve_link(self, draft: _Draft, entry: os.DirEntry[bytes]) -> bool:
        """Whether a link leads to something that is to be looked at."""
        candidate = _extension(entry.name) in PHOTO_EXTENSIONS
        try:
            target = entry.stat()
        except OSError as error:
            if (candidate or self._rules.follow_symlinks) and entry.name[0] != _DOT:
                reason = (
                    _LINK_REASONS.get(error.errno or 0) or f"a symbolic link that can't be followed: {error.strerror}"
                )
                draft.fail(entry.path, reason)
            return False
        if self._rules.follow_symlinks:
            return True
        if stat.S_ISDIR(target.st_mode):
            draft.leave(entry.name, LeftOut.LINK, is_folder=True)
        elif candidate:
            draft.leave(entry.name, LeftOut.LINK, is_folder=False)
        return False

    def _stamp(self, draft: _Draft, entry: os.DirEntry[bytes]) -> None:
        try:
            status = entry.stat()
        except FileNotFoundError:  # gone since the folder was listed
            return
        except OSError as error:
            if draft.complete:  # one for all: a folder without permission refuses each of its files
                draft.fail(entry.path, f"can't be looked at: {error.strerror or error}")
            draft.complete = False
            return
        if not stat.S_ISREG(status.st_mode):
            draft.fail(entry.path, "not a regular file")
            return
        draft.stamps.append(
            FileStamp(draft.here.folder, entry.name, status.st_size, status.st_mtime_ns, status.st_dev, status.st_ino)
        )

    def _stamp_sidecar(self, draft: _Draft, entry: os.DirEntry[bytes]) -> None:
        with suppress(OSError):  # what can't be looked at is not there
            status = entry.stat()
            draft.sidecars[entry.name[: -len(SIDECAR) - 1]] = status.st_mtime_ns * 31 + status.st_size + 1


def _by_name(name: bytes) -> LeftOut | None:
    """Why a folder of this name is always left out."""
    if not left_out_by_name(name):
        return None
    return LeftOut.HIDDEN if name[0] == _DOT else LeftOut.NAME


def _extension(name: bytes) -> bytes:
    """In lower case, without the dot; empty if there is none."""
    stem, _, extension = name.rpartition(b".")
    return extension.lower() if stem else b""
