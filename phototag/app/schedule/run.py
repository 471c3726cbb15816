"""What a schedule runs: `index` over every root, then the albums; told in a log file that does not grow for ever."""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from phototag.app.album import refresh_all
from phototag.app.index import IndexOptions, run_index
from phototag.app.on_change import tell
from phototag.app.report import Event, Note
from phototag.errors import LockedError, PhototagError
from phototag.render.report import report_lines
from phototag.settings import Settings

LOG_BYTES = 1_000_000
LOG_FILES = 4  # older ones, beside the one that is written


def log_path(settings: Settings) -> Path:
    """The log file of scheduled runs."""
    return settings.folders.data / "logs" / "schedule.log"


def scheduled_run(settings: Settings, on_change: Sequence[str], listener: Callable[[str], None]) -> None:
    """Index every root and bring the albums up to date. Everything is told to `listener` and to the log.

    Raises LockedError when another run is under way, and what `run_index` raises; the log has it then.
    """
    with open_log(log_path(settings)) as log:

        def note(text: str) -> None:
            log.info(text)
            listener(text)

        def hear(event: Event) -> None:
            if isinstance(event, Note):
                note(event.text)

        try:
            report = run_index([], settings, IndexOptions(), hear)
            for line in report_lines(report):
                note(line)
            refresh_all(settings, note)
            if on_change:
                tell(on_change, report, note)
        except LockedError as error:
            log.info(f"nothing was done: {error.message}")
            raise
        except PhototagError as error:
            log.error(f"{error.message} {error.hint}".strip())
            raise
        except Exception:
            log.exception("the run failed in a way nobody foresaw")
            raise


class _PrivateFile(RotatingFileHandler):
    """A log for its owner's eyes only, also after it was rotated."""

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return open(descriptor, "a", encoding="utf-8", errors="backslashreplace")  # noqa: PTH123


@contextmanager
def open_log(path: Path) -> Iterator[logging.Logger]:
    """A logger of its own that nothing else hears. Raises PhototagError where the file can't be written."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = _PrivateFile(path, maxBytes=LOG_BYTES, backupCount=LOG_FILES)
    except OSError as error:
        raise PhototagError(f"can't write the log {path}: {error.strerror}", hint="Check its permissions.") from error
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    log = logging.Logger("phototag.schedule", logging.INFO)
    log.addHandler(handler)
    try:
        yield log
    finally:
        handler.close()
