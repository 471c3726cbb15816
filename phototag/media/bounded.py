"""A file that ends for a reader who is led round in circles."""

import io
import sys

TOO_MANY_READS = "too many reads"


class BoundedFile(io.BytesIO):
    """Bytes that may be read `reads` times, each time at most `longest` bytes; then EOFError.

    Readers written in Python follow the structure of a file entry by entry; a hostile one has millions of entries.
    Reading beyond the end, which no honest file asks for often, costs as much as a thousand reads.
    """

    def __init__(self, data: bytes, *, reads: int, longest: int = sys.maxsize) -> None:
        super().__init__(data)
        self._left = reads
        self._longest = longest

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(min(size, self._longest) if size is not None and size >= 0 else self._longest)
        self._left -= 1 if found or not size else 1000
        if self._left < 0:
            raise EOFError(TOO_MANY_READS)
        return found
