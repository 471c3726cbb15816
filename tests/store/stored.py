"""An in-memory index that holds exactly given records, with rows beside them that must not answer."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, create_engine, event, insert, text
from sqlalchemy.pool import StaticPool

from phototag.query.folding import folded
from phototag.query.record import Record
from phototag.store import correction_tables, learning_tables, presence, tables
from phototag.store.sqlite import register_functions
from phototag.types import Task
from tests.query.worlds import CLASSIFIERS, DETECTORS, FOLDERS, ROOTS, SEEN

MODELS = {name: number for number, name in enumerate((*CLASSIFIERS, *DETECTORS), 1)}
NAMES = {name: number for number, name in enumerate(SEEN, 1)}


@pytest.fixture(scope="module")
def index() -> Iterator[Connection]:
    """A connection to an index with models and names, but without photos."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    event.listen(engine, "connect", lambda raw, _: setattr(raw, "isolation_level", None))
    event.listen(engine, "connect", lambda raw, _: register_functions(raw))
    event.listen(engine, "begin", lambda conn: conn.exec_driver_sql("BEGIN"))
    with engine.connect() as conn:
        with conn.begin():
            tables.metadata.create_all(conn)
            for name, number in MODELS.items():
                task = Task.CLASSIFY if name in CLASSIFIERS else Task.DETECT
                conn.execute(insert(tables.models).values(id=number, task=task.value, name=name, sha256=name))
            for name, number in NAMES.items():
                conn.execute(insert(tables.names).values(id=number, name=name))
        yield conn
    engine.dispose()


@contextmanager
def holding(conn: Connection, records: Sequence[Record]) -> Iterator[Connection]:
    """The index while it holds `records`."""
    with conn.begin() as transaction:
        conn.execute(text("PRAGMA defer_foreign_keys = ON"))
        folders = _folders(conn)
        for number, record in enumerate(records, 1):
            _store(conn, number, record, folders)
        _store_noise(conn, len(records) + 1, folders)
        yield conn
        transaction.rollback()


def _folders(conn: Connection) -> dict[bytes, int]:
    ids: dict[bytes, int] = {}
    for root, path in enumerate(ROOTS, 1):
        conn.execute(insert(tables.roots).values(id=root, path=path, added_at=""))
        for folder in FOLDERS:
            number = len(ids) + 1
            absolute = b"/".join([path.rstrip(b"/"), *filter(None, (folder,))])
            ids[absolute] = number
            conn.execute(insert(tables.folders).values(id=number, root_id=root, path=folder))
    return ids


def _store(conn: Connection, number: int, record: Record, folders: dict[bytes, int]) -> None:
    _store_photo(conn, number, record)
    folder, _, name = record.path.rpartition(b"/")
    file = number * 10
    conn.execute(
        insert(tables.files).values(
            **_file(file, folders[folder], name, number),
            taken_at=record.metadata.taken_at,
            camera=record.metadata.camera,
            lens=record.metadata.lens,
            latitude=record.metadata.latitude,
            longitude=record.metadata.longitude,
        )
    )
    conn.exec_driver_sql("UPDATE photos SET file_id = ? WHERE id = ?", (file, number))
    for keyword in record.metadata.keywords:
        conn.execute(insert(learning_tables.keywords).values(file_id=file, folded=folded(keyword), keyword=keyword))
    for copy in range(1, record.copies):
        conn.execute(
            insert(tables.files).values(**_file(file + copy, folders[folder], b"copy %d.gif" % (file + copy), number))
        )
    # A missing copy is none, and its problems and metadata say nothing of the photo.
    missing = _file(file + 9, folders[folder], b"gone %d.jpg" % number, number) | {"state": presence.MISSING}
    conn.execute(insert(tables.files).values(**missing, taken_at="2024-01-01T00:00:00", camera="iPhone 12"))
    conn.execute(insert(learning_tables.keywords).values(file_id=file + 9, folded="holiday", keyword="holiday"))
    if record.failed:
        problem = {"folder_id": folders[folder], "name": name, "stage": "infer", "reason": "", "since": "", "last": ""}
        conn.execute(insert(tables.problems).values(problem))
    if record.corrected:
        correction = {"photo_id": number, "step": 1, "at": "", "kind": "tag", "name_id": 1}
        conn.execute(insert(correction_tables.corrections).values(**correction, effective=1))
        conn.execute(insert(correction_tables.corrections).values(**correction | {"kind": "untag"}, effective=0))
    _store_findings(conn, number, record)


def _store_photo(conn: Connection, number: int, record: Record) -> None:
    conn.execute(
        insert(tables.photos).values(
            id=number,
            content=b"%d" % number,
            width=record.width,
            height=record.height,
            orientation=1,
            format="jpeg",
            offline=int(record.offline),
            added_at="",
        )
    )


def _store_findings(conn: Connection, number: int, record: Record) -> None:
    for model in (*CLASSIFIERS, *DETECTORS):
        live = model in (record.classifier, record.detector)
        said = next((one for one in record.others if one.model == model), None)
        if not live and said is None:
            continue
        task = Task.CLASSIFY if model in CLASSIFIERS else Task.DETECT
        row = {"photo_id": number, "model_id": MODELS[model], "live": int(live)}
        conn.execute(insert(tables.analyses).values(**row, task=task.value, floor=0.0, at=""))
        for word in (said or record).words if task is Task.CLASSIFY else ():
            conn.execute(
                insert(tables.words).values(
                    **row, name_id=NAMES[word.name], confidence=word.confidence, own=word.confidence
                )
            )
        for place, found in enumerate((said or record).detections if task is Task.DETECT else ()):
            box = {"x1": found.box.x1, "y1": found.box.y1, "x2": found.box.x2, "y2": found.box.y2}
            conn.execute(
                insert(tables.detections).values(
                    **row, number=place, name_id=NAMES[found.label], confidence=found.confidence, **box
                )
            )


def _store_noise(conn: Connection, number: int, folders: dict[bytes, int]) -> None:
    """A photo without a reachable file, whose rows are not live."""
    _store_photo(conn, number, Record(b"", 100, 100))
    conn.execute(
        insert(tables.files).values(
            **_file(number * 10, folders[b"/photos"], b"lost.jpg", number) | {"state": presence.MISSING}
        )
    )
    row = {"photo_id": number, "live": 0}
    conn.execute(
        insert(tables.words).values(**row, model_id=MODELS["fine"], name_id=NAMES["cat"], confidence=1.0, own=1.0)
    )
    conn.execute(insert(tables.analyses).values(**row, model_id=MODELS["fine"], task="classify", floor=0.0, at=""))


def _file(number: int, folder: int, name: bytes, photo: int) -> dict[str, object]:
    return {
        "id": number, "folder_id": folder, "name": name, "size": 1, "mtime_ns": 1, "device": 1, "inode": number,
        "photo_id": photo, "run_id": 1,
    }  # fmt: skip
