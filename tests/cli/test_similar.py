"""Photos that look like one."""

import json
from pathlib import Path

from tests.cli.conftest import Coco
from tests.conftest import Inside


def test_what_looks_alike_comes_first(inside: Inside, coco: Coco) -> None:
    tables = {path.name for path in coco.tables}
    right = 0
    for photo in coco.tables:
        near = [Path(line).name for line in inside("similar", photo, "-n", "3").out.splitlines()]
        assert photo.name not in near
        right += sum(name in tables for name in near)
    assert right / (3 * len(tables)) > 0.55  # by chance 0.38
    hits = json.loads(inside("similar", coco.tables[0].name, "--json", "-n", "39").out)
    scores = [hit["score"] for hit in hits]
    assert len(hits) == 39
    assert scores == sorted(scores, reverse=True)
    assert all(-1 <= score <= 1 for score in scores)


def test_only_what_answers_a_query(inside: Inside, coco: Coco) -> None:
    people = {Path(line).name for line in inside("search", "person").out.splitlines()}
    found = inside("similar", coco.tables[0], "--query", "person", "--paths").out.splitlines()
    assert {Path(line).name for line in found} <= people


def test_photos_that_cannot_be_compared(inside: Inside, coco: Coco, tmp_path: Path) -> None:
    assert "not in the index" in inside("similar", tmp_path / coco.tables[0].name, code=2).err
    inside("similar", coco.tables[0], "--json", "--csv", code=2)
    inside("similar", coco.tables[0], "--query", "dgo", code=2)
