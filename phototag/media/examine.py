"""A file opened as a photo: read once, identified, its metadata taken."""

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace

from phototag.media.content import Identity, identify
from phototag.media.decode import Decoded, decode
from phototag.media.fault import PhotoError
from phototag.media.keywords import read_keywords, read_sidecars
from phototag.media.metadata import read_metadata
from phototag.types import Metadata, Stage

MAX_BYTES = 768 << 20  # an uncompressed 16-bit RGB picture of 120 megapixels has 687 MiB

_NO_BLOCKING = getattr(os, "O_NONBLOCK", 0)  # opening a pipe must not wait for a writer
_FLAGS = os.O_RDONLY | _NO_BLOCKING | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_REASONS = {
    errno.ENOENT: "vanished before it could be read",
    errno.ENOTDIR: "vanished before it could be read",
    errno.EACCES: "no permission to read it",
    errno.EPERM: "no permission to read it",
    errno.EISDIR: "is a folder now",
    errno.ENAMETOOLONG: "its path is too long to open",
    errno.ELOOP: "a symbolic link that leads to itself",
}


@dataclass(frozen=True, slots=True)
class OpenedPhoto:
    """The bytes of a file with what they say; `size` (bytes) and `mtime_ns` are those of the moment of reading."""

    data: bytes
    identity: Identity
    metadata: Metadata
    size: int
    mtime_ns: int

    def decode(
        self,
        *,
        minimum: int | tuple[int, int] | None = None,
        max_megapixels: float | None = None,
        reserve: Callable[[int], None] | None = None,
    ) -> Decoded:
        """The picture itself: `phototag.media.decode.decode`, with its options and its PhotoError."""
        return decode(self.data, self.identity, minimum=minimum, max_megapixels=max_megapixels, reserve=reserve)


def open_photo(path: bytes, *, sidecars: bool = False) -> OpenedPhoto:
    """Read the file at `path` once and say what it is; nothing is decoded yet. With `sidecars` the XMP files beside it
    are read, too.

    Raises PhotoError: stage read for a file that is no regular file, empty, larger than 768 MiB, unreadable or changed
    while being read; stage decode for content that is no picture.
    """
    try:
        data, status = _read(path)
    except OSError as error:
        reason = _REASONS.get(error.errno or 0) or f"can't be read: {error.strerror or error}"
        raise PhotoError(Stage.READ, reason) from error
    except MemoryError as error:
        raise PhotoError(Stage.READ, "not enough memory to read it") from error
    identity = identify(data)
    metadata = read_metadata(identity.exif, identity.xmp, os.path.basename(path))
    packets = [identity.xmp, identity.extended, *(read_sidecars(path) if sidecars else ())]
    metadata = replace(metadata, keywords=read_keywords(packets, identity.iptc))
    return OpenedPhoto(data, identity, metadata, status.st_size, status.st_mtime_ns)


def _read(path: bytes) -> tuple[bytes, os.stat_result]:
    descriptor = os.open(path, _FLAGS)
    with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123  (a descriptor has no path)
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise PhotoError(Stage.READ, "is a folder now" if stat.S_ISDIR(before.st_mode) else "not a regular file")
        if before.st_size > MAX_BYTES:
            raise PhotoError(Stage.READ, f"too large: {before.st_size >> 20} MiB, the limit is {MAX_BYTES >> 20}")
        data = _read_all(file.fileno(), before.st_size)
        after = os.fstat(descriptor)
    if (len(data), before.st_size, before.st_mtime_ns) != (after.st_size, after.st_size, after.st_mtime_ns):
        raise PhotoError(Stage.READ, "changed while being read")
    if not data:
        raise PhotoError(Stage.READ, "empty file")
    return data, after


def _read_all(descriptor: int, size: int) -> bytes:
    """`size` bytes, in one read on any ordinary file; fewer where the file ends early, one more where it grew."""
    data = os.read(descriptor, size + 1)
    while data and len(data) <= size:
        more = os.read(descriptor, size + 1 - len(data))
        if not more:
            break
        data += more
    return data
