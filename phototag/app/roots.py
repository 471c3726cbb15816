"""The folders that are indexed: listing, forgetting, moving, confirming."""

import os
from dataclasses import dataclass
from pathlib import Path

from phototag.settings import Settings
from phototag.store import roots as stored
from phototag.store.engine import open_index

LOOKED_AT = 100  # files of a root that has moved


@dataclass(frozen=True, slots=True)
class RootState:
    """A root, how many photo files it holds, and why it is offline if it is."""

    path: bytes
    files: int
    offline: bool
    reason: str | None


def all_roots(settings: Settings) -> list[RootState]:
    """Every root, and every offline folder below one."""
    with open_index(settings.db, write=False) as index, index.read() as conn:
        roots = [
            RootState(root.path, stored.count_files(conn, root), root.offline, root.offline_reason)
            for root in stored.list_roots(conn)
        ]
        known = {root.path for root in roots}
        folders = [
            RootState(p.path, p.files, True, p.reason) for p in stored.offline_places(conn) if p.path not in known
        ]
        return roots + folders


def remove_root(path: Path, settings: Settings) -> int:
    """Forget a root; gives how many files that were. Raises UsageError for a path that is no root."""
    with open_index(settings.db, write=True) as index, index.lock(), index.begin() as conn:
        return stored.remove_root(conn, absolute_path(path))


def move_root(old: Path, new: Path, settings: Settings) -> bool:
    """Tell that a root lies elsewhere now; gives whether any of some of its files is there.

    Raises UsageError when `old` is no root or `new` meets another one.
    """
    with open_index(settings.db, write=True) as index, index.lock(), index.begin() as conn:
        stored.move_root(conn, absolute_path(old), absolute_path(new))
        some = stored.some_files(conn, absolute_path(new), LOOKED_AT)
    return not some or any(map(os.path.lexists, some))


def confirm_path(path: Path, settings: Settings) -> int:
    """Confirm that what is offline at `path` is gone; gives how many files are missing now."""
    with open_index(settings.db, write=True) as index, index.lock(), index.begin() as conn:
        return stored.confirm(conn, absolute_path(path))


def absolute_path(path: Path) -> bytes:
    """A folder that the user named, as roots are stored; links in it stay as they were typed."""
    text = os.path.abspath(path.expanduser())
    return os.fsencode(text[1:] if text.startswith("//") else text)  # POSIX leaves two slashes at the beginning alone
