"""Weighted box fusion: the arithmetic, and a fused detector as a model among others."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from phototag.errors import ModelMissingError, UsageError
from phototag.geometry import Box
from phototag.inference.analyser import open_analyser
from phototag.inference.catalog import load_catalog
from phototag.inference.ensemble import SHARE, Wish, fuse_models
from phototag.inference.fusion import fuse
from phototag.inference.library import OWN_CATALOG, Library, State
from phototag.inference.spec import ModelFile
from phototag.types import Detection
from tests.onnx_models import paint, write_models

WIDE, NARROW, FAR = Box(0.0, 0.0, 0.4, 0.5), Box(0.0, 0.0, 0.3, 0.5), Box(0.6, 0.6, 0.9, 0.9)


def test_boxes_at_one_place_become_their_mean() -> None:
    first = [Detection("dog", 0.9, WIDE), Detection("cat", 0.8, WIDE), Detection("dog", 0.2, NARROW)]
    second = [Detection("dog", 0.3, NARROW), Detection("dog", 0.4, FAR)]
    dog, cat, lonely = fuse([first, second], 0.55)
    assert (dog.label, cat.label, lonely.label) == ("dog", "cat", "dog")
    assert dog.confidence == pytest.approx(0.6), "each detector's best counts"
    right = (0.9 * 0.4 + 0.3 * 0.3 + 0.2 * 0.3) / 1.4
    assert dog.box.x2 == pytest.approx(right)
    assert cat.confidence == pytest.approx(0.4), "another label is another object"
    assert cat.box.x2 == pytest.approx(WIDE.x2)
    assert lonely.confidence == pytest.approx(0.2)
    assert lonely.box.x1 == pytest.approx(FAR.x1)


def _boxes() -> st.SearchStrategy[list[Detection]]:
    edges = st.tuples(st.integers(0, 15), st.integers(1, 16)).map(lambda pair: (min(pair) / 16, max(pair) / 16))
    box = st.builds(lambda x, y: Box(x[0], y[0], x[1], y[1]), edges, edges)
    confidence = st.integers(1, 100).map(lambda number: number / 100)
    return st.lists(st.builds(Detection, st.sampled_from(("dog", "cat")), confidence, box), max_size=6)


@settings(max_examples=100, deadline=None)
@given(st.lists(_boxes(), min_size=1, max_size=3), st.floats(0, 1))
def test_fusing_invents_nothing(opinions: list[list[Detection]], iou: float) -> None:
    fused = fuse(opinions, iou)
    boxes = [one for opinion in opinions for one in opinion]
    assert len(fused) <= len(boxes)
    assert {one.label for one in fused} == {one.label for one in boxes}
    assert [one.confidence for one in fused] == sorted((one.confidence for one in fused), reverse=True)
    for one in fused:
        alike = [other for other in boxes if other.label == one.label]
        assert one.confidence <= max(other.confidence for other in alike) + 1e-9
        assert min(other.box.x1 for other in alike) - 1e-9 <= one.box.x1


@given(_boxes())
@settings(max_examples=50, deadline=None)
def test_twins_agree(opinion: list[Detection]) -> None:
    """Where two detectors say the same and no boxes overlap, that is what both say."""
    apart: list[Detection] = []
    for one in opinion:
        if one.box.area and all(one.box.iou(other.box) == 0 for other in apart):
            apart.append(one)
    fused = {one.label: 0.0 for one in apart}
    for one in fuse([apart, apart], 0.5):
        fused[one.label] += one.confidence
    assert fused == pytest.approx({label: sum(o.confidence for o in apart if o.label == label) for label in fused})


@pytest.fixture
def library(tmp_path: Path) -> Library:
    folder = tmp_path / "models"
    folder.mkdir()
    return Library(load_catalog(write_models(tmp_path / "shipped")), folder)


def _install(library: Library, name: str, content: bytes) -> None:
    spec = library.catalog.model(name)
    path = library.path(spec, spec.builds[0])
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


def test_a_fused_detector_is_a_model_among_others(library: Library) -> None:
    separate = library.catalog.model("squares-separate")
    _install(library, "squares-separate", (library.catalog.folder / separate.builds[0].file).read_bytes())
    spec = fuse_models(library, "both", Wish(("squares", "squares-separate"), 0.5))
    again = Library(load_catalog(library.catalog.folder / "catalog.toml", library.folder / OWN_CATALOG), library.folder)
    found = again.find("both")
    assert again.state("both") is State.INSTALLED
    assert [member.spec.name for member in found.members] == ["squares", "squares-separate"]
    assert spec.confidences.threshold == pytest.approx(SHARE * library.catalog.model("squares").confidences.threshold)
    assert set(spec.labels) == set(separate.labels)
    single = [ModelFile(one.spec, one.path, one.sha256, one.spec.labels, {}, 0.1) for one in found.members]
    whole = ModelFile(found.spec, found.path, found.sha256, found.spec.labels, {}, 0.1, tuple(single))
    picture = paint({(0, 0): "person", (2, 1): "dog"})
    [alone], [fused] = (open_analyser(model, threads=1).analyse([picture]) for model in (single[0], whole))
    assert [(one.label, one.box) for one in fused.detections] == [(one.label, one.box) for one in alone.detections]
    assert open_analyser(whole, threads=1).analyse([Image.new("RGB", (9, 9), "white")])[0].detections == ()
    again.remove("squares-separate")
    with pytest.raises(ModelMissingError, match="squares-separate is not installed"):
        again.find("both")
    again.remove("both")
    assert not (library.folder / "both").exists()


def test_another_file_for_a_member_makes_another_model(library: Library) -> None:
    file = library.catalog.folder / "catalog.toml"
    weights = (library.catalog.folder / "squares.onnx").read_bytes()
    _install(library, "squares-separate", weights)
    fuse_models(library, "both", Wish(("squares", "squares-separate"), 0.5))
    before = library.find("both").model
    newer = weights + b"\x32\x00"  # an empty text at the end: the same model in another file
    first, second = file.read_text().split("[models.squares-separate]")
    was, now = (f'size = {len(one)}\nsha256 = "{hashlib.sha256(one).hexdigest()}"' for one in (weights, newer))
    file.write_text(first + "[models.squares-separate]" + second.replace(was, now))
    _install(library, "squares-separate", newer)
    after = Library(load_catalog(file, library.folder / OWN_CATALOG), library.folder).find("both").model
    assert (after.task, after.name) == (before.task, before.name)
    assert after.sha256 != before.sha256


@pytest.mark.parametrize(
    ("name", "members", "part"),
    [
        ("both", ("squares",), "two detectors or more"),
        ("both", ("squares", "squares"), "two detectors or more"),
        ("both", ("squares", "colours"), "is no detector"),
        ("squares", ("squares", "colours"), "already"),
        ("../both", ("squares", "colours"), "can't be the name"),
        ("-nd", ("squares", "colours"), "can't be the name"),
        ("tiny", ("squares", "colours"), "there is a pack"),
    ],
)
def test_what_can_not_be_fused(library: Library, name: str, members: tuple[str, ...], part: str) -> None:
    with pytest.raises(UsageError, match=part):
        fuse_models(library, name, Wish(members, 0.5))
    assert list(library.folder.iterdir()) == []
