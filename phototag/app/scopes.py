"""What a run of `phototag index` walks."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection

from phototag.app.roots import absolute_path
from phototag.errors import UsageError
from phototag.store.paths import is_within
from phototag.store.roots import Scope, add_root, find_scope, list_roots


def scopes_of(conn: Connection, paths: Sequence[Path], folders: Sequence[bytes]) -> list[Scope]:
    """What to walk: the trees at `paths`, of the known ones among `folders` only their own files; else every root.

    A path that is missing must be known, for then it is offline and no mistake. Raises UsageError.
    """
    scopes = []
    for path in paths:
        absolute = absolute_path(path)
        if not os.path.isdir(absolute) and not _was_folder(conn, absolute):
            raise _missing(path)
        scopes.append(add_root(conn, absolute))
    if paths or folders:
        alone = [replace(scope, deep=False) for folder in folders if (scope := find_scope(conn, folder))]
        # A root that was absorbed by a parent named later is walked with it.
        known_roots = {root.id for root in list_roots(conn)}
        return _apart([scope for scope in scopes + alone if scope.root.id in known_roots])
    scopes = [Scope(root, b"") for root in list_roots(conn)]
    if not scopes:
        raise _nothing()
    return scopes


def _was_folder(conn: Connection, path: bytes) -> bool:
    """Whether a path that is no folder now may have been one: what is missing below a root is no mistake, a file is."""
    scope = find_scope(conn, path)
    if scope is None or not os.path.exists(path):
        return scope is not None
    known = "SELECT EXISTS (SELECT 1 FROM folders WHERE root_id = ? AND path = ?)"
    return bool(conn.exec_driver_sql(known, (scope.root.id, scope.folder)).scalar_one())


def _apart(scopes: Sequence[Scope]) -> list[Scope]:
    """Each scope once, and none that is walked with another one."""
    places = {(scope.root.id, scope.folder, scope.deep): scope for scope in scopes}

    def taken_in(root: int, folder: bytes, deep: bool) -> bool:
        return any(
            wide and other == root and is_within(folder, top) and (folder, deep) != (top, wide)
            for other, top, wide in places
        )

    return [scope for place, scope in places.items() if not taken_in(*place)]


def check_new(paths: Sequence[Path]) -> None:
    """Raise UsageError where a first run would find no folder at one of the paths, or has none."""
    for path in paths:
        if not os.path.isdir(absolute_path(path)):
            raise _missing(path)
    if not paths:
        raise _nothing()


def _missing(path: Path) -> UsageError:
    missing = "is no folder" if os.path.exists(absolute_path(path)) else "does not exist, and was never indexed"
    return UsageError(f"{path} {missing}", hint="Name a folder with photos in it.")


def _nothing() -> UsageError:
    return UsageError("nothing was indexed yet", hint="Name a folder: `phototag index ~/Pictures`.")
