"""Installing, showing and removing the schedule of an index, with whatever scheduler this machine has."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from phototag.app.schedule import crontab, systemd
from phototag.app.schedule.plan import Plan, entry_name
from phototag.errors import PhototagError, UsageError


class Scheduler(StrEnum):
    """What starts the runs."""

    SYSTEMD = "systemd"
    CRON = "cron"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry that is there: in which scheduler, how it is kept, whether it is switched on, and when it runs next ("":
    not known); `advice` says what keeps it from running."""

    scheduler: Scheduler
    text: tuple[str, ...]
    active: bool
    next_run: str = ""
    advice: str = ""


def choose(using: str | None) -> Scheduler | None:
    """The scheduler to use: the one asked for, else systemd, else the crontab, else none.

    Raises UsageError for one that is unknown, or not here.
    """
    there = {Scheduler.SYSTEMD: systemd.is_there, Scheduler.CRON: crontab.is_there}
    if using is None:
        return next((one for one, is_there in there.items() if is_there()), None)
    if using not in there:
        raise UsageError(f"--using {using} is not known", hint=f"It can be {' or '.join(Scheduler)}.")
    if not there[Scheduler(using)]():
        missing = "no systemd of yours answers" if using == Scheduler.SYSTEMD else "there is no program `crontab`"
        raise UsageError(f"--using {using}: {missing}", hint="Leave --using out, or see --print.")
    return Scheduler(using)


def preview(plan: Plan, scheduler: Scheduler | None) -> str:
    """What `install` would write, as text; without a scheduler the crontab's line."""
    if scheduler is not Scheduler.SYSTEMD:
        return crontab.line(plan)
    return "\n".join(f"# {name}\n{text}" for name, text in systemd.units(plan).items()).rstrip()


def install(plan: Plan, scheduler: Scheduler, *, replace: bool) -> None:
    """Install the schedule. Raises UsageError when the index has one already, unless it shall be replaced."""
    there = status(plan.index)
    if there and not replace:
        raise UsageError(
            f"this index has a schedule already, by {' and '.join(entry.scheduler for entry in there)}",
            hint="`--replace` puts the new one in its place, `phototag schedule remove` takes it away.",
        )
    others = [entry for entry in there if entry.scheduler is not scheduler]
    if scheduler is Scheduler.SYSTEMD:
        systemd.install(plan)
    else:
        crontab.install(plan)
    for entry in others:
        _REMOVE[entry.scheduler](plan.name)


def remove(index: Path) -> Sequence[Entry]:
    """Take the schedule of an index out of every scheduler; gives what was there."""
    there = status(index)
    for entry in there:
        _REMOVE[entry.scheduler](entry_name(index))
    return there


_REMOVE = {Scheduler.SYSTEMD: systemd.remove, Scheduler.CRON: crontab.remove}


def status(index: Path) -> list[Entry]:
    """The entries of an index. A crontab that can't be read counts as none where systemd has the entry."""
    name = entry_name(index)
    found = [_of_systemd(name)] if systemd.files(name) else []
    try:
        lines = crontab.entries(name) if crontab.is_there() else []
    except PhototagError:
        if not found:
            raise
        return found
    return found + ([_of_crontab(lines)] if lines else [])


def _of_systemd(name: str) -> Entry:
    files = tuple(str(path) for path in systemd.files(name))
    if not systemd.is_there():
        return Entry(Scheduler.SYSTEMD, files, active=False, advice="No systemd of yours answers here.")
    state = systemd.state(name)
    advice = "" if state.active else f"`systemctl --user enable --now {name}.timer` switches it on."
    if state.active and not systemd.lingers():
        advice = "It runs while you are logged in; `loginctl enable-linger` lets it run always."
    return Entry(Scheduler.SYSTEMD, files, state.active, state.next_run, advice)


def _of_crontab(lines: Sequence[str]) -> Entry:
    active = [line for line in lines if not line.lstrip().startswith("#")]
    advice = ""
    if crontab.daemon_runs() is False:
        advice = "No cron daemon seems to run on this machine: start it, or nothing will happen."
    elif len(active) > 1:
        advice = "It stands there more than once; `--replace` makes one of them."
    elif not active:
        advice = "Somebody made a comment of it."
    return Entry(Scheduler.CRON, tuple(lines), bool(active), advice=advice)
