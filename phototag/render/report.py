"""A run of `index`, told to a person."""

from collections.abc import Iterator
from typing import Protocol

from phototag.render.text import counted, path_text, printable
from phototag.types import Problem

SHOWN_PROBLEMS = 5


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
    seconds: float
    models: dict[str, str]

    @property
    def photos_per_second(self) -> float:
        """Photos analysed per second."""
        ...


def report_lines(report: Report, *, dry_run: bool = False) -> Iterator[str]:
    """What was done, in a few lines."""
    parts = [(report.new, "new"), (report.changed, "changed"), (report.moved, "moved"), (report.unchanged, "unchanged")]
    parts += [(report.missing, "missing"), (report.ignored, "ignored"), (len(report.failed), "failed")]
    told = ", ".join(f"{number:,} {word}" for number, word in parts if number)
    yield f"{counted(report.seen, 'photo')} seen" + (f": {told}" if told else "")
    if dry_run:
        yield "Nothing was done: this was a dry run."
        return
    if report.analysed:
        models = " and ".join(report.models.values())
        speed = f"{report.photos_per_second:.1f} a second"
        yield f"{counted(report.analysed, 'photo')} analysed with {models} in {report.seconds:.1f} s ({speed})"
    for path in report.offline:
        yield f"offline, kept as it was: {printable(path_text(path))}"
    for problem in report.failed[:SHOWN_PROBLEMS]:
        yield f"failed: {printable(path_text(problem.path))}: {printable(problem.reason)}"
    if len(report.failed) > SHOWN_PROBLEMS:
        yield f"… and {len(report.failed) - SHOWN_PROBLEMS:,} more: `phototag errors` lists them"
