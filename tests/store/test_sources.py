"""Where a statement begins: at lists of the index by name and confidence, never with a scan."""

from datetime import date

import pytest
from sqlalchemy import Connection

from phototag.query.parser import parse
from phototag.query.resolve import resolve
from phototag.query.thresholds import ModelThresholds, Thresholds
from phototag.store.answers import Question
from tests.query import worlds
from tests.store.stored import holding, index

__all__ = ["index"]

TODAY = date(2024, 7, 15)
EACH_ITS_OWN = Thresholds(
    models={
        name: ModelThresholds(default, labels={"golden retriever": default / 2})
        for name, default in (("coarse", 0.3), ("fine", 0.4), ("quick", 0.2), ("slow", 0.5))
    }
)


@pytest.mark.parametrize("floor", [None, 0.9])
@pytest.mark.parametrize("query", ["dog", "tag:dog", "dog>=2", "dog@0.7", "dog or car"])
def test_models_with_thresholds_of_their_own(index: Connection, query: str, floor: float | None) -> None:
    with holding(index, []) as conn:
        node = resolve(parse(query), worlds.VOCABULARY, TODAY)
        question = Question(conn, node, EACH_ITS_OWN)
        compiler = question.compiler()
        source = question.sources(compiler).of(node, floor)
        assert source is not None
        plan = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {source.select}", dict(compiler.parameters.values))
        steps = [row[3] for row in plan if row[3].split()[1] in ("w", "b")]
        assert steps
        assert all("_live (name_id=? AND confidence>?)" in step for step in steps), steps
