"""Models run outside an index find what an index would hold."""

import sqlite3
from pathlib import Path

import pytest

from phototag.app.setup import model_file
from phototag.app.trial import choose_for_trial, run_models
from phototag.app.words import load_vocabulary
from phototag.settings import load_settings
from phototag.types import Task
from tests.conftest import Run


def test_a_trial_finds_the_boxes_that_index_stores(
    phototag: Run, gallery: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHOTOTAG_DB", str(tmp_path / "index.db"))
    (gallery / "broken.jpg").write_bytes(b"no photo")
    phototag("index", gallery, "--floor", "0.01")
    with sqlite3.connect(tmp_path / "index.db") as conn:
        stored = set(conn.execute("SELECT path, label, confidence, x, y, width, height FROM v_objects"))
    conn.close()
    settings = load_settings()
    model = model_file(choose_for_trial(settings, Task.DETECT, None), load_vocabulary(settings), 0.01)
    paths = [path for path in gallery.rglob("*") if path.is_file()]
    found = set()
    broken = []
    for one in run_models(paths, [model], settings, lambda _: None):
        if one.problem is not None or one.photo is None:
            broken.append(paths[one.job.root].name)
            continue
        width, height = one.photo.width, one.photo.height
        for each in one.analyses[0].findings.detections:
            box = each.box
            place = (box.x1 * width, box.y1 * height, (box.x2 - box.x1) * width, (box.y2 - box.y1) * height)
            found.add((str(paths[one.job.root]), each.label, each.confidence, *place))
    assert len(stored) >= 5
    assert found == stored
    assert broken == ["broken.jpg"]
