"""`phototag eval tune`: thresholds for single labels, learnt from labelled photos and kept in the user's settings."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phototag.app.eval_detect import Detected
from phototag.errors import PhototagError, UsageError
from phototag.metrics.matching import Scored, score
from phototag.metrics.tuning import Tuned, tune
from phototag.settings import Settings

DIGITS = 3


@dataclass(frozen=True, slots=True)
class Change:
    """A label's threshold `before` and `after`, with its F1 (percent) on the labelled photos at each."""

    label: str
    before: float
    after: float
    f1_before: float | None
    f1_after: float | None
    objects: int

    def to_json(self) -> dict[str, Any]:
        """The change as plain data."""
        return {name: getattr(self, name) for name in self.__slots__}


def tune_labels(detected: Detected, precision: float | None) -> list[Change]:
    """The best thresholds: with the largest F1, or the lowest that hold a `precision` (0..1).

    Only labels of the model's own with enough examples; what an index would not store is not counted on.
    """
    scored = score(
        detected.scenes, lambda scene: [found for found in scene.found if found.confidence >= detected.floor]
    )
    changes = []
    for label in detected.names:
        best = tune(scored[label], precision) if label in scored and label in detected.own else None
        if best is not None:
            changes.append(_change(label, detected.thresholds[label], scored[label], best))
    return changes


def store_thresholds(settings: Settings, thresholds: Mapping[str, float]) -> Path:
    """Write thresholds into `[thresholds]` of the user's config file, whose other lines and comments stay; the file.

    Raises UsageError when tomlkit is not installed or the file can't be read, PhototagError when it can't be written.
    """
    try:
        import tomlkit
        from tomlkit.exceptions import TOMLKitError
    except ImportError as error:
        raise UsageError("tomlkit is not installed", hint="Run: pip install 'phototag[eval]'") from error
    file = settings.config_file
    try:
        document = tomlkit.parse(file.read_text("utf-8")) if file.exists() else tomlkit.document()
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise UsageError(
            f"the settings in {file} can't be read: {error}", hint="Mend the file, or move it away."
        ) from error
    table = document.setdefault("thresholds", tomlkit.table())
    for label, value in sorted(thresholds.items()):
        table[label] = value
    _replace(file, tomlkit.dumps(document))
    return file


def _change(label: str, before: float, scored: Scored, best: Tuned) -> Change:
    after = round(best.threshold, DIGITS)
    return Change(label, before, after, _f1(scored, before), _f1(scored, after), scored.objects)


def _f1(scored: Scored, threshold: float) -> float | None:
    value = scored.rates(threshold).f1
    return None if value is None else round(100 * value, 2)


def _replace(file: Path, text: str) -> None:
    """Write the file in one step, for its owner only; a link to it stays a link."""
    target = Path(os.path.realpath(file))
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=target.parent, prefix=".phototag-", suffix=".toml")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                out.write(text)
            Path(partial).replace(target)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise PhototagError(f"can't write {file}: {error.strerror or error}", hint="Check its permissions.") from error
