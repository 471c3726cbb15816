"""An index that many tests look at."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from phototag.settings import Folders, Settings

HOSTILE_FOLDER = "<img src=x onerror=alert(1)>&\"'"
HOSTILE_NAME = "<script>alert(2)<\x1b>.png"


@dataclass(frozen=True)
class Indexed:
    """An index that nobody changes, and the photos in it."""

    settings: Settings
    photos: Path


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory, tiny_models: Path) -> Iterator[Indexed]:
    """Five photos, indexed once for all: two people.jpg, walk.png (a person, a dog), car.webp, nothing.jpg; and one
    whose name and folder are made of markup."""
    from phototag.app.index import IndexOptions, run_index
    from tests.onnx_models import paint

    home = tmp_path_factory.mktemp("indexed")
    hostile = home / "photos" / HOSTILE_FOLDER
    hostile.mkdir(parents=True)
    paint({(0, 0): "person", (3, 1): "person"}).save(home / "photos" / "two people.jpg", quality=95)
    paint({(0, 0): "person", (2, 2): "dog"}).save(home / "photos" / "walk.png")
    paint({(1, 1): "car"}).save(home / "photos" / "car.webp", quality=95)
    paint({(3, 3): "car", (0, 2): "dog"}).save(hostile / HOSTILE_NAME)
    paint({}).save(home / "photos" / "nothing.jpg")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHOTOTAG_CATALOG", str(tiny_models))
        folders = Folders(home / "data", home / "config", home / "cache")
        settings = Settings(folders=folders, db=str(home / "index.db"))
        run_index([home / "photos"], settings, IndexOptions(), lambda _: None)
        yield Indexed(settings, home / "photos")
