"""Whether an index has changed, told without opening it."""

import hashlib
import os

from phototag.store.sqlite import index_path


def index_state(where: str | os.PathLike[str]) -> str:
    """A short text that is another one once something was committed to the index at `where`.

    Made from the stamps of the file and of its write-ahead log. It may also change without a cause, as when the log is
    folded into the file.
    """
    path = index_path(where)
    stamps = []
    for file in (path, path.with_name(path.name + "-wal")):
        try:
            status = file.stat()
        except OSError:
            continue
        if status.st_size:  # readers make and remove an empty log
            stamps.append((status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size))
    return hashlib.blake2s(repr(stamps).encode(), digest_size=6).hexdigest()
