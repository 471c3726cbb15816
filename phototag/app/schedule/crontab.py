"""An entry in the user's crontab: one line that ends in a mark. Every other byte of the crontab stays as it is.

The `crontab` program does the reading and writing. (python-crontab would put every line in order that it reads: on a
crontab written by hand it changed blanks, moved comments and switched a line off that it did not understand.)
"""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from phototag.app.schedule.plan import Plan, gentle
from phototag.errors import PhototagError

_DAEMONS = {"cron", "crond", "anacron", "fcron", "cronie", "dcron", "bcron-sched", "busybox"}
_SECONDS = 20.0


def line(plan: Plan) -> str:
    """The entry: a line of a crontab."""
    words = ["env", *(f"{name}={value}" for name, value in plan.environment.items())] if plan.environment else []
    command = shlex.join([*gentle(), *words, *plan.command]).replace("%", "\\%")  # a bare % would end the line
    return f"{plan.when.crontab} {command} {_mark(plan.name)}"


def is_there() -> bool:
    """Whether there is a `crontab` program."""
    return shutil.which("crontab") is not None


def entries(name: str) -> list[str]:
    """The lines of this name in the user's crontab, also those that somebody commented out."""
    return [os.fsdecode(one) for one in _read().splitlines() if _is_own(one, name)]


def install(plan: Plan) -> None:
    """Put the entry at the end of the crontab. Raises PhototagError when `crontab` refuses; nothing is changed then."""
    before = _read()
    rest = _without(before, plan.name)
    if rest and not rest.endswith(b"\n"):
        rest += b"\n"
    _write(rest + os.fsencode(line(plan)) + b"\n")


def remove(name: str) -> None:
    """Take every line of this name out."""
    before = _read()
    after = _without(before, name)
    if after != before:
        _write(after)


def daemon_runs() -> bool | None:
    """Whether a cron daemon seems to run; None where that can't be told (only Linux tells)."""
    processes = Path("/proc")
    if not (processes / "self" / "comm").exists():
        return None
    for process in processes.iterdir():
        if process.name.isdigit():
            try:
                if (process / "comm").read_text("utf-8", "replace").strip() in _DAEMONS:
                    return True
            except OSError:  # it ended
                continue
    return False


def _mark(name: str) -> str:
    return f"# {name}"


def _is_own(one: bytes, name: str) -> bool:
    text = one.rstrip()
    return text.endswith(_mark(name).encode()) and b" schedule run" in text


def _without(crontab: bytes, name: str) -> bytes:
    return b"".join(one for one in crontab.splitlines(keepends=True) if not _is_own(one, name))


def _read() -> bytes:
    done = _crontab("-l")
    if done.returncode == 0:
        return done.stdout
    said = done.stderr.decode("utf-8", "replace").strip()
    lowered = said.lower()
    # Debian, cronie and macOS say the first, BusyBox the second.
    if "no crontab for" in lowered or ("can't open" in lowered and "no such file" in lowered):
        return b""
    raise _refused("read", said)


def _write(crontab: bytes) -> None:
    done = _crontab("-", stdin=crontab)
    if done.returncode != 0:
        raise _refused("write", done.stderr.decode("utf-8", "replace").strip())
    if crontab not in _read():  # some programs put a heading above it
        raise PhototagError(
            "the crontab is not what was written to it", hint="Look at it with `crontab -l`; nothing else was touched."
        )


def _crontab(argument: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("crontab") or "crontab"
    try:
        return subprocess.run(  # noqa: S603 - a program of the system
            [program, argument],
            input=stdin,
            capture_output=True,
            check=False,
            timeout=_SECONDS,
            env={**os.environ, "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _refused("run", str(error)) from error


def _refused(doing: str, said: str) -> PhototagError:
    hint = "Nothing was changed. `phototag schedule install --print` shows the line for another scheduler."
    return PhototagError(f"`crontab` can't be {_PAST[doing]}: {said or 'it gave no reason'}", hint=hint)


_PAST = {"read": "read", "write": "written", "run": "run"}
