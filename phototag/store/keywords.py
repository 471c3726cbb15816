"""The keywords of files, as other programs keep them in the file or its sidecar."""

from collections.abc import Iterable, Mapping, Sequence

from phototag.query.folding import folded
from phototag.store.pieces import chunks
from phototag.store.reading import Connection

_FILE = "(SELECT id FROM files WHERE folder_id = ? AND name = ?)"


def put(conn: Connection, found: Mapping[tuple[int, bytes], Sequence[str]]) -> None:
    """Replace the keywords of files, each named by its folder's id and its own name."""
    conn.exec_driver_sql(f"DELETE FROM keywords WHERE file_id = {_FILE}", list(found))
    rows = [(*key, *row) for key, words in found.items() for row in {folded(word): word for word in words}.items()]
    if rows:
        conn.exec_driver_sql(f"INSERT INTO keywords (file_id, folded, keyword) VALUES ({_FILE}, ?, ?)", rows)


def copy(conn: Connection, sources: Mapping[tuple[int, bytes], int]) -> None:
    """Give files (by folder's id and name) the keywords of others (by id)."""
    if sources:
        put(conn, dict.fromkeys(sources, ()))
        conn.exec_driver_sql(
            f"INSERT INTO keywords (file_id, folded, keyword) SELECT {_FILE}, folded, keyword FROM keywords "
            "WHERE file_id = ?",
            [(*key, source) for key, source in sources.items()],
        )


def of_photos(conn: Connection, photos: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """Per photo (by id) the keywords of its first reachable file, in alphabetical order."""
    found: dict[int, list[str]] = {}
    for part in chunks(sorted(set(photos))):
        ids = ", ".join(map(str, part))
        for photo, keyword in conn.exec_driver_sql(
            "SELECT p.id, k.keyword FROM photos p JOIN keywords k ON k.file_id = p.file_id "
            f"WHERE p.id IN ({ids}) ORDER BY k.folded"
        ):
            found.setdefault(photo, []).append(keyword)
    return {photo: tuple(words) for photo, words in found.items()}
