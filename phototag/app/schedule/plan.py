"""When a scheduled run happens, and what it is called and runs; the same for every scheduler."""

import hashlib
import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from phototag.errors import UsageError

DEFAULT_AT = "03:30"
_UNITS = {"m": 1, "min": 1, "h": 60}
_DAY = 24 * 60
# What a run needs of the environment in which it was installed: a scheduler starts it with next to none.
_CARRIED = re.compile(r"PHOTOTAG_\w+|XDG_(DATA|CONFIG|CACHE)_HOME")


@dataclass(frozen=True, slots=True)
class When:
    """Every `minutes`, counted from midnight; `at` is when a daily run happens, in minutes after midnight."""

    minutes: int
    at: int = 0

    @property
    def text(self) -> str:
        """For people."""
        if self.minutes == _DAY:
            return f"every day at {self.at // 60:02}:{self.at % 60:02}"
        number, unit = (self.minutes // 60, "hour") if self.minutes % 60 == 0 else (self.minutes, "minute")
        return f"every {unit}" if number == 1 else f"every {number} {unit}s"

    @property
    def crontab(self) -> str:
        """The five fields of a crontab."""
        if self.minutes == _DAY:
            return f"{self.at % 60} {self.at // 60} * * *"
        if self.minutes % 60 == 0:
            return "0 * * * *" if self.minutes == 60 else f"0 */{self.minutes // 60} * * *"
        return "* * * * *" if self.minutes == 1 else f"*/{self.minutes} * * * *"

    @property
    def calendar(self) -> str:
        """systemd's `OnCalendar`."""
        if self.minutes == _DAY:
            return f"*-*-* {self.at // 60:02}:{self.at % 60:02}:00"
        if self.minutes % 60 == 0:
            return f"*-*-* 00/{self.minutes // 60}:00:00"
        return f"*-*-* *:00/{self.minutes}:00"


def read_when(at: str | None, every: str | None) -> When:
    """When `--at 03:30` or `--every 1h` says; by default every night.

    Raises UsageError for both, for what can't be read, and for intervals that no crontab can hold.
    """
    if at and every:
        raise UsageError("--at and --every exclude one another", hint="--at is once a day.")
    return _every(every) if every else _at(at or DEFAULT_AT)


def _at(text: str) -> When:
    found = re.fullmatch(r"(\d{1,2}):(\d{2})", text, re.ASCII)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise UsageError(f"--at {text}: that is no time of the day", hint="Write it as 03:30.")
    return When(_DAY, int(found[1]) * 60 + int(found[2]))


def _every(text: str) -> When:
    found = re.fullmatch(r"(\d{1,4})\s*(m|min|h)", text.strip().lower(), re.ASCII)
    minutes = int(found[1]) * _UNITS[found[2]] if found else 0
    divides = minutes and (60 % minutes == 0 if minutes < 60 else minutes % 60 == 0 and _DAY % minutes == 0)
    if not divides:
        raise UsageError(
            f"--every {text}: a schedule can't hold that",
            hint="It can be 1, 2, 3, 4, 5, 6, 10, 12, 15, 20 or 30 m(inutes), or 1, 2, 3, 4, 6, 8, 12 or 24 h(ours).",
        )
    return When(minutes)


@dataclass(frozen=True, slots=True)
class Plan:
    """One index's schedule: its name in the scheduler, the program with its arguments, and their environment."""

    when: When
    index: Path
    command: tuple[str, ...]
    environment: Mapping[str, str]

    @property
    def name(self) -> str:
        """What the entry is called; another index has another name."""
        return entry_name(self.index)


def entry_name(index: Path) -> str:
    """`phototag-` and eight digits that stand for the path of the index."""
    return f"phototag-{hashlib.sha256(os.fsencode(index)).hexdigest()[:8]}"


def make_plan(when: When, index: Path, on_change: str | None, environ: Mapping[str, str]) -> Plan:
    """The plan for an index. Raises UsageError for paths and variables that no scheduler's file can hold."""
    command = [sys.executable, "-P", "-m", "phototag", "--db", str(index), "schedule", "run"]
    if on_change is not None:
        command += ["--on-change", on_change]
    environment = {name: environ[name] for name in sorted(environ) if _CARRIED.fullmatch(name)}
    environment.pop("PHOTOTAG_DB", None)
    for text in (*command, *environment.values()):
        if not text.isprintable():
            raise UsageError(
                f"a schedule can't hold {text!r}", hint="Control characters and broken UTF-8 have no place."
            )
    return Plan(when, index, tuple(command), environment)


def gentle() -> list[str]:
    """What stands before a command so that it gets out of the way of others, as far as the machine has it."""
    words = ["nice", "-n", "10"] if shutil.which("nice") else []
    return words + (["ionice", "-c", "3"] if shutil.which("ionice") else [])
