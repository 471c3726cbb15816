"""The tables that remember: what a file was before it changed, since when a place is offline, where albums lie.

A file's history is written by a trigger, so that no way of changing a file can forget it. A row says what the file
was until `at`: its state, its photo, and the run that had met it. What was so at some moment is therefore the first
row after it, or the file itself where there is none; an unchanged file costs nothing.
"""

from sqlalchemy import BLOB, Column, Connection, ForeignKey, Index, Integer, Table, Text, event

from phototag.store.tables import metadata

file_history = Table(
    "file_history",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Text, nullable=False),
    Column("file_id", Integer, ForeignKey("files.id", ondelete="CASCADE"), nullable=False),
    Column("state", Integer, nullable=False),
    Column("photo_id", Integer),
    Column("run_id", Integer, nullable=False),
    Index("file_history_by_at", "at"),
    Index("file_history_by_file", "file_id"),
)

# A root as a whole has no folder. The row goes when the place is online again.
offline_since = Table(
    "offline_since",
    metadata,
    Column("root_id", Integer, ForeignKey("roots.id", ondelete="CASCADE")),
    Column("folder_id", Integer, ForeignKey("folders.id", ondelete="CASCADE")),
    Column("at", Text, nullable=False),
    Index("offline_since_by_root", "root_id"),
    Index("offline_since_by_folder", "folder_id"),
)

albums = Table(
    "albums",
    metadata,
    Column("folder", BLOB, primary_key=True),
    Column("at", Text, nullable=False),
    sqlite_with_rowid=False,
)

_NOW = "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')"


def _offline_trigger(table: str, column: str) -> str:
    return (
        f"CREATE TRIGGER {table}_offline AFTER UPDATE OF offline ON {table} WHEN OLD.offline IS NOT NEW.offline BEGIN "
        f"DELETE FROM offline_since WHERE {column} = NEW.id; "
        f"INSERT INTO offline_since ({column}, at) SELECT NEW.id, {_NOW} WHERE NEW.offline; END"
    )


_FILES_TRIGGER = (
    "CREATE TRIGGER files_history AFTER UPDATE OF state, photo_id ON files "
    "WHEN OLD.state IS NOT NEW.state OR OLD.photo_id IS NOT NEW.photo_id BEGIN "
    "INSERT INTO file_history (at, file_id, state, photo_id, run_id) "
    f"VALUES ({_NOW}, OLD.id, OLD.state, OLD.photo_id, OLD.run_id); END"
)
_TRIGGERS = (_FILES_TRIGGER, _offline_trigger("roots", "root_id"), _offline_trigger("folders", "folder_id"))


@event.listens_for(metadata, "after_create")
def _create_triggers(_target: object, conn: Connection, **_: object) -> None:
    """A new index has them from the beginning."""
    for statement in _TRIGGERS:
        conn.exec_driver_sql(statement)


def create(conn: Connection) -> None:
    """Version 4 of the schema: as it was then, whatever the tables above become."""
    for statement in (*_VERSION_4, *_TRIGGERS):
        conn.exec_driver_sql(statement)


_VERSION_4 = (
    """CREATE TABLE file_history (
        id INTEGER NOT NULL, at TEXT NOT NULL, file_id INTEGER NOT NULL, state INTEGER NOT NULL, photo_id INTEGER,
        run_id INTEGER NOT NULL, PRIMARY KEY (id),
        FOREIGN KEY(file_id) REFERENCES files (id) ON DELETE CASCADE )""",
    "CREATE INDEX file_history_by_at ON file_history (at)",
    "CREATE INDEX file_history_by_file ON file_history (file_id)",
    """CREATE TABLE offline_since (
        root_id INTEGER, folder_id INTEGER, at TEXT NOT NULL,
        FOREIGN KEY(root_id) REFERENCES roots (id) ON DELETE CASCADE,
        FOREIGN KEY(folder_id) REFERENCES folders (id) ON DELETE CASCADE )""",
    "CREATE INDEX offline_since_by_root ON offline_since (root_id)",
    "CREATE INDEX offline_since_by_folder ON offline_since (folder_id)",
    """CREATE TABLE albums (
        folder BLOB NOT NULL, at TEXT NOT NULL, PRIMARY KEY (folder) ) WITHOUT ROWID""",
)
