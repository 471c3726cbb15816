"""Which files the index knows: those with a photo, and those that failed."""

import os

from phototag.store.paths import absolute, signed
from phototag.store.reading import Connection
from phototag.store.roots import find_scope

_AT = """SELECT EXISTS (SELECT 1 FROM folders d WHERE d.root_id = :root AND d.path = :folder AND (
    EXISTS (SELECT 1 FROM files f WHERE f.folder_id = d.id AND f.name = :name)
    OR EXISTS (SELECT 1 FROM problems p WHERE p.folder_id = d.id AND p.name = :name AND p.name <> x'')))"""
_OF_INODE = """SELECT r.path, d.path, f.name FROM files f JOIN folders d ON d.id = f.folder_id
    JOIN roots r ON r.id = d.root_id WHERE f.inode = ?"""


def is_known_file(conn: Connection, path: bytes) -> bool:
    """Whether the existing file at `path` is one that the index knows, by that name or by another (a link)."""
    if any(_known_at(conn, name) for name in {os.path.abspath(path), os.path.realpath(path)}):
        return True
    rows = conn.exec_driver_sql(_OF_INODE, (signed(os.stat(path).st_ino),)).fetchall()
    return any(_same(absolute(*row), path) for row in rows)


def _known_at(conn: Connection, path: bytes) -> bool:
    scope = find_scope(conn, path)
    if scope is None:
        return False
    folder, _, name = scope.folder.rpartition(b"/")
    return bool(conn.exec_driver_sql(_AT, {"root": scope.root.id, "folder": folder, "name": name}).scalar_one())


def _same(known: bytes, path: bytes) -> bool:
    try:
        return os.path.samefile(known, path)
    except OSError:  # it is not there now, and its number was given to another file
        return False
