"""Taught tags: given to photos as they are analysed, listed, and forgotten."""

from collections.abc import Iterable
from dataclasses import replace

from phototag.errors import UsageError
from phototag.settings import Settings
from phototag.store import taught as stored
from phototag.store.engine import open_index
from phototag.store.models import Wanted
from phototag.store.reading import Connection
from phototag.store.taught import TaughtTag
from phototag.types import Analysis, Label

FLOOR = 0.5
"""The lowest confidence in a taught tag that is stored, as a part of its threshold: nearly every photo has a tenth."""


class TaughtLabels:
    """The tags that were taught for the models of a run, to be given to what they analyse."""

    def __init__(self, conn: Connection, wanted: Iterable[Wanted]) -> None:
        self._tags = {want.model: tags for want in wanted if (tags := stored.taught_for(conn, want.id))}

    def added(self, analyses: tuple[Analysis, ...]) -> tuple[Analysis, ...]:
        """The analyses with the taught tags that their vectors make likely."""
        return tuple(map(self._added, analyses)) if self._tags else analyses

    def _added(self, analysis: Analysis) -> Analysis:
        if analysis.model not in self._tags or not analysis.findings.vector:
            return analysis
        from phototag.inference.vectors import Linear, confidence_of

        found = analysis.findings
        labels = []
        for tag in self._tags[analysis.model]:
            confidence = confidence_of(found.vector, Linear.read(tag.weights, tag.bias))
            if confidence >= FLOOR * tag.threshold:
                labels.append(Label(tag.name, confidence))
        return replace(
            analysis, findings=replace(found, labels=(*found.labels, *labels), words=(*found.words, *labels))
        )


def all_taught(settings: Settings) -> tuple[TaughtTag, ...]:
    """Every taught tag, by name."""
    with open_index(settings.db, write=False) as index, index.read() as conn:
        return stored.read_taught(conn)


def outdated(conn: Connection) -> tuple[str, ...]:
    """The tags that were taught for other classifiers than the current one, and not for it."""
    tags = stored.read_taught(conn)
    current = {tag.name for tag in tags if tag.current}
    return tuple(dict.fromkeys(tag.name for tag in tags if tag.name not in current))


def forget(name: str, settings: Settings) -> None:
    """Drop a taught tag; the photos that the user tagged keep it. Raises UsageError where there is none."""
    with open_index(settings.db, write=True) as index, index.begin() as conn:
        if not stored.forget_taught(conn, name):
            raise UsageError(f"nothing called “{name}” was taught", hint="`phototag teach --list` lists what was.")
