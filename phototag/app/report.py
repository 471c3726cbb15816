"""What a run of `phototag index` did, and what it tells while it runs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from phototag.types import Problem


@dataclass
class IndexReport:
    """The counts of one run; `to_json` gives the document of the contract. `provider` is what the models ran on, None
    when nothing was analysed."""

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
    failed: list[Problem] = field(default_factory=list)
    offline: list[bytes] = field(default_factory=list)
    seconds: float = 0.0
    models: dict[str, str] = field(default_factory=dict)
    provider: str | None = None

    @property
    def photos_per_second(self) -> float:
        """Photos that went through the models, per second of the whole run."""
        return self.analysed / self.seconds if self.seconds else 0.0

    @property
    def brought_changes(self) -> bool:
        """Whether anything in the index is otherwise than before."""
        return bool(self.new or self.changed or self.moved or self.missing or self.analysed)

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
