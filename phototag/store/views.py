"""The documented views: `docs/index-format.md` is their contract.

One row a photo, label or object, with the photo's first reachable path as valid text, and boxes in pixels of the
upright image.
"""

from sqlalchemy import Connection

_TEXT = "coalesce({0}.{1}_text, CAST({0}.{1} AS TEXT))"
_ROOT = _TEXT.format("r", "path")
_FOLDER = _TEXT.format("d", "path")
_NAME = _TEXT.format("f", "name")

# A root may be "/" itself, and the root's own folder has an empty path.
_PATH = f"rtrim({_ROOT}, '/') || '/' || CASE WHEN length(d.path) THEN {_FOLDER} || '/' ELSE '' END || {_NAME}"
_PATH_BYTES = (
    "CAST(rtrim(CAST(r.path AS TEXT), '/') || '/' || CASE WHEN length(d.path) THEN CAST(d.path AS TEXT) || '/' ELSE '' "
    "END || CAST(f.name AS TEXT) AS BLOB)"
)
_FILES = "files f JOIN folders d ON d.id = f.folder_id JOIN roots r ON r.id = d.root_id"
_PHOTOS = "JOIN photos p ON p.id = x.photo_id JOIN files f ON f.id = p.file_id " + _FILES.removeprefix("files f ")
_NAMED = "JOIN models m ON m.id = x.model_id JOIN names n ON n.id = x.name_id"
_LABELS = f"FROM words x {_NAMED} {_PHOTOS} WHERE x.own IS NOT NULL"
_OBJECTS = f"""
    x.confidence AS confidence, x.x1 * p.width AS x, x.y1 * p.height AS y,
    (x.x2 - x.x1) * p.width AS width, (x.y2 - x.y1) * p.height AS height
    FROM detections x {_NAMED} {_PHOTOS}"""

VIEWS = {
    "v_photos": f"""
        SELECT p.id AS photo_id, {_PATH} AS path, p.width AS width, p.height AS height, f.taken_at AS taken_at,
               f.camera AS camera, f.latitude AS latitude, f.longitude AS longitude
        FROM photos p JOIN files f ON f.id = p.file_id {_FILES.removeprefix("files f ")}""",
    "v_files": f"""
        SELECT f.photo_id AS photo_id, {_PATH} AS path, {_PATH_BYTES} AS path_bytes, {_ROOT} AS root,
               f.state = 0 AND NOT d.offline AND NOT r.offline AS online,
               CASE f.state WHEN 0 THEN 'present' WHEN 1 THEN 'missing' ELSE 'ignored' END AS state
        FROM {_FILES}""",
    "v_keywords": f"""
        SELECT p.id AS photo_id, {_PATH} AS path, k.keyword AS keyword
        FROM keywords k JOIN photos p ON p.file_id = k.file_id JOIN files f ON f.id = p.file_id
        {_FILES.removeprefix("files f ")}""",
    "v_labels": f"""
        SELECT x.photo_id AS photo_id, {_PATH} AS path, m.name AS model, n.name AS name, x.own AS confidence
        {_LABELS} AND x.live""",
    "v_all_labels": f"""
        SELECT x.photo_id AS photo_id, {_PATH} AS path, m.name AS model, n.name AS name, x.own AS confidence
        {_LABELS}""",
    "v_objects": f"""
        SELECT x.photo_id AS photo_id, {_PATH} AS path, m.name AS model, n.name AS label, {_OBJECTS} WHERE x.live""",
    "v_all_objects": f"""
        SELECT x.photo_id AS photo_id, {_PATH} AS path, m.name AS model, n.name AS label, {_OBJECTS}""",
}


def create(conn: Connection) -> None:
    """Create every view."""
    for name, select in VIEWS.items():
        conn.exec_driver_sql(f"CREATE VIEW {name} AS {select}")


def drop(conn: Connection) -> None:
    """Drop every view, so that the tables below can be rebuilt."""
    for name in VIEWS:
        conn.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")
