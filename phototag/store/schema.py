"""Which version of the schema a file has: what even a reader has to know before it asks anything."""

from pathlib import Path

from phototag import __version__
from phototag.errors import IndexTooNewError
from phototag.store import faults
from phototag.store.reading import Connection

APPLICATION_ID = 0x50544147  # "PTAG", in the file's header: `file index.db` shows it
VERSION = 6  # where the steps of `phototag.store.migrate` lead


def version_of(conn: Connection, path: Path) -> int:
    """The version of the schema, 0 in an empty file. Raises IndexCorruptError for a database of another program."""
    application = conn.exec_driver_sql("PRAGMA application_id").scalar_one()
    version = conn.exec_driver_sql("PRAGMA user_version").scalar_one()
    if application == APPLICATION_ID:
        return int(version)
    if application or version or conn.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one():
        raise faults.foreign(path)
    return 0


def is_current(conn: Connection, path: Path, newest: int = VERSION) -> bool:
    """Whether the schema is the newest; False for an empty file or an older version.

    Raises IndexTooNewError, and IndexCorruptError for a database of another program.
    """
    version = version_of(conn, path)
    if version > newest:
        raise IndexTooNewError(
            f"the index {path} has version {version}; this phototag {__version__} reads up to {newest}",
            hint="Update phototag, or name another index with `--db PATH`.",
        )
    return version == newest
