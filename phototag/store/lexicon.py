"""What a query has to know of an index before it is compiled: the ids of its names, and its models."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from phototag.query.thresholds import Thresholds
from phototag.types import Task


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The `names` of an index with their ids, and per task the (id, name) of its `models`."""

    names: Mapping[str, int]
    models: Mapping[Task, tuple[tuple[int, str], ...]]

    def ids(self, labels: Iterable[str]) -> list[int]:
        """The ids of those labels that the index has."""
        return sorted(self.names[label] for label in labels if label in self.names)

    def groups(
        self, task: Task, labels: Iterable[str], thresholds: Thresholds, asked: float | None
    ) -> Iterator[tuple[tuple[int, ...], tuple[int, ...], float]]:
        """(models, names, threshold) triples: together they say from which confidence on each label counts."""
        by_model: dict[int, dict[float, list[int]]] = {}
        known = sorted(label for label in labels if label in self.names)
        for model, name in self.models[task]:
            split: dict[float, list[int]] = {}
            for label in known:
                split.setdefault(thresholds.of(task, name, label, asked), []).append(self.names[label])
            by_model[model] = split
        merged: dict[tuple[tuple[int, ...], float], list[int]] = {}
        for model, split in by_model.items():
            for threshold, names in split.items():
                merged.setdefault((tuple(names), threshold), []).append(model)
        for (ids, threshold), models in merged.items():
            yield tuple(models), ids, threshold


def read_lexicon(conn: Connection) -> Lexicon:
    """The lexicon of an index: two small tables."""
    models: dict[Task, list[tuple[int, str]]] = {task: [] for task in Task}
    for number, task, name in conn.exec_driver_sql("SELECT id, task, name FROM models ORDER BY id"):
        models[Task(task)].append((number, name))
    names = {name: number for number, name in conn.exec_driver_sql("SELECT id, name FROM names")}
    return Lexicon(names, {task: tuple(found) for task, found in models.items()})
