"""`phototag diff` through the real command."""

import json
from pathlib import Path

import pytest

from tests.conftest import Run


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
