"""The tables of what the user put right.

`corrections` is the log, in the order it happened; one command is one `step`, which `undo` takes back as a whole. What
still holds of it is `effective`. The rows that answer queries follow from it (`phototag.store.corrections`), and which
rows of the models do not answer because of it (`phototag.store.overruled`).
"""

from sqlalchemy import REAL, CheckConstraint, Column, Connection, ForeignKey, Index, Integer, Table, Text

from phototag.store.tables import metadata

corrections = Table(
    "corrections",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("photo_id", Integer, ForeignKey("photos.id", ondelete="CASCADE"), nullable=False),
    Column("step", Integer, nullable=False),
    Column("at", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name_id", Integer, ForeignKey("names.id"), nullable=False),
    Column("x1", REAL),
    Column("y1", REAL),
    Column("x2", REAL),
    Column("y2", REAL),
    Column("effective", Integer, nullable=False),
    CheckConstraint("kind IN ('tag', 'untag', 'box', 'unbox')"),
    Index("corrections_by_photo", "photo_id"),
    Index("corrections_by_step", "step"),
)

# For each corrected name the words at or below it (`below` = 1) and above it (0). They are kept as text: most of them
# are no label of this index.
relatives = Table(
    "relatives",
    metadata,
    Column("name_id", Integer, ForeignKey("names.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("below", Integer, nullable=False),
    sqlite_with_rowid=False,
)


def create(conn: Connection) -> None:
    """Version 2 of the schema: as it was then, whatever the tables above become."""
    for statement in _VERSION_2:
        conn.exec_driver_sql(statement)


_VERSION_2 = (
    """CREATE TABLE corrections (
        id INTEGER NOT NULL, photo_id INTEGER NOT NULL, step INTEGER NOT NULL, at TEXT NOT NULL, kind TEXT NOT NULL,
        name_id INTEGER NOT NULL, x1 REAL, y1 REAL, x2 REAL, y2 REAL, effective INTEGER NOT NULL, PRIMARY KEY (id),
        CHECK (kind IN ('tag', 'untag', 'box', 'unbox')),
        FOREIGN KEY(photo_id) REFERENCES photos (id) ON DELETE CASCADE,
        FOREIGN KEY(name_id) REFERENCES names (id) )""",
    "CREATE INDEX corrections_by_photo ON corrections (photo_id)",
    "CREATE INDEX corrections_by_step ON corrections (step)",
    """CREATE TABLE relatives (
        name_id INTEGER NOT NULL, name TEXT NOT NULL, below INTEGER NOT NULL, PRIMARY KEY (name_id, name),
        FOREIGN KEY(name_id) REFERENCES names (id) ON DELETE CASCADE ) WITHOUT ROWID""",
)
