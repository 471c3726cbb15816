"""Fetching one file over HTTP: resumed where it broke off, and never longer than it should be."""

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from phototag.errors import ModelBrokenError, ModelError, ModelMissingError

Progress = Callable[[int, int], None]
"""Called with (bytes done, bytes in all); 0 in all when the server does not say."""
Response = http.client.HTTPResponse

CHUNK = 256 * 1024
ATTEMPTS = 4
TIMEOUT = 30.0
SLOWEST = 1024.0
"""Bytes a second, over the time of one timeout, below which a connection counts as broken: a server that sends a byte
now and then would hold the user for days."""


def is_url(source: str) -> bool:
    """Whether a source is an address rather than a folder."""
    return source.startswith(("http://", "https://"))


def fetch(url: str, part: Path, size: int, progress: Progress, *, timeout: float = TIMEOUT) -> None:
    """Make `part` the whole file at `url`, continuing what is already in it. `size` is the expected length, 0 if
    unknown; `timeout` the seconds without a byte, or with fewer than `SLOWEST` a second, after which a connection
    counts as broken.

    A connection that breaks is tried again, up to `ATTEMPTS` times in a row that bring no more than a trickle; what has
    arrived stays in `part` for the next call. Raises ModelMissingError when the server has no such file,
    ModelBrokenError when the file is longer than `size`, ModelError for all other failures.
    """
    failures = 0
    while True:
        before = _length(part)
        try:
            _fetch_once(url, part, size, progress, timeout)
            return
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE and before:
                part.unlink()  # what is there is no beginning of that file
                continue
            if error.code < http.client.INTERNAL_SERVER_ERROR:
                raise _refused(url, error) from error
            reason: Exception = error
        except urllib.error.URLError as error:  # the server was not reached
            reason = error.reason if isinstance(error.reason, Exception) else error
        except (OSError, http.client.HTTPException) as error:
            reason = error
        failures = 1 if _length(part) - before > SLOWEST * timeout else failures + 1
        if failures >= ATTEMPTS:
            raise ModelError(
                f"the download of {url} broke off: {getattr(reason, 'strerror', None) or reason}",
                hint="Run the command again: it goes on from where it stopped.",
            ) from reason


def _fetch_once(url: str, part: Path, size: int, progress: Progress, timeout: float) -> None:
    done = _length(part)
    if size and done == size:
        return
    headers = {"User-Agent": "phototag", "Accept-Encoding": "identity"}
    if done:
        headers["Range"] = f"bytes={done}-"
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - `is_url` allows http and https alone
    with urllib.request.urlopen(request, timeout=timeout) as response:  # noqa: S310
        if not _continues(response, done):
            done = 0  # the server sends the whole file
        total = done + int(response.headers.get("Content-Length") or 0)
        _check_total(url, total, size, part)
        pace = _Pace(timeout)
        with part.open("ab" if done else "wb") as file:
            while chunk := response.read1(CHUNK):  # what has arrived, without waiting for a whole chunk
                done += len(chunk)
                _check_total(url, done, size, part)
                file.write(chunk)
                progress(done, size or total)
                pace.check(len(chunk))
        if done < max(size, total):
            raise http.client.IncompleteRead(b"", max(size, total) - done)


class _Pace:
    """Watches how fast a connection is."""

    def __init__(self, window: float) -> None:
        self.window = window
        self.since = time.monotonic()
        self.arrived = 0

    def check(self, arrived: int) -> None:
        """Take note of bytes. Raises TimeoutError when a whole window brought too few."""
        self.arrived += arrived
        now = time.monotonic()
        if now - self.since < self.window:
            return
        if self.arrived < SLOWEST * (now - self.since):
            raise TimeoutError(f"slower than {SLOWEST / 1024:g} KiB a second")
        self.since, self.arrived = now, 0


def _continues(response: Response, done: int) -> bool:
    return response.status == http.client.PARTIAL_CONTENT and (response.headers.get("Content-Range") or "").startswith(
        f"bytes {done}-"
    )


def _check_total(url: str, total: int, size: int, part: Path) -> None:
    if size and total > size:
        part.unlink(missing_ok=True)
        raise ModelBrokenError(
            f"{url} is not the file that the catalog describes: longer than {size} bytes",
            hint="Choose another source with --from.",
        )


def _refused(url: str, error: urllib.error.HTTPError) -> ModelError:
    hint = "Check the address, or give a folder or another address with --from."
    if error.code in (http.client.NOT_FOUND, http.client.GONE):
        return ModelMissingError(f"{url} does not exist (HTTP {error.code})", hint=hint)
    return ModelError(f"{url} was refused: HTTP {error.code} {error.reason}", hint=hint)


def _length(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0
