"""`model:NAME`: a question put to what named models said, instead of to what answers ordinarily.

A statement believes the rows of `words`, `detections` and `analyses` that are `live`. A scope puts a table expression
of the same name before the statement, which hides the table: there, the rows of the named model are live, and those of
the others of its task are not. So every statement asks anyone without a word of its own about it. There is no index by
name for rows that are not live, so that such a question reads all of them.

The user's word stands: tags and boxes of their own are live, and what they overruled is not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from phototag.errors import UsageError
from phototag.store.overruled import OVERRULED, USER_MODELS
from phototag.store.reading import Connection
from phototag.types import Task

_COLUMNS = {
    "words": "photo_id, model_id, name_id, confidence, own",
    "detections": "photo_id, model_id, number, name_id, confidence, x1, y1, x2, y2",
}
VERBS = {Task.CLASSIFY: "tags", Task.DETECT: "detects"}
_REACHABLE = "(SELECT p.file_id IS NOT NULL FROM photos p WHERE p.id = {0}.photo_id)"
# Of several files of one model, the current one answers for a photo, else the latest that ran.
_FIRST = (
    "{0}.model_id = (SELECT a.model_id FROM main.analyses a JOIN models m ON m.id = a.model_id "
    "WHERE a.photo_id = {0}.photo_id AND a.model_id IN ({1}) "
    "ORDER BY m.current DESC, a.at DESC, a.model_id DESC LIMIT 1)"
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows answer; by default those that are live."""

    tables: str = ""

    def __bool__(self) -> bool:
        return bool(self.tables)

    def over(self, statement: str) -> str:
        """The SELECT, asking those that the scope names."""
        return f"WITH {self.tables} {statement}" if self.tables else statement


ANYONE = Scope()


def scope_of(conn: Connection, models: Iterable[str]) -> Scope:
    """The scope that asks the models with these names. Raises UsageError for a model that the index does not know, and
    for two of one task."""
    ids: dict[Task, list[int]] = {}
    names: dict[Task, str] = {}
    for name in models:
        task, found = _find(conn, name)
        if task in ids:
            raise UsageError(
                f"{names[task]} and {name} can't both answer: one model {VERBS[task]} at a time",
                hint=f"`phototag models fuse BOTH {names[task]} {name}` makes one detector of two."
                if task is Task.DETECT
                else "Leave one of them out.",
            )
        ids[task], names[task] = found, name
    if not ids:
        return ANYONE
    tables = [_analyses(ids)]
    if Task.CLASSIFY in ids:
        tables.append(_findings("words", ids[Task.CLASSIFY]))
    if Task.DETECT in ids:
        tables.append(_findings("detections", ids[Task.DETECT]))
    return Scope(", ".join(tables))


def known_models(conn: Connection) -> dict[str, Task]:
    """The models that an index has findings of, by name."""
    rows = conn.exec_driver_sql(f"SELECT name, task FROM models WHERE id NOT IN {USER_MODELS} ORDER BY id")
    return {name: Task(task) for name, task in rows}


def _find(conn: Connection, name: str) -> tuple[Task, list[int]]:
    """A model's task and its rows: one for each of its files that ran."""
    rows = conn.exec_driver_sql(
        f"SELECT task, id FROM models WHERE name = ? AND id NOT IN {USER_MODELS} ORDER BY id", (name,)
    ).fetchall()
    if not rows:
        known = ", ".join(known_models(conn)) or "none yet"
        raise UsageError(
            f"no photo of this index was analysed by a model “{name}”", hint=f"Models that ran here: {known}."
        )
    return Task(rows[0][0]), [number for _, number in rows]


def _analyses(ids: Mapping[Task, list[int]]) -> str:
    others = ", ".join(f"'{task.value}'" for task in ids)
    asked = " OR ".join(f"({_asked('analyses', numbers)})" for numbers in ids.values())
    live = f"CASE WHEN task IN ({others}) THEN {asked} ELSE live END"
    return (
        f"analyses AS NOT MATERIALIZED (SELECT photo_id, model_id, task, floor, run_id, at, {live} AS live "
        "FROM main.analyses)"
    )


def _findings(table: str, ids: list[int]) -> str:
    corrected = f"{table}.photo_id IN (SELECT photo_id FROM corrections)"
    asked = f"{_asked(table, ids)} AND NOT ({corrected} AND {OVERRULED[table]})"
    live = f"CASE WHEN model_id IN {USER_MODELS} THEN live ELSE {asked} END"
    return f"{table} AS NOT MATERIALIZED (SELECT {_COLUMNS[table]}, {live} AS live FROM main.{table})"


def _asked(table: str, ids: list[int]) -> str:
    """The row is the asked model's, of a photo that is reachable."""
    numbers = ",".join(map(str, ids)) or "NULL"
    conditions = [f"{table}.model_id IN ({numbers})", _REACHABLE.format(table)]
    if len(ids) > 1:
        conditions.append(_FIRST.format(table, numbers))
    return " AND ".join(conditions)
