"""Storing what the pipeline found: one call is one batch, inside one transaction."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy import Connection, case, select
from sqlalchemy.dialects.sqlite import insert

from phototag.store import keywords, liveness, vectors
from phototag.store.clock import now
from phototag.store.folders import folder_id
from phototag.store.models import Wanted, register
from phototag.store.names import intern
from phototag.store.paths import signed, text_column
from phototag.store.pieces import chunks
from phototag.store.presence import MISSING, PRESENT
from phototag.store.problems import note_problem
from phototag.store.tables import analyses, files, photos
from phototag.types import Analysis, FileStamp, Metadata, ModelId, Photo, Stage


@dataclass(frozen=True, slots=True)
class FileResult:
    """A file that was read. `photo` may be None, and `analyses` (the new ones) empty, where the content is known."""

    root_id: int
    stamp: FileStamp
    content: bytes
    photo: Photo | None
    metadata: Metadata
    analyses: tuple[Analysis, ...] = ()


@dataclass(frozen=True, slots=True)
class FileFailure:
    """A file that could not be used (or, with stage `infer`, not by every model)."""

    root_id: int
    stamp: FileStamp
    stage: Stage
    reason: str


def known(conn: Connection, contents: Collection[bytes], wanted: Iterable[Wanted]) -> dict[bytes, frozenset[ModelId]]:
    """For each content that is a known photo, the wanted models that need not see it again. Nothing for the others."""
    found: dict[bytes, set[ModelId]] = {}
    models = {want.id: want for want in wanted}
    query = select(photos.c.content, analyses.c.model_id, analyses.c.floor).outerjoin_from(photos, analyses)
    for part in chunks(sorted(set(contents))):
        for content, model_id, floor in conn.execute(query.where(photos.c.content.in_(part))):
            done = found.setdefault(content, set())
            want = models.get(model_id)
            if want is not None and floor <= want.floor:
                done.add(want.model)
    return {content: frozenset(done) for content, done in found.items()}


def save(conn: Connection, run_id: int, results: Sequence[FileResult], failures: Sequence[FileFailure] = ()) -> None:
    """Store a batch: photos, their files and metadata, analyses and problems, and put right what answers queries."""
    at = now()
    places: dict[tuple[int, bytes], int] = {}
    for place in {(item.root_id, item.stamp.folder) for item in chain[FileResult | FileFailure](results, failures)}:
        places[place] = folder_id(conn, *place)
    if results:
        _save_results(conn, run_id, at, places, results)
    if failures:
        _save_failures(conn, places, failures)
    liveness.settle(conn)


def _save_results(
    conn: Connection, run_id: int, at: str, places: dict[tuple[int, bytes], int], results: Sequence[FileResult]
) -> None:
    photo_ids = _save_photos(conn, at, results)
    rows = [
        _file_row(places[result.root_id, result.stamp.folder], run_id, photo_ids[result.content], result)
        for result in results
    ]
    keys = [(row["folder_id"], row["name"]) for row in rows]
    touch_files(conn, keys)
    conn.execute(UPSERT_FILE, rows)
    keywords.put(conn, {key: result.metadata.keywords for key, result in zip(keys, results, strict=True)})
    conn.exec_driver_sql("DELETE FROM problems WHERE folder_id = ? AND name = ?", keys)
    _save_analyses(conn, run_id, at, [(photo_ids[result.content], result.analyses) for result in results])
    liveness.touch(conn, set(photo_ids.values()))


def _save_photos(conn: Connection, at: str, results: Sequence[FileResult]) -> dict[bytes, int]:
    """The rows of the results' photos by content."""
    rows = {
        result.content: {
            "content": result.content,
            "width": result.photo.width,
            "height": result.photo.height,
            "orientation": result.photo.orientation,
            "format": result.photo.format,
            "added_at": at,
        }
        for result in results
        if result.photo is not None
    }
    if rows:
        conn.execute(insert(photos).on_conflict_do_nothing(), list(rows.values()))
    found: dict[bytes, int] = {}
    for part in chunks(sorted({result.content for result in results})):
        query = select(photos.c.content, photos.c.id).where(photos.c.content.in_(part))
        found.update((row.content, row.id) for row in conn.execute(query))
    return found


def stamp_columns(stamp: FileStamp) -> dict[str, Any]:
    """What a file's row holds of its stamp."""
    return {
        "name": stamp.name,
        "name_text": text_column(stamp.name),
        "size": stamp.size,
        "mtime_ns": stamp.mtime_ns,
        "device": signed(stamp.device),
        "inode": signed(stamp.inode),
        "sidecar": stamp.sidecar,
    }


# Those of a file's row; keywords have a table of their own.
METADATA_COLUMNS = ("taken_at", "taken_offset", "taken_source", "camera", "lens", "latitude", "longitude")


def _file_row(folder: int, run_id: int, photo_id: int, result: FileResult) -> dict[str, Any]:
    row = {"folder_id": folder, "photo_id": photo_id, "run_id": run_id, "state": PRESENT}
    row |= stamp_columns(result.stamp)
    return row | {column: getattr(result.metadata, column) for column in METADATA_COLUMNS}


def _upsert_file() -> Any:
    upsert = insert(files)
    new = upsert.excluded
    # Moving is told by which file came last with a photo: seeing the same one again is no news.
    same = (files.c.photo_id == new.photo_id) & (files.c.state == PRESENT)
    changed: dict[str, Any] = {
        column: new[column]
        for column in ("size", "mtime_ns", "device", "inode", "sidecar", "state", "photo_id", *METADATA_COLUMNS)
    }
    changed["run_id"] = case((same, files.c.run_id), else_=new.run_id)
    return upsert.on_conflict_do_update(index_elements=["folder_id", "name"], set_=changed)


UPSERT_FILE = _upsert_file()


def touch_files(conn: Connection, keys: Sequence[tuple[int, bytes]]) -> None:
    """The photos that lay at these places until now may have lost a file."""
    for key in keys:
        liveness.touch_select(conn, "SELECT photo_id FROM files WHERE folder_id = ? AND name = ?", key)


def _save_analyses(conn: Connection, run_id: int, at: str, found: Sequence[tuple[int, tuple[Analysis, ...]]]) -> None:
    batch = {(photo_id, one.model): one for photo_id, several in found for one in several}
    if not batch:
        return
    model_ids = {model: register(conn, model) for model in {model for _, model in batch}}
    name_ids = _intern(conn, batch.values())
    keyed = [(photo_id, model_ids[model], one) for (photo_id, model), one in batch.items()]
    keys = [(photo_id, model_id) for photo_id, model_id, _ in keyed]
    for table in ("words", "detections"):
        conn.exec_driver_sql(f"DELETE FROM {table} WHERE photo_id = ? AND model_id = ?", keys)
    conn.exec_driver_sql(
        "INSERT OR REPLACE INTO analyses (photo_id, model_id, task, floor, run_id, at, live) "
        "VALUES (?, ?, ?, ?, ?, ?, 1)",
        [(photo, model, one.model.task.value, one.floor, run_id, at) for photo, model, one in keyed],
    )
    _insert(
        conn,
        "INSERT INTO words (photo_id, model_id, name_id, confidence, own, live) VALUES (?, ?, ?, ?, ?, 1)",
        [row for photo, model, one in keyed for row in _word_rows(photo, model, one, name_ids)],
    )
    _insert(
        conn,
        "INSERT INTO detections (photo_id, model_id, number, name_id, confidence, x1, y1, x2, y2, live) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
        [row for photo, model, one in keyed for row in _detection_rows(photo, model, one, name_ids)],
    )
    for model in set(model_ids.values()):
        vectors.put(conn, model, {photo: one.findings.vector for photo, own, one in keyed if own == model})


def _insert(conn: Connection, statement: str, rows: list[tuple[Any, ...]]) -> None:
    if rows:
        conn.exec_driver_sql(statement, rows)


def _word_rows(photo: int, model: int, analysis: Analysis, name_ids: dict[str, int]) -> Iterable[tuple[Any, ...]]:
    own = {label.name: label.confidence for label in analysis.findings.labels}
    merged = own | {word.name: word.confidence for word in analysis.findings.words}
    return [(photo, model, name_ids[name], value, own.get(name)) for name, value in merged.items()]


def _detection_rows(photo: int, model: int, analysis: Analysis, name_ids: dict[str, int]) -> Iterable[tuple[Any, ...]]:
    for number, one in enumerate(sorted(analysis.findings.detections, key=lambda one: -one.confidence)):
        box = one.box
        yield photo, model, number, name_ids[one.label], one.confidence, box.x1, box.y1, box.x2, box.y2


def _intern(conn: Connection, batch: Iterable[Analysis]) -> dict[str, int]:
    """The rows of every name in the batch."""
    wanted: set[str] = set()
    for one in batch:
        wanted.update(label.name for label in (*one.findings.labels, *one.findings.words))
        wanted.update(detection.label for detection in one.findings.detections)
    return intern(conn, wanted)


def _save_failures(conn: Connection, places: dict[tuple[int, bytes], int], failures: Sequence[FileFailure]) -> None:
    """Note the problems. A file that changed into something unusable no longer shows its old photo; one that can't be
    read for once still does."""
    for failure in failures:
        stamp = failure.stamp
        key = (places[failure.root_id, stamp.folder], stamp.name)
        liveness.touch_select(conn, "SELECT photo_id FROM files WHERE folder_id = ? AND name = ?", key)
        conn.exec_driver_sql(
            "UPDATE files SET state = ? WHERE folder_id = ? AND name = ? AND (size <> ? OR mtime_ns <> ?)",
            (MISSING, *key, stamp.size, stamp.mtime_ns),
        )
        note_problem(conn, key, failure.stage, failure.reason, (stamp.size, stamp.mtime_ns))
