"""A timer of the user's systemd: a service and a timer file, written, switched on and taken away again."""

import getpass
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from phototag.app.schedule.plan import Plan
from phototag.errors import PhototagError

HEADER = "# Written by phototag; `phototag schedule remove` takes it away.\n"
_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class TimerState:
    """Whether the timer is switched on, and when it runs next, as systemd writes it ("" when it can't be asked)."""

    active: bool
    next_run: str


def units(plan: Plan) -> dict[str, str]:
    """The text of each file by its name."""
    about = f"phototag: index photos into {plan.index}".replace("%", "%%")
    environment = "".join(f"Environment={_quoted(f'{name}={value}')}\n" for name, value in plan.environment.items())
    command = " ".join(_quoted(word).replace("$", "$$") for word in plan.command)
    service = (
        f"{HEADER}[Unit]\nDescription={about}\n\n"
        f"[Service]\nType=oneshot\n{environment}ExecStart={command}\n"
        "Nice=10\nIOSchedulingClass=idle\nSuccessExitStatus=75\n"  # 75: another run was under way
    )
    timer = (
        f"{HEADER}[Unit]\nDescription={about}, {plan.when.text}\n\n"
        f"[Timer]\nOnCalendar={plan.when.calendar}\nPersistent=true\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )
    return {f"{plan.name}.service": service, f"{plan.name}.timer": timer}


def is_there() -> bool:
    """Whether a systemd of this user answers."""
    return shutil.which("systemctl") is not None and _systemctl("show-environment").returncode == 0


def files(name: str) -> list[Path]:
    """The files of this name that phototag wrote."""
    return [path for path in _paths(name) if _is_own(path)]


def install(plan: Plan) -> None:
    """Write the files and switch the timer on; when that fails nothing of it stays."""
    for path in _paths(plan.name):
        if path.exists() and not _is_own(path):
            raise PhototagError(f"{path} was not written by phototag", hint="Move it away. Nothing was changed.")
    try:
        for name, text in units(plan).items():
            _folder().mkdir(parents=True, exist_ok=True)
            (_folder() / name).write_text(text, "utf-8")
        _demand("daemon-reload")
        _demand("enable", "--now", f"{plan.name}.timer")
    except OSError as error:
        _delete(plan.name)
        raise PhototagError(f"can't write to {_folder()}: {error.strerror or error}") from error
    except PhototagError:
        remove(plan.name)
        raise


def remove(name: str) -> None:
    """Switch the timer off and delete its files."""
    if not files(name):
        return
    reachable = is_there()
    if reachable:
        _systemctl("disable", "--now", f"{name}.timer")
    else:  # what `disable` would delete
        (_folder() / "timers.target.wants" / f"{name}.timer").unlink(missing_ok=True)
    _delete(name)
    if reachable:
        _systemctl("daemon-reload")


def state(name: str) -> TimerState:
    """What systemd says of the timer."""
    done = _systemctl("show", f"{name}.timer", "--property=ActiveState,NextElapseUSecRealtime")
    values = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    return TimerState(values.get("ActiveState") == "active", values.get("NextElapseUSecRealtime", ""))


def lingers() -> bool:
    """Whether the user's systemd also runs while the user is not logged in."""
    return (Path("/var/lib/systemd/linger") / getpass.getuser()).exists()


def _folder() -> Path:
    config = os.environ.get("XDG_CONFIG_HOME")
    return (Path(config) if config else Path.home() / ".config") / "systemd" / "user"


def _paths(name: str) -> Iterator[Path]:
    yield _folder() / f"{name}.service"
    yield _folder() / f"{name}.timer"


def _is_own(path: Path) -> bool:
    try:
        return path.read_text("utf-8", "replace").startswith(HEADER)
    except OSError:
        return False


def _delete(name: str) -> None:
    for path in files(name):
        path.unlink(missing_ok=True)


def _quoted(word: str) -> str:
    """A word as systemd reads it: in double quotes, where a backslash escapes and % names a specifier."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%") + '"'


def _demand(*arguments: str) -> None:
    done = _systemctl(*arguments)
    if done.returncode != 0:
        said = done.stderr.strip() or "it gave no reason"
        hint = "Nothing was changed. `--using cron` takes the crontab instead, `--print` shows what would be written."
        raise PhototagError(f"`systemctl --user {' '.join(arguments)}` failed: {said}", hint=hint)


def _systemctl(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemctl") or "systemctl"
    command = [program, "--user", "--no-pager", *arguments]
    try:
        return subprocess.run(  # noqa: S603 - a program of the system
            command, capture_output=True, text=True, errors="replace", check=False, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))
