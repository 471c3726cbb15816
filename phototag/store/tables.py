"""The tables of the index.

    roots 1─* folders 1─* files *─1 photos 1─* analyses *─1 models
                             │        ├─* words       (classifier: confidence per vocabulary word)
                             │        └─* detections  (detector: label, confidence, box)
                          problems, keywords

* A path is `roots.path / folders.path / files.name`, each as the bytes the file system has; `*_text` is set only where
  the bytes are not UTF-8, and holds them escaped for people.
* A photo is its content; files are where it lies. `photos.file_id` is its first reachable file, NULL when it has none.
* `live` marks the rows that answer queries: the photo is reachable, and the model is the current one of its task or the
  latest that ran. The writer keeps it true (`phototag.store.liveness`), so a query never has to work it out. The
  partial indexes hold it too: SQLite reads the table for a column that only an index's condition names.
* Boxes are fractions of the upright image.
"""

from sqlalchemy import (
    BLOB,
    REAL,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

roots = Table(
    "roots",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("path", BLOB, nullable=False, unique=True),
    Column("path_text", Text),
    Column("device", Integer),
    Column("offline", Integer, nullable=False, server_default="0"),
    Column("offline_reason", Text),
    Column("added_at", Text, nullable=False),
    Column("indexed_at", Text),
    Column("swept_run", Integer, nullable=False, server_default="0"),  # the last run that listed all of it
)

folders = Table(
    "folders",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("root_id", Integer, ForeignKey("roots.id", ondelete="CASCADE"), nullable=False),
    Column("path", BLOB, nullable=False),
    Column("path_text", Text),
    Column("device", Integer),
    Column("offline", Integer, nullable=False, server_default="0"),
    Column("offline_reason", Text),
    UniqueConstraint("root_id", "path"),
)

photos = Table(
    "photos",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("content", BLOB, nullable=False, unique=True),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("orientation", Integer, nullable=False),
    Column("format", Text, nullable=False),
    Column("file_id", Integer, ForeignKey("files.id", ondelete="SET NULL", use_alter=True)),
    Column("offline", Integer, nullable=False, server_default="0"),
    Column("added_at", Text, nullable=False),
    Index("photos_by_file", "file_id"),
)

files = Table(
    "files",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("folder_id", Integer, ForeignKey("folders.id", ondelete="CASCADE"), nullable=False),
    Column("name", BLOB, nullable=False),
    Column("name_text", Text),
    Column("size", Integer, nullable=False),
    Column("mtime_ns", Integer, nullable=False),
    Column("device", Integer, nullable=False),
    Column("inode", Integer, nullable=False),
    Column("state", Integer, nullable=False, server_default="0"),
    Column("photo_id", Integer, ForeignKey("photos.id", ondelete="SET NULL")),
    Column("run_id", Integer, nullable=False),  # the run that met it first, or again after it was missing
    Column("taken_at", Text),
    Column("taken_offset", Integer),
    Column("taken_source", Text),
    Column("camera", Text),
    Column("lens", Text),
    Column("latitude", REAL),
    Column("longitude", REAL),
    Column("sidecar", Integer, nullable=False, server_default="0"),  # a stamp of its XMP sidecars, 0: none
    UniqueConstraint("folder_id", "name"),
    Index("files_by_photo", "photo_id"),
    Index("files_by_inode", "inode"),
    Index("files_by_taken", "taken_at"),
    Index("files_by_camera", "camera"),
    Index("files_by_place", "latitude", "longitude", sqlite_where=text("latitude IS NOT NULL")),
)

models = Table(
    "models",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("current", Integer, nullable=False, server_default="0"),
    UniqueConstraint("name", "sha256"),
    CheckConstraint("task IN ('classify', 'detect')"),
)

names = Table(
    "names",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
)

analyses = Table(
    "analyses",
    metadata,
    Column("photo_id", Integer, ForeignKey("photos.id", ondelete="CASCADE"), primary_key=True),
    Column("model_id", Integer, ForeignKey("models.id"), primary_key=True),
    Column("task", Text, nullable=False),
    Column("floor", REAL, nullable=False),
    Column("run_id", Integer, ForeignKey("runs.id", ondelete="SET NULL")),
    Column("at", Text, nullable=False),
    Column("live", Integer, nullable=False),
    Index("analyses_live", "task", "photo_id", "live", sqlite_where=text("live")),
    sqlite_with_rowid=False,
)

# `confidence` is the word's (for a softmax model the sum over the labels at or below it); `own` is the label's own
# confidence, NULL where the word is only an ancestor of what the model said.
words = Table(
    "words",
    metadata,
    Column("photo_id", Integer, ForeignKey("photos.id", ondelete="CASCADE"), primary_key=True),
    Column("model_id", Integer, ForeignKey("models.id"), primary_key=True),
    Column("name_id", Integer, ForeignKey("names.id"), primary_key=True),
    Column("confidence", REAL, nullable=False),
    Column("own", REAL),
    Column("live", Integer, nullable=False),
    Index("words_live", "name_id", "confidence", "photo_id", "live", sqlite_where=text("live")),
    sqlite_with_rowid=False,
)

detections = Table(
    "detections",
    metadata,
    Column("photo_id", Integer, ForeignKey("photos.id", ondelete="CASCADE"), primary_key=True),
    Column("model_id", Integer, ForeignKey("models.id"), primary_key=True),
    Column("number", Integer, primary_key=True),  # 0 is the model's most confident box
    Column("name_id", Integer, ForeignKey("names.id"), nullable=False),
    Column("confidence", REAL, nullable=False),
    Column("x1", REAL, nullable=False),
    Column("y1", REAL, nullable=False),
    Column("x2", REAL, nullable=False),
    Column("y2", REAL, nullable=False),
    Column("live", Integer, nullable=False),
    Index("detections_live", "name_id", "confidence", "photo_id", "live", sqlite_where=text("live")),
    sqlite_with_rowid=False,
)

# A file's problem, or (with an empty name) a folder's. Retried when the file's size or time changes, or on request.
problems = Table(
    "problems",
    metadata,
    Column("folder_id", Integer, ForeignKey("folders.id", ondelete="CASCADE"), primary_key=True),
    Column("name", BLOB, primary_key=True),
    Column("name_text", Text),
    Column("stage", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("size", Integer),
    Column("mtime_ns", Integer),
    Column("since", Text, nullable=False),
    Column("last", Text, nullable=False),
    Column("tries", Integer, nullable=False, server_default="1"),
    sqlite_with_rowid=False,
)

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("started_at", Text, nullable=False),
    Column("finished_at", Text),
    Column("pid", Integer, nullable=False),
    Column("report", Text),
)

saved = Table(
    "saved",
    metadata,
    Column("name", Text, primary_key=True),
    Column("query", Text, nullable=False),
    Column("at", Text, nullable=False),
)

# Sets of photos as bits: see phototag.store.planes.
planes = Table(
    "planes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Integer, nullable=False),
    Column("name_id", Integer, nullable=False),
    Column("nth", Integer, nullable=False),
    Column("chunk", Integer, nullable=False),
    Column("bits", BLOB, nullable=False),
    UniqueConstraint("kind", "name_id", "nth", "chunk"),
    Index("planes_by_chunk", "chunk"),
)

plane_thresholds = Table(
    "plane_thresholds",
    metadata,
    Column("kind", Integer, primary_key=True),
    Column("name_id", Integer, primary_key=True),
    Column("thresholds", Text, nullable=False),
    sqlite_with_rowid=False,
)

stale_photos = Table("stale_photos", metadata, Column("photo_id", Integer, primary_key=True))

migrations = Table(
    "migrations",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("program", Text, nullable=False),
    Column("at", Text, nullable=False),
)
