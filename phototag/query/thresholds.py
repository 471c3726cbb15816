"""Which confidence counts as a match: the query's own, the run's, the user's, then the model's."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from phototag.types import Task

# For a model that the catalog no longer describes.
FALLBACK: Mapping[Task, float] = {Task.CLASSIFY: 0.2, Task.DETECT: 0.3}


@dataclass(frozen=True, slots=True)
class ModelThresholds:
    """A model's own thresholds: one `default`, and exceptions per canonical label."""

    default: float
    labels: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Every threshold that stands outside the query's text.

    `minimum` is `--min-confidence`; `user` are the settings per canonical label; `models` the catalog's, by model name.
    """

    minimum: float | None = None
    user: Mapping[str, float] = field(default_factory=dict)
    models: Mapping[str, ModelThresholds] = field(default_factory=dict)

    def of(self, task: Task, model: str, label: str, asked: float | None = None) -> float:
        """The confidence from which on `model`'s `label` counts; `asked` is what the query wrote after `@`."""
        if asked is not None:
            return asked
        if self.minimum is not None:
            return self.minimum
        if label in self.user:
            return self.user[label]
        known = self.models.get(model)
        if known is None:
            return FALLBACK[task]
        return known.labels.get(label, known.default)

    def default(self, task: Task, model: str, asked: float | None = None) -> float:
        """The confidence from which on a label without a threshold of its own counts."""
        if asked is not None:
            return asked
        if self.minimum is not None:
            return self.minimum
        known = self.models.get(model)
        return FALLBACK[task] if known is None else known.default

    def exceptions(self, model: str, asked: float | None = None) -> frozenset[str]:
        """The labels whose threshold may differ from the default."""
        if asked is not None or self.minimum is not None:
            return frozenset()
        known = self.models.get(model)
        return frozenset(self.user) | frozenset(known.labels if known else ())
