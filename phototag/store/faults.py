"""SQLite's errors in the terms of this program."""

import sqlite3
from pathlib import Path

from phototag.errors import IndexCorruptError, IndexFileError, LockedError, PhototagError

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_UNUSABLE = {
    sqlite3.SQLITE_FULL: ("the disk is full", "Free some space and run the command again: what was stored is kept."),
    sqlite3.SQLITE_READONLY: (
        "it can't be written to",
        "Check the permissions of the file and of its folder, or name another index with `--db PATH`.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "it can't be opened",
        "Check the permissions of the file and of its folder, or name another index with `--db PATH`.",
    ),
    sqlite3.SQLITE_PERM: ("access is denied", "Check the permissions of the file and of its folder."),
    sqlite3.SQLITE_AUTH: ("access is denied", "Check the permissions of the file and of its folder."),
    sqlite3.SQLITE_IOERR: ("the disk reports an error", "Check the disk and its free space, then `phototag db check`."),
    sqlite3.SQLITE_PROTOCOL: ("its file system can't lock files", "Keep the index on a local disk: `--db PATH`."),
}


def translate(error: BaseException, path: Path) -> PhototagError | None:
    """Our error for SQLite's, or None for one that is a fault of this program."""
    if not isinstance(error, sqlite3.Error):
        return None
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code in _DAMAGED:
        return damaged(path, str(error))
    if code in _BUSY:
        return LockedError(f"the index {path} is busy: {error}", hint="Run the command again in a moment.")
    if code in _UNUSABLE:
        reason, hint = _UNUSABLE[code]
        return IndexFileError(f"the index {path} is unusable: {reason} ({error})", hint=hint)
    return None


def damaged(path: Path, detail: str) -> IndexCorruptError:
    """A file that is no phototag index any more."""
    return IndexCorruptError(
        f"{path} is damaged, or no phototag index: {detail}",
        hint="`phototag db restore BACKUP` brings a backup back; `--db PATH` names another index.",
    )


def foreign(path: Path) -> IndexCorruptError:
    """A SQLite file that belongs to another program."""
    return IndexCorruptError(
        f"{path} is the database of another program, not a phototag index; it was left as it is",
        hint="Name another file with `--db PATH`.",
    )


def absent(path: Path) -> IndexFileError:
    """An index that is not there, for a command that only reads."""
    return IndexFileError(f"there is no index at {path}", hint="Make one with `phototag index PATH`.")
