"""Feature vectors: what a classifier sees in a photo, as numbers; near vectors are alike.

A row holds `SLOTS` vectors of one model, so that all of a library's are read at the speed of the disk, not of rows.
Photo n lies in slot `n % SLOTS` of chunk `n // SLOTS`; a slot of zeros is empty. The store only moves bytes: each
vector is a classifier's `Findings.vector`.
"""

from collections.abc import Iterable, Iterator, Mapping

from phototag.store.pieces import chunks
from phototag.store.reading import Connection

SLOTS = 256


def put(conn: Connection, model_id: int, found: Mapping[int, bytes]) -> None:
    """Store the vectors of photos (by id), all of one length, in the place of the model's earlier ones; b"" is none."""
    parts: dict[int, dict[int, bytes]] = {}
    for photo, vector in found.items():
        if not vector:
            continue
        parts.setdefault(photo // SLOTS, {})[photo % SLOTS] = vector
    for chunk, slots in parts.items():
        size = len(next(iter(slots.values())))
        row = conn.exec_driver_sql("SELECT data FROM vectors WHERE model_id = ? AND chunk = ?", (model_id, chunk))
        data = bytearray(row.scalar_one_or_none() or bytes(SLOTS * size))
        for slot, vector in slots.items():
            data[slot * size : (slot + 1) * size] = vector
        conn.exec_driver_sql(
            "INSERT INTO vectors (model_id, chunk, data) VALUES (?, ?, ?) "
            "ON CONFLICT (model_id, chunk) DO UPDATE SET data = excluded.data",
            (model_id, chunk, bytes(data)),
        )


def read(conn: Connection, model_id: int) -> Iterator[tuple[int, bytes]]:
    """All vectors of a model, `SLOTS` at a time: the id of the photo in the first slot, and the bytes."""
    rows = conn.exec_driver_sql("SELECT chunk, data FROM vectors WHERE model_id = ? ORDER BY chunk", (model_id,))
    for chunk, data in rows:
        yield chunk * SLOTS, data


def of_photos(conn: Connection, model_id: int, photos: Iterable[int]) -> dict[int, bytes]:
    """The vectors of these photos, as far as the model has them."""
    found: dict[int, bytes] = {}
    parts: dict[int, list[int]] = {}
    for photo in photos:
        parts.setdefault(photo // SLOTS, []).append(photo)
    for part in chunks(sorted(parts)):
        rows = conn.exec_driver_sql(
            f"SELECT chunk, data FROM vectors WHERE model_id = ? AND chunk IN ({', '.join('?' * len(part))})",
            (model_id, *part),
        )
        for chunk, data in rows:
            size = len(data) // SLOTS
            for photo in parts[chunk]:
                place = photo % SLOTS * size
                found[photo] = data[place : place + size]
    return {photo: vector for photo, vector in found.items() if any(vector)}


def forget(conn: Connection, photos: Iterable[int]) -> None:
    """Empty the slots of photos that are deleted: their ids may be given out again."""
    parts: dict[int, list[int]] = {}
    for photo in photos:
        parts.setdefault(photo // SLOTS, []).append(photo % SLOTS)
    for chunk, slots in parts.items():
        for number, data in conn.exec_driver_sql("SELECT id, data FROM vectors WHERE chunk = ?", (chunk,)).fetchall():
            size = len(data) // SLOTS
            kept = bytearray(data)
            for slot in slots:
                kept[slot * size : (slot + 1) * size] = bytes(size)
            conn.exec_driver_sql("UPDATE vectors SET data = ? WHERE id = ?", (bytes(kept), number))
