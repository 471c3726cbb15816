"""What a query has to know of an index before it is compiled: the ids of its names, and its models."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from phototag.query.thresholds import Thresholds
from phototag.store.overruled import USER_MODELS
from phototag.store.reading import Connection
from phototag.types import Task


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The `names` of an index with their ids, and per task the (id, name) of its `models`; `users` are those
    models that stand for the user, who is always sure."""

    names: Mapping[str, int]
    models: Mapping[Task, tuple[tuple[int, str], ...]]
    users: frozenset[int] = frozenset()

    def ids(self, labels: Iterable[str]) -> list[int]:
        """The ids of those labels that the index has."""
        return sorted(self.names[label] for label in labels if label in self.names)

    def groups(
        self, task: Task, labels: Iterable[str], thresholds: Thresholds, asked: float | None
    ) -> Iterator[tuple[tuple[int, ...], tuple[int, ...], float]]:
        """(models, names, threshold) triples: together they say from which confidence on each label counts."""
        by_model: dict[int, dict[float, list[int]]] = {}
        known = sorted(label for label in labels if label in self.names)
        user = tuple(model for model, _ in self.models[task] if model in self.users)
        for model, name in self.models[task]:
            if model in user:
                continue
            split: dict[float, list[int]] = {}
            for label in known:
                split.setdefault(thresholds.of(task, name, label, asked), []).append(self.names[label])
            by_model[model] = split
        merged: dict[tuple[tuple[int, ...], float], list[int]] = {}
        for model, split in by_model.items():
            for threshold, names in split.items():
                merged.setdefault((tuple(names), threshold), []).append(model)
        for (ids, threshold), models in merged.items():
            # The user's confidence is 1, so that one threshold does for both, unless it is above every confidence.
            yield (*models, *(user if threshold <= 1 else ())), ids, threshold
        if user and known and all(threshold > 1 for _, threshold in merged):
            yield user, tuple(self.names[label] for label in known), 1.0


def read_lexicon(conn: Connection) -> Lexicon:
    """The lexicon of an index: two small tables."""
    models: dict[Task, list[tuple[int, str]]] = {task: [] for task in Task}
    users: set[int] = set()
    for number, task, name, user in conn.exec_driver_sql(
        f"SELECT id, task, name, id IN {USER_MODELS} FROM models ORDER BY id"
    ):
        models[Task(task)].append((number, name))
        users |= {number} if user else set()
    names = {name: number for number, name in conn.exec_driver_sql("SELECT id, name FROM names")}
    return Lexicon(names, {task: tuple(found) for task, found in models.items()}, frozenset(users))


def own_words(conn: Connection) -> tuple[str, ...]:
    """The names that the user gave or taught in this index."""
    rows = conn.exec_driver_sql(
        "SELECT name FROM names WHERE id IN (SELECT name_id FROM relatives UNION SELECT name_id FROM taught) "
        "ORDER BY name"
    )
    return tuple(rows.scalars())


def taught_thresholds(conn: Connection) -> dict[str, dict[str, float]]:
    """The threshold of each taught tag, by the name of the classifier."""
    found: dict[str, dict[str, float]] = {}
    for model, name, threshold in conn.exec_driver_sql(
        "SELECT m.name, n.name, t.threshold FROM taught t "
        "JOIN names n ON n.id = t.name_id JOIN models m ON m.id = t.model_id"
    ):
        found.setdefault(model, {})[name] = threshold
    return found
