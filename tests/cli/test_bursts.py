"""Photos of one scene: found by the camera's time, counted once."""

import json
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from tests.conftest import Inside
from tests.onnx_models import paint

MOMENTS = {  # name: (seconds after noon or None, camera, persons)
    "a1": (0, "Canon", 1),
    "a2": (2, "Canon", 3),
    "a3": (4, "Canon", 2),
    "late": (7, "Canon", 1),
    "other": (2, "Nikon", 1),
    "undated": (None, "Canon", 2),
    "empty": (3600, "Canon", 0),
}


@pytest.fixture
def scenes(tmp_path: Path, tiny_models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PHOTOTAG_CATALOG", str(tiny_models))
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, (name, (seconds, camera, persons)) in enumerate(MOMENTS.items()):
        exif = Image.Exif()
        exif[ExifTags.Base.Model] = camera
        if seconds is not None:
            time = f"2024:05:01 {12 + seconds // 3600}:00:{seconds % 60:02}"
            exif[ExifTags.IFD.Exif] = {ExifTags.Base.DateTimeOriginal: time}
        image = paint({(column, 0): "person" for column in range(0, 2 * persons, 2) if column < 4})
        if persons == 3:
            image = paint({(0, 0): "person", (2, 0): "person", (0, 2): "person"})
        image.putpixel((number, 255), (128, 128, 127))  # no two are the same photo
        image.save(folder / f"{name}.png", exif=exif)
    return folder


def test_bursts_are_listed(inside: Inside, scenes: Path) -> None:
    inside("index", scenes)
    listed = json.loads(inside("dupes", "--burst", "--json").out)
    assert [[Path(path).stem for path in group] for group in listed] == [["a1", "a2", "a3"]]
    wider = json.loads(inside("dupes", "--burst", "--seconds", "3", "--json").out)
    assert [Path(path).stem for path in wider[0]] == ["a1", "a2", "a3", "late"]
    few = json.loads(inside("dupes", "--burst", "--query", "person>=2", "--json").out)
    assert [Path(path).stem for path in few[0]] == ["a2", "a3"]
    inside("dupes", "--burst", "--near", code=2)
    inside("dupes", code=2)


def test_a_scene_is_counted_once(inside: Inside, scenes: Path) -> None:
    inside("index", scenes)
    plain = json.loads(inside("count", "person", "--json").out)
    assert plain == {"query": "person", "objects": 10, "photos": 6}
    once = json.loads(inside("count", "person", "--dedupe", "burst", "--json").out)
    assert once == {"query": "person", "objects": 3 + 1 + 1 + 2, "photos": 6, "scenes": 4}
    assert inside("count", "person", "--dedupe", "burst").out == "person: 7 objects in 4 scenes (6 photos)\n"
    by = json.loads(inside("count", "person", "--dedupe", "burst", "--by", "camera", "--json").out)["by"]
    assert by == [
        {"key": "Canon", "objects": 6, "photos": 5, "scenes": 3},
        {"key": "Nikon", "objects": 1, "photos": 1, "scenes": 1},
    ]
    both = json.loads(inside("count", "person or car", "--dedupe", "burst", "--json").out)
    assert both["by_word"] == {"person": 7, "car": 0}
    # The burst is one through the photo in its middle, whether or not that one answers.
    assert json.loads(inside("count", "person<=2 and person", "--dedupe", "burst", "--json").out)["scenes"] == 4
    none = json.loads(inside("count", "object:car", "--dedupe", "burst", "--json").out)
    assert (none["objects"], none["photos"], none["scenes"]) == (0, 0, 0)
    assert json.loads(inside("count", "width>0", "--dedupe", "burst", "--json").out)["scenes"] == 5
    inside("count", "person", "--dedupe", "burst", "--by", "label", code=2)
