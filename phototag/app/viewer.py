"""Photos handed to the system's viewer."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence

from phototag.errors import PhototagError, UsageError


def view(paths: Sequence[bytes], viewer: str | None = None) -> None:
    """Show the photos, all at once in `viewer` (a command line), else in the program that the system has for photos.

    Returns at once: the viewer goes on by itself. Raises UsageError for a viewer that is not there, PhototagError
    where the system has none.
    """
    if viewer:
        _start([*map(os.fsencode, shlex.split(viewer)), *paths], f"--with {viewer}")
    elif sys.platform == "win32":
        for path in paths:
            os.startfile(os.fsdecode(path))  # noqa: S606  (Windows' own way to open a file)
    elif sys.platform == "darwin":
        _start([b"open", *paths], "open")
    else:
        if shutil.which("xdg-open") is None:
            raise PhototagError(
                "this system has no xdg-open, so phototag does not know its viewer",
                hint="Name one: `phototag open QUERY --with feh`.",
            )
        for path in paths:
            _start([b"xdg-open", path], "xdg-open")


def _start(command: list[bytes], name: str) -> None:
    try:
        subprocess.Popen(  # noqa: S603  (the user's own choice; no shell reads the paths)
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, IndexError) as error:
        raise UsageError(f"{name} can't be started: {error}", hint="Name a program that is installed.") from error
