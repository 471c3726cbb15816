"""Where the albums of an index lie. What one holds is written in the album itself."""

from sqlalchemy import Connection, delete
from sqlalchemy.dialects.sqlite import insert

from phototag.store import reading
from phototag.store.clock import now
from phototag.store.history_tables import albums


def remember_album(conn: Connection, folder: bytes) -> None:
    """Note an album by its absolute path."""
    conn.execute(insert(albums).values(folder=folder, at=now()).on_conflict_do_nothing())


def forget_album(conn: Connection, folder: bytes) -> bool:
    """Drop an album from the list; whether it was there."""
    return conn.execute(delete(albums).where(albums.c.folder == folder)).rowcount > 0


def list_albums(conn: reading.Connection) -> tuple[bytes, ...]:
    """The folders of all albums, in the order of paths."""
    return tuple(conn.exec_driver_sql("SELECT folder FROM albums ORDER BY folder").scalars())
