"""Why the index shows no photo in a file: it failed, it is missing or ignored, or nothing is known of it."""

import os
from typing import Any

from phototag.errors import UsageError
from phototag.store.paths import absolute, shown
from phototag.store.presence import IGNORED, MISSING
from phototag.store.reading import Connection
from phototag.store.roots import find_scope

_KNOWN = """
    SELECT r.path, d.path, e.reason, e.since, f.state,
           (SELECT max(h.at) FROM file_history h WHERE h.file_id = f.id) AS changed
    FROM folders d JOIN roots r ON r.id = d.root_id
    LEFT JOIN problems e ON e.folder_id = d.id AND e.name = :name
    LEFT JOIN files f ON f.folder_id = d.id AND f.name = :name
    WHERE (e.reason IS NOT NULL OR f.id IS NOT NULL) AND {place}
    ORDER BY r.path, d.path LIMIT 1"""


def absence(conn: Connection, path: bytes, name: bytes) -> UsageError:
    """What to say where the file at `path` (absolute), or one called `name` (as it was typed), shows no photo."""
    found = _at(conn, path)
    if found is None and os.path.basename(name) == name:
        found = _known(conn, "1", {"name": name})
    if found is not None:
        return found
    if not os.path.lexists(path):
        return UsageError(f"there is no file {shown(path)}, and it is not in the index", hint="Check the name.")
    return UsageError(
        f"{shown(path)} is not in the index",
        hint="`phototag index` takes it in; `phototag errors` lists files that failed.",
    )


def _at(conn: Connection, path: bytes) -> UsageError | None:
    scope = find_scope(conn, path)
    if scope is None:
        return None
    folder, _, name = scope.folder.rpartition(b"/")
    place = "d.root_id = :root AND d.path = :folder"
    return _known(conn, place, {"name": name, "root": scope.root.id, "folder": folder})


def _known(conn: Connection, place: str, values: dict[str, Any]) -> UsageError | None:
    row = conn.exec_driver_sql(_KNOWN.format(place=place), values).first()
    if row is None:
        return None
    root, folder, reason, since, state, changed = row
    file = shown(absolute(root, folder, values["name"]))
    if reason is not None:
        hint = "It is tried again when it changes, or with `phototag index --retry-failed`."
        return UsageError(f"{file} failed: {reason}, since {since[:10]}", hint=hint)
    since = "" if changed is None else f" since {changed[:10]}"
    if state == MISSING:
        return UsageError(
            f"{file} is missing{since}, and so is every copy of it",
            hint="It comes back with its file: `phototag index` looks again.",
        )
    if state == IGNORED:
        hint = "An --exclude or a .phototagignore leaves it out, or a hidden folder."
        return UsageError(f"{file} is ignored{since}", hint=hint)
    return None
