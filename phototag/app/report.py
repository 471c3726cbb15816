"""What a run of `phototag index` did, and what it tells while it runs."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from phototag.types import Problem

CHANGES = ("new", "changed", "moved", "missing", "analysed")
"""The counts that say that a run brought something."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Photos per second, and where the figure comes from, for people."""

    photos_per_second: float
    source: str


@dataclass
class IndexReport:
    """The counts of one run; `to_json` gives the document of the contract.

    `incomplete` says why not every file was looked at: "stopped" or "limit"; None where all were.
    `provider` is what the models ran on, None when nothing was analysed. `known_failed` are files that failed before
    and did not change, `left_out` what the rules leave out by (reason, is a folder). Only a dry run says how many
    files are `to_analyse`, at what `speed`.
    """

    seen: int = 0
    new: int = 0
    changed: int = 0
    moved: int = 0
    unchanged: int = 0
    analysed: int = 0
    missing: int = 0
    ignored: int = 0
    raw: int = 0
    video: int = 0
    known_failed: int = 0
    left_out: Counter[tuple[str, bool]] = field(default_factory=Counter)
    to_analyse: int | None = None
    speed: "Speed | None" = None
    failed: list[Problem] = field(default_factory=list)
    offline: list[bytes] = field(default_factory=list)
    seconds: float = 0.0
    models: dict[str, str] = field(default_factory=dict)
    provider: str | None = None
    incomplete: str | None = None

    def ran_on(self, providers: Sequence[str]) -> str | None:
        """Note what the models run on; gives what to say of it where that is news."""
        told, self.provider = self.provider, " and ".join(providers)
        if told == self.provider:
            return None
        if len(providers) == 1:
            return f"The models run on {providers[0]}."
        some = " in some processes, on ".join(providers)
        return f"The models run on {some} in others; `--workers N` starts fewer."

    @property
    def photos_per_second(self) -> float:
        """Photos that went through the models, per second of the whole run."""
        return self.analysed / self.seconds if self.seconds else 0.0

    @property
    def estimated_seconds(self) -> float | None:
        """How long the run would take at least; None where that was not asked, or could not be measured."""
        if self.to_analyse is None or self.speed is None:
            return None
        return self.seconds + self.to_analyse / self.speed.photos_per_second

    @property
    def brought_changes(self) -> bool:
        """Whether anything in the index is otherwise than before."""
        return any(getattr(self, name) for name in CHANGES)

    def to_json(self) -> dict[str, Any]:
        """The report as plain data."""
        counts = ("seen", "new", "changed", "moved", "unchanged", "analysed", "missing", "ignored", "raw", "video")
        return {
            **{name: getattr(self, name) for name in counts},
            "failed": [{"path": _text(p.path), "stage": p.stage.value, "reason": p.reason} for p in self.failed],
            "offline": [_text(path) for path in self.offline],
            "seconds": round(self.seconds, 3),
            "photos_per_second": round(self.photos_per_second, 1),
            "models": self.models,
            "provider": self.provider,
            "incomplete": self.incomplete,
            "known_failed": self.known_failed,
            "left_out": [
                {"reason": reason, "files": self.left_out[reason, False], "folders": self.left_out[reason, True]}
                for reason in dict.fromkeys(reason for reason, _ in sorted(self.left_out))
            ],
            "to_analyse": self.to_analyse,
            "estimated_seconds": None if self.estimated_seconds is None else round(self.estimated_seconds, 1),
        }


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: files met, photos that need work, photos stored, and what is being looked at."""

    seen: int
    queued: int
    done: int
    failed: int


@dataclass(frozen=True, slots=True)
class Note:
    """Something a person should know."""

    text: str


Event = Progress | Note
Listener = Callable[[Event], None]


def _text(path: bytes) -> str:
    return path.decode("utf-8", "backslashreplace")
