"""`--on-change COMMAND`: tell another program what a run brought."""

import json
import shlex
import shutil
import subprocess
from collections.abc import Callable, Sequence

from phototag.app.report import IndexReport
from phototag.errors import PhototagError, UsageError


def read_command(text: str) -> tuple[str, ...]:
    """The program and its arguments in a command line; no shell is involved, quotes group words.

    Raises UsageError for one that can't be read, and for a program that is not there.
    """
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise UsageError(f"--on-change {text!r} can't be read: {error}", hint="Are the quotes closed?") from error
    if not words or shutil.which(words[0]) is None:
        raise UsageError(
            f"--on-change: there is no program “{words[0] if words else ''}”",
            hint="Name a program with its path; for pipes and redirections make a script.",
        )
    return words


def tell(command: Sequence[str], report: IndexReport, note: Callable[[str], None]) -> None:
    """Run the command with the report as JSON on its standard input, if the run brought anything; what it prints is
    noted. Raises PhototagError when it fails: the index is up to date all the same.
    """
    if not report.brought_changes:
        return
    document = json.dumps(report.to_json(), ensure_ascii=False) + "\n"
    try:
        done = subprocess.run(  # noqa: S603 - the user's own command
            list(command),
            input=document.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    except OSError as error:
        raise _failed(command, error.strerror or str(error)) from error
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        note(f"{command[0]}: {line}")
    if done.returncode != 0:
        raise _failed(command, f"it ended with {done.returncode}")


def _failed(command: Sequence[str], reason: str) -> PhototagError:
    return PhototagError(
        f"the index is up to date, but `{shlex.join(command)}` failed: {reason}",
        hint="It gets the report of `phototag index --json` on its standard input.",
    )
