"""A sample of the photos in an index."""

import random

from phototag.store.reading import Connection

SEED = 0  # the same photos each time, so that two comparisons can be compared


def sample_paths(conn: Connection, number: int) -> list[bytes]:
    """The absolute paths of up to `number` photos that are there now, one path a photo, drawn by chance."""
    photos = conn.exec_driver_sql(
        "SELECT min(path_bytes) FROM v_files WHERE online AND photo_id IS NOT NULL GROUP BY photo_id"
    )
    paths = [bytes(path) for (path,) in photos]
    return sorted(random.Random(SEED).sample(paths, min(number, len(paths))))  # noqa: S311 -- no secret
