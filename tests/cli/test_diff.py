"""`phototag diff` through the real command."""

import json
import time
from pathlib import Path

import pytest

from phototag.store.engine import open_index
from phototag.store.models import current_model
from phototag.store.taught import TaughtTag, store_taught
from phototag.types import Task
from tests.conftest import Inside, Run
from tests.onnx_models import COLOURS, paint


@pytest.fixture(autouse=True)
def _database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHOTOTAG_DB", str(tmp_path / "index.db"))


def test_what_a_run_brought(phototag: Run, gallery: Path) -> None:
    phototag("diff", code=4)
    phototag("index", gallery)
    assert len(json.loads(phototag("diff", "--json").stdout)["new"]) == 4
    (gallery / "walk.png").rename(gallery / "stroll.png")
    (gallery / "two people.jpg").unlink()
    (gallery / "trip" / "car.webp").write_bytes((gallery / "trip" / "nothing.jpg").read_bytes())
    phototag("index")
    phototag("tag", gallery / "stroll.png", "+beach", "-dog")
    found = json.loads(phototag("diff", "--json").stdout)
    assert found["moved"] == [{"from": str(gallery / "walk.png"), "to": str(gallery / "stroll.png")}]
    assert (found["missing"], found["new"]) == ([str(gallery / "two people.jpg")], [])
    assert found["changed"] == [str(gallery / "trip" / "car.webp")]
    [walk, car] = sorted(found["relabelled"], key=lambda photo: photo["path"])
    assert car["objects"] == {"car": [1, 0]}
    assert (walk["objects"], walk["labels"]["beach"]) == ({"dog": [1, 0]}, [0, 1])
    phototag("index")  # a run that brings nothing is not the last one that counts
    told = phototag("diff").stdout.decode()
    assert "moved (1)" in told
    assert f"  {gallery / 'walk.png'} → {gallery / 'stroll.png'}\n" in told
    assert len(json.loads(phototag("diff", "--since", "yesterday", "--json").stdout)["new"]) == 3
    assert phototag("diff", "--since", "2999").stdout.endswith(b"nothing changed\n")


def test_what_is_no_date_is_refused(phototag: Run, gallery: Path) -> None:
    phototag("index", gallery)
    assert b"is no date" in phototag("diff", "--since", "soon", code=2).stderr


def test_dates_of_early_years(inside: Inside, gallery: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        inside("index", gallery)
        assert len(json.loads(inside("diff", "--since", "0800-01-02", "--json").out)["new"]) == 4
        assert "--since: year" in inside("diff", "--since", "0001", code=2).err  # it began in the year 0 of UTC
    finally:
        monkeypatch.undo()
        time.tzset()


def test_taught_tags_stand_from_their_own_thresholds_on(inside: Inside, gallery: Path, tmp_path: Path) -> None:
    """Both tags lie on the other side of the classifier's threshold than of their own."""
    inside("index", gallery)
    with open_index(str(tmp_path / "index.db"), write=True) as index, index.begin() as conn:
        model = current_model(conn, Task.CLASSIFY)
        photos = list(conn.exec_driver_sql("SELECT id FROM photos ORDER BY id").scalars())
        for name, threshold, confidence in (("my boat", 0.04, 0.05), ("my yard", 0.95, 0.9)):
            # The weights and the bias say no to every new photo.
            tag = TaughtTag(name, model.id, model.model.name, True, bytes(4 * len(COLOURS)), -9.0, threshold, "{}", "")
            store_taught(conn, tag, [(photo, confidence) for photo in photos])
    assert len(inside("search", "my boat").out.splitlines()) == len(photos)
    assert inside("search", "my yard", code=0).out == ""
    paint({(2, 1): "car"}).save(gallery / "trip" / "car.webp", quality=95)  # another photo, with neither tag
    inside("index")
    [car] = json.loads(inside("diff", "--json").out)["relabelled"]
    assert (car["path"], car["labels"]) == (str(gallery / "trip" / "car.webp"), {"my boat": [1, 0]})
