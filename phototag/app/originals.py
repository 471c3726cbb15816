"""Originals are never changed: whatever writes a file of the user's choice asks here first."""

import os
from pathlib import Path

from phototag.errors import IndexFileError, UsageError
from phototag.settings import Settings
from phototag.store.known import is_known_file
from phototag.store.reader import open_reader
from phototag.store.roots import find_scope


def is_below_root(output: Path, settings: Settings) -> bool:
    """Whether the next `phototag index` would take a file at `output` for a photo of the user's."""
    with open_reader(settings.db) as conn:
        return any(find_scope(conn, os.fsencode(name)) for name in (os.path.abspath(output), os.path.realpath(output)))


def refuse_original(output: Path, settings: Settings) -> None:
    """Raises UsageError when `output` is a file that the index knows, under whatever name."""
    if not output.exists():
        return
    try:
        with open_reader(settings.db) as conn:
            known = is_known_file(conn, os.fsencode(output))
    except IndexFileError:  # an index that is not there protects nothing, and measuring needs none
        return
    if known:
        raise UsageError(f"{output} is a photo of the index", hint="Originals are never changed: name another file.")
