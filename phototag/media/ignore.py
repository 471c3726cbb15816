"""What the walk leaves out: by name, by marker file, by pattern."""

import fnmatch
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

import pathspec

from phototag.errors import UsageError

IGNORE_FILE = b".phototagignore"
ALBUM_MARKER = b".phototag-album"
MARKERS = frozenset((b".nomedia", ALBUM_MARKER))  # a folder that holds one is left out with all below it

_ALWAYS = ("@eadir", "#recycle", "$recycle.bin", "lost+found", ".*", "*.photoslibrary", "*.lrdata")
_ALWAYS_BYTES = re.compile("|".join(fnmatch.translate(pattern) for pattern in _ALWAYS).encode())


class LeftOut(StrEnum):
    """Why a walk leaves something out."""

    HIDDEN = "hidden"
    NAME = "trash, or private to another program"
    MARKER = "in a folder that says so (.nomedia), or an album or gallery of phototag's"
    PATTERN = "by .phototagignore"
    EXCLUDED = "by --exclude, or the setting exclude"
    LINK = "a symbolic link"


def left_out_by_name(name: bytes) -> bool:
    """Hidden folders, trash and the private folders of file servers and other photo programs."""
    return _ALWAYS_BYTES.match(name.lower()) is not None


@dataclass(frozen=True, slots=True)
class Patterns:
    """Lines of gitignore syntax that hold for everything below `base`, a folder relative to the root."""

    base: str
    spec: pathspec.GitIgnoreSpec

    def verdict(self, relative: str, *, is_folder: bool) -> bool | None:
        """True: leave it out; False: keep it (a line with `!`); None: no line speaks of it."""
        path = relative[len(self.base) + 1 :] if self.base else relative
        return self.spec.check_file(path + "/" if is_folder else path).include


@dataclass(frozen=True, slots=True)
class WalkRules:
    """`exclude`: patterns in gitignore syntax, relative to the root, that no file can undo.

    Raises UsageError for a pattern that can't be read.
    """

    exclude: tuple[str, ...] = ()
    follow_symlinks: bool = False
    _excluded: Patterns | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        patterns, faults = read_patterns(self.exclude, "")
        if faults:
            line, reason = faults[0]
            raise UsageError(
                f"--exclude {self.exclude[line - 1]!r}: {reason}", hint="Patterns are those of .gitignore."
            )
        object.__setattr__(self, "_excluded", patterns if self.exclude else None)

    def leave_out(self, chain: tuple[Patterns, ...], folder: bytes, name: bytes, *, is_folder: bool) -> LeftOut | None:
        """Why `name` in `folder` is left out by pattern, None if it is not; `chain` holds ignore files from the root
        downwards.

        As in Git the last word has the line that is nearest to the file.
        """
        relative = os.fsdecode(folder + b"/" + name if folder else name)
        if self._excluded is not None and self._excluded.verdict(relative, is_folder=is_folder):
            return LeftOut.EXCLUDED
        for patterns in reversed(chain):
            verdict = patterns.verdict(relative, is_folder=is_folder)
            if verdict is not None:
                return LeftOut.PATTERN if verdict else None
        return None


def read_patterns(lines: Iterable[str], base: str) -> tuple[Patterns, list[tuple[int, str]]]:
    """The patterns in `lines`, and (line number, reason) for each line that can't be read and is passed over."""
    good: list[str] = []
    faults: list[tuple[int, str]] = []
    for number, line in enumerate(lines, 1):
        try:
            pathspec.GitIgnoreSpec.from_lines([line])
        except ValueError:
            faults.append((number, f"not a pattern: {line.strip()}"))
        else:
            good.append(line)
    return Patterns(base, pathspec.GitIgnoreSpec.from_lines(good)), faults
