"""The tables of what files and the user teach: keywords, feature vectors, and taught tags.

* `keywords` are those that stand in a file or its sidecar; `folded` is what a query compares.
* `vectors` holds a classifier's feature vectors, 16-bit floats of length 1, a few hundred photos a row
  (`phototag.store.vectors`).
* `taught` has a linear model for each taught tag and classifier: on the classifier's vectors, `weights` (32-bit floats)
  and `bias` give the confidence, which answers from `threshold` on. What it was taught by are the user's corrections.
"""

from sqlalchemy import BLOB, REAL, Column, Connection, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from phototag.store.tables import metadata

keywords = Table(
    "keywords",
    metadata,
    Column("file_id", Integer, ForeignKey("files.id", ondelete="CASCADE"), primary_key=True),
    Column("folded", Text, primary_key=True),
    Column("keyword", Text, nullable=False),
    Index("keywords_by_word", "folded", "file_id"),
    sqlite_with_rowid=False,
)

vectors = Table(
    "vectors",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("model_id", Integer, ForeignKey("models.id"), nullable=False),
    Column("chunk", Integer, nullable=False),
    Column("data", BLOB, nullable=False),
    UniqueConstraint("model_id", "chunk"),
)

taught = Table(
    "taught",
    metadata,
    Column("name_id", Integer, ForeignKey("names.id"), primary_key=True),
    Column("model_id", Integer, ForeignKey("models.id"), primary_key=True),
    Column("weights", BLOB, nullable=False),
    Column("bias", REAL, nullable=False),
    Column("threshold", REAL, nullable=False),
    Column("report", Text, nullable=False),
    Column("at", Text, nullable=False),
    sqlite_with_rowid=False,
)


def create(conn: Connection) -> None:
    """Version 3 of the schema: as it was then, whatever the tables above become."""
    for statement in _VERSION_3:
        conn.exec_driver_sql(statement)


_VERSION_3 = (
    "ALTER TABLE files ADD COLUMN sidecar INTEGER DEFAULT '0' NOT NULL",
    """CREATE TABLE keywords (
        file_id INTEGER NOT NULL, folded TEXT NOT NULL, keyword TEXT NOT NULL, PRIMARY KEY (file_id, folded),
        FOREIGN KEY(file_id) REFERENCES files (id) ON DELETE CASCADE ) WITHOUT ROWID""",
    "CREATE INDEX keywords_by_word ON keywords (folded, file_id)",
    """CREATE TABLE vectors (
        id INTEGER NOT NULL, model_id INTEGER NOT NULL, chunk INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (id),
        UNIQUE (model_id, chunk), FOREIGN KEY(model_id) REFERENCES models (id) )""",
    """CREATE TABLE taught (
        name_id INTEGER NOT NULL, model_id INTEGER NOT NULL, weights BLOB NOT NULL, bias REAL NOT NULL,
        threshold REAL NOT NULL, report TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (name_id, model_id),
        FOREIGN KEY(name_id) REFERENCES names (id), FOREIGN KEY(model_id) REFERENCES models (id) ) WITHOUT ROWID""",
)
