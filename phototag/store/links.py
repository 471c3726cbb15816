"""Files that are known without reading them: renamed or moved files and hard links, told by inode, size and time."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from phototag.store import keywords, liveness
from phototag.store.models import Wanted
from phototag.store.paths import signed
from phototag.store.pieces import chunks
from phototag.store.presence import PRESENT
from phototag.store.save import METADATA_COLUMNS, UPSERT_FILE, stamp_columns, touch_files
from phototag.types import FileStamp, ModelId

# Dates from these lie in the file itself; any other could change with the file's name.
_INSIDE = {"original", "digitized", "xmp"}
_SECOND = 1_000_000_000


def done_columns(number: int) -> str:
    """SQL: for each wanted model (two parameters: its id and floor) whether it has seen the photo of file `f`."""
    one = (
        "EXISTS (SELECT 1 FROM analyses a WHERE a.photo_id = f.photo_id AND a.model_id = ? AND a.floor <= ?) AS done{}"
    )
    return "".join(", " + one.format(n) for n in range(number))


def adopt(
    conn: Connection, run_id: int, folder_id: int, fresh: Sequence[FileStamp], wanted: tuple[Wanted, ...]
) -> dict[bytes, tuple[ModelId, ...]]:
    """Give new names their known photos: by file name, the wanted models that lack it. The others have to be read."""
    # Whole seconds come from archives and coarse file systems, where inode numbers may be made up as well.
    exact = [stamp for stamp in fresh if stamp.mtime_ns % _SECOND]
    sources = _find(conn, exact, wanted)
    rows: list[dict[str, Any]] = []
    lacking: dict[bytes, tuple[ModelId, ...]] = {}
    keywords_of: dict[tuple[int, bytes], int] = {}
    for stamp in exact:
        source = sources.get(_key(stamp))
        if source is None or not (source.name == stamp.name or source.taken_source in _INSIDE):
            continue
        if source.sidecar != stamp.sidecar:  # it left its keywords behind, or met new ones
            continue
        keywords_of[folder_id, stamp.name] = source.id
        row = {"folder_id": folder_id, "photo_id": source.photo_id, "run_id": run_id, "state": PRESENT}
        row |= stamp_columns(stamp)
        rows.append(row | {column: getattr(source, column) for column in METADATA_COLUMNS})
        flags = source[-len(wanted) :] if wanted else ()
        lacking[stamp.name] = tuple(want.model for want, done in zip(wanted, flags, strict=True) if not done)
    if rows:
        touch_files(conn, [(folder_id, row["name"]) for row in rows])
        conn.execute(UPSERT_FILE, rows)
        keywords.copy(conn, keywords_of)
        liveness.touch(conn, {row["photo_id"] for row in rows})
    return lacking


def _key(stamp: FileStamp) -> tuple[int, int, int, int]:
    return signed(stamp.device), signed(stamp.inode), stamp.size, stamp.mtime_ns


def _find(conn: Connection, stamps: Sequence[FileStamp], wanted: tuple[Wanted, ...]) -> dict[tuple[int, ...], Any]:
    parameters = tuple(value for want in wanted for value in (want.id, want.floor))
    found: dict[tuple[int, ...], Any] = {}
    for part in chunks(stamps):
        keys = {_key(stamp) for stamp in part}
        rows = conn.exec_driver_sql(
            f"SELECT f.device, f.inode, f.size, f.mtime_ns, f.name, f.photo_id, f.id, f.sidecar, "
            f"f.{', f.'.join(METADATA_COLUMNS)}{done_columns(len(wanted))} "
            f"FROM files f WHERE f.photo_id IS NOT NULL AND f.inode IN ({', '.join('?' * len(part))})",
            (*parameters, *(signed(stamp.inode) for stamp in part)),
        )
        found |= {tuple(row[:4]): row for row in rows if tuple(row[:4]) in keys}
    return found
