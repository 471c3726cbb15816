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
        if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            raise PhototagError(
                "there is no display to show photos on",
                hint="`phototag search QUERY --paths` lists them, `--preview` shows them in the terminal.",
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
