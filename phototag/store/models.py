"""The models whose findings the index holds, and the current one of each task."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from phototag.errors import UsageError
from phototag.store import liveness, reading
from phototag.store.tables import models
from phototag.types import ModelId, Task


@dataclass(frozen=True, slots=True)
class Wanted:
    """A model that every photo shall have been analysed with, down to the confidence `floor`; `id` is its row."""

    id: int
    model: ModelId
    floor: float


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model that the index knows."""

    id: int
    model: ModelId
    current: bool


def register(conn: Connection, model: ModelId) -> int:
    """The row of a model; it is added where the index has not met it."""
    key = {"name": model.name, "sha256": model.sha256}
    conn.execute(insert(models).values(task=model.task.value, **key).on_conflict_do_nothing())
    found = conn.execute(select(models.c.id).filter_by(**key)).scalar_one()
    return int(found)


def want(conn: Connection, asked: Iterable[tuple[ModelId, float]]) -> tuple[Wanted, ...]:
    """Register the models of a run, each with the lowest confidence that it shall store."""
    return tuple(Wanted(register(conn, model), model, floor) for model, floor in asked)


def stored_models(conn: reading.Connection) -> tuple[StoredModel, ...]:
    """Every model that the index knows, in the order it met them; the user is none."""
    rows = conn.exec_driver_sql(
        "SELECT id, task, name, sha256, current FROM models WHERE sha256 NOT IN ('tags', 'boxes') ORDER BY id"
    )
    return tuple(
        StoredModel(number, ModelId(Task(task), name, sha256), bool(current))
        for number, task, name, sha256, current in rows
    )


def current_model(conn: reading.Connection, task: Task) -> StoredModel:
    """The model of the task that the last run used. Raises UsageError where there was none."""
    for model in stored_models(conn):
        if model.current and model.model.task is task:
            return model
    raise UsageError("nothing was indexed yet", hint="Name a folder: `phototag index ~/Pictures`.")


def set_current(conn: Connection, model_ids: Collection[int]) -> None:
    """Make these models the current ones of their tasks. Photos that lack one keep the answers of the latest."""
    for model_id in model_ids:
        row = conn.execute(select(models.c.task, models.c.current).where(models.c.id == model_id)).one()
        if row.current:
            continue
        conn.exec_driver_sql("UPDATE models SET current = (id = ?) WHERE task = ?", (model_id, row.task))
        # Only a photo with several answers to choose from can change its answer.
        liveness.touch_select(
            conn,
            "SELECT photo_id FROM analyses WHERE task = ? GROUP BY photo_id HAVING count(*) > 1",
            (row.task,),
        )
    liveness.settle(conn)
