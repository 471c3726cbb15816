"""The documented views."""

import re
from pathlib import Path

from phototag.store import views
from tests.store.library import Library

COLUMNS = {
    "v_photos": "photo_id, path, width, height, taken_at, camera, latitude, longitude",
    "v_keywords": "photo_id, path, keyword",
    "v_labels": "photo_id, path, model, name, confidence",
    "v_objects": "photo_id, path, model, label, confidence, x, y, width, height",
    "v_files": "photo_id, path, path_bytes, root, online, state",
    "v_all_labels": "photo_id, path, model, name, confidence",
    "v_all_objects": "photo_id, path, model, label, confidence, x, y, width, height",
}


def test_the_columns_are_a_promise(library: Library) -> None:
    with library.open() as index, index.read() as conn:
        for view, columns in COLUMNS.items():
            assert ", ".join(conn.exec_driver_sql(f"SELECT * FROM {view}").keys()) == columns
    assert set(views.VIEWS) == set(COLUMNS)


def test_boxes_are_pixels_and_labels_are_the_models_own(library: Library) -> None:
    library.write("one/a.jpg", b"A")
    library.index("one")
    path = str(library.top / "one/a.jpg")
    assert library.rows("SELECT photo_id, path, width, height FROM v_photos") == [(1, path, 200, 100)]
    (dog,) = library.rows("SELECT x, y, width, height FROM v_objects WHERE label = 'dog'")
    assert [round(float(str(value)), 9) for value in dog] == [20, 20, 40, 40]
    assert library.rows("SELECT model, name, round(confidence, 4) FROM v_labels") == [("tagger", "cat", 0.327)]
    assert library.rows("SELECT path, root, online, state FROM v_files") == [
        (path, str(library.top / "one"), 1, "present")
    ]


def test_every_view_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "index-format.md").read_text("utf-8")
    for view, columns in COLUMNS.items():
        assert re.search(rf"`{view}\({re.escape(columns)}\)`", page), view
