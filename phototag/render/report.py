"""A run of `index`, told to a person."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from phototag.render.text import counted, path_text, printable
from phototag.types import Problem

SHOWN_PROBLEMS = 5


class Speed(Protocol):
    """How fast photos are analysed, and where the figure comes from."""

    @property
    def photos_per_second(self) -> float: ...
    @property
    def source(self) -> str: ...


class Report(Protocol):
    """The counts of a run."""

    seen: int
    new: int
    changed: int
    moved: int
    unchanged: int
    analysed: int
    missing: int
    ignored: int
    failed: list[Problem]
    offline: list[bytes]
    raw: int
    video: int
    known_failed: int
    to_analyse: int | None
    seconds: float
    models: dict[str, str]

    @property
    def photos_per_second(self) -> float:
        """Photos analysed per second."""
        ...

    @property
    def left_out(self) -> Mapping[tuple[str, bool], int]:
        """What the rules leave out, by (reason, is a folder)."""
        ...

    @property
    def speed(self) -> Speed | None:
        """The speed that the estimate rests on."""
        ...

    @property
    def estimated_seconds(self) -> float | None:
        """How long the run would take."""
        ...


def report_lines(report: Report, *, dry_run: bool = False) -> Iterator[str]:
    """What was done, or would be, in a few lines."""
    parts = [(report.new, "new"), (report.changed, "changed"), (report.moved, "moved"), (report.unchanged, "unchanged")]
    parts += [(report.missing, "missing"), (report.ignored, "ignored"), (len(report.failed), "failed")]
    parts += [(report.known_failed, "failed before")] * (not dry_run)
    told = ", ".join(f"{number:,} {word}" for number, word in parts if number)
    if not (report.seen or told or report.offline):
        told = "no file there is a photo, or the rules leave them out (`--dry-run` says which)"
    yield f"{counted(report.seen, 'photo')} seen" + (f": {told}" if told else "")
    if dry_run:
        yield from _rehearsed(report)
        return
    if report.analysed:
        models = " and ".join(report.models.values())
        speed = f"{report.photos_per_second:.1f} a second"
        yield f"{counted(report.analysed, 'photo')} analysed with {models} in {report.seconds:.1f} s ({speed})"
    for path in report.offline:
        yield f"offline, kept as it was: {printable(path_text(path))}"
    if report.offline:
        yield "If that is gone for good: `phototag roots confirm PATH`."
    for problem in report.failed[:SHOWN_PROBLEMS]:
        yield f"failed: {printable(path_text(problem.path))}: {printable(problem.reason)}"
    if len(report.failed) > SHOWN_PROBLEMS:
        yield f"… and {len(report.failed) - SHOWN_PROBLEMS:,} more: `phototag errors` lists them"


def _rehearsed(report: Report) -> Iterator[str]:
    """What a run would leave out and why, what it would analyse, and how long that would take."""
    for reason in dict.fromkeys(reason for reason, _ in sorted(report.left_out)):
        parts = [(report.left_out.get((reason, False), 0), "file"), (report.left_out.get((reason, True), 0), "folder")]
        told = " and ".join(counted(number, word) for number, word in parts if number)
        yield f"left out: {told}, {reason}"
    if report.raw or report.video:
        parts = [(report.raw, "RAW file"), (report.video, "video")]
        told = " and ".join(counted(number, word) for number, word in parts if number)
        yield f"left out: {told}, which can't be read yet"
    if report.known_failed:
        yield f"left out: {counted(report.known_failed, 'file')}, failed before and unchanged (--retry-failed)"
    for path in report.offline:
        yield f"offline, would be kept as it is: {printable(path_text(path))}"
    if report.to_analyse:
        needs = f"{counted(report.to_analyse, 'file')} to analyse"
        if report.estimated_seconds is not None and report.speed is not None:
            speed = f"{report.speed.photos_per_second:.1f} a second, {report.speed.source}"
            needs += f": about {_duration(report.estimated_seconds)} ({speed})"
        yield needs
    yield "Nothing was done: this was a dry run."


def _duration(seconds: float) -> str:
    """`40 seconds`, `12 minutes`, `3.5 hours`."""
    if seconds < 90:
        return counted(max(1, round(seconds)), "second")
    return counted(round(seconds / 60), "minute") if seconds < 90 * 60 else f"{seconds / 3600:.1f} hours"
