"""Analysers over tiny real models: what they find follows from the pixels."""

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from phototag.errors import ModelBrokenError, UsageError
from phototag.geometry import Box
from phototag.inference.analyser import open_analyser
from phototag.inference.catalog import Catalog
from phototag.inference.classify import ClassifierHead
from phototag.inference.labels import UNUSED
from phototag.inference.session import Session
from phototag.inference.spec import Activation, Fit, ModelFile
from phototag.types import Task
from tests.inference.conftest import analyser
from tests.onnx_models import COLOURS, OBJECTS, paint


def test_a_detector_finds_what_is_painted(catalog: Catalog) -> None:
    squares = analyser(catalog, "squares")
    photos = [paint({(0, 0): "person", (2, 3): "car"}), paint({}), paint({(1, 1): "dog"}, side=64)]
    found = squares.analyse([*photos, *photos])
    assert len(found) == 6, "more photos than a batch holds"
    assert [{(d.label, d.box) for d in findings.detections} for findings in found[:3]] == [
        {("person", Box(0, 0, 0.25, 0.25)), ("car", Box(0.5, 0.75, 0.75, 1))},
        set(),
        {("dog", Box(0.25, 0.25, 0.5, 0.5))},
    ]
    assert found[:3] == found[3:], "answers don't depend on the place in a batch"
    assert squares.model.task is Task.DETECT
    assert squares.model.sha256 == catalog.model("squares").builds[0].sha256


def test_a_letterboxed_photo_has_its_boxes_in_fractions_of_the_photo(catalog: Catalog) -> None:
    spec = catalog.model("squares")
    spec = replace(spec, input=replace(spec.input, fit=Fit.LETTERBOX, pad=114, anchor="center"))
    path = catalog.folder / "squares.onnx"
    wide = Image.new("RGB", (512, 256), (128, 128, 128))
    wide.paste((255, 0, 0), (128, 0, 256, 128))  # one cell of the input, whose middle half is the photo
    [findings] = open_analyser(ModelFile(spec, path, "0" * 64, spec.labels, {}, None)).analyse([wide])
    [person] = findings.detections
    assert person.box == Box(0.25, 0, 0.5, 0.5)


def test_the_floor_is_the_catalogs_or_the_runs(catalog: Catalog) -> None:
    faint = Image.new("RGB", (64, 64), (80, 0, 0))  # 80 of 255: sigmoid(0) as label and as objectness, 0.25
    assert [d.confidence for d in analyser(catalog, "squares").analyse([faint])[0].detections] == [0.25] * 16
    assert analyser(catalog, "squares", floor=0.26).analyse([faint])[0].detections == ()
    assert analyser(catalog, "squares").floor == 0.1
    assert analyser(catalog, "squares", floor=0.26).floor == 0.26


@pytest.mark.parametrize("name", COLOURS)
def test_a_classifier_names_the_colour(catalog: Catalog, name: str) -> None:
    [findings] = analyser(catalog, "colours").analyse([Image.new("RGB", (300, 200), COLOURS[name])])
    assert findings.labels[0].name == name
    assert list(findings.labels) == sorted(findings.labels, key=lambda label: -label.confidence)


def test_words_above_exclusive_labels_are_summed(catalog: Catalog) -> None:
    ancestors = {"golden retriever": ("dog", "animal"), "beagle": ("dog", "animal"), "lakeside": ("place",)}
    between = tuple((a + b) // 2 for a, b in zip(COLOURS["golden retriever"], COLOURS["beagle"], strict=True))
    photo = Image.new("RGB", (64, 64), between)
    [findings] = analyser(catalog, "colours", ancestors=ancestors, floor=0.0).analyse([photo])
    labels = {label.name: label.confidence for label in findings.labels}
    words = {word.name: word.confidence for word in findings.words}
    assert 0.3 < labels["beagle"] < 0.7
    assert words["dog"] == words["animal"] == pytest.approx(labels["beagle"] + labels["golden retriever"], abs=1e-6)
    assert words["dog"] <= 1.0
    assert {name: words[name] for name in labels} == labels, "labels are words too"


def test_words_count_labels_below_the_floor(catalog: Catalog) -> None:
    everything = dict.fromkeys(COLOURS, ("thing",))
    photo = Image.new("RGB", (64, 64), (227, 160, 0))
    [findings] = analyser(catalog, "colours", ancestors=everything, floor=0.9).analyse([photo])
    assert findings.labels == ()
    assert [(word.name, round(word.confidence, 5)) for word in findings.words] == [("thing", 1.0)]


def test_words_above_independent_labels_take_the_largest(catalog: Catalog) -> None:
    ancestors = {"red": ("colour",), "green": ("colour",)}
    [findings] = analyser(catalog, "tagger", ancestors=ancestors).analyse([Image.new("RGB", (9, 9), (200, 150, 0))])
    words = {word.name: word.confidence for word in findings.words}
    assert words["colour"] == words["red"] == pytest.approx(1 / (1 + np.exp(-8 * (200 / 255 - 0.5))), abs=1e-5)


def test_names_replace_labels_and_those_that_share_one_are_one(catalog: Catalog) -> None:
    names = ("fruit", UNUSED, "lake", "dog", "dog", "volcano")
    photo = Image.new("RGB", (64, 64), COLOURS["beagle"])
    [findings] = analyser(catalog, "colours", names=names, floor=0.0).analyse([photo])
    found = [label.name for label in findings.labels]
    assert found[0] == "dog"
    assert sorted(found) == ["dog", "fruit", "lake", "volcano"]
    [objects] = analyser(catalog, "squares", names=("human", UNUSED, "car")).analyse(
        [paint({(0, 0): "person", (1, 0): "dog"})]
    )
    assert [d.label for d in objects.detections] == ["human"]


@pytest.mark.parametrize(("activation", "logits"), [("softmax", [2.0, 1.0, -1.0]), ("sigmoid", [2.0, -1000.0, 1000.0])])
def test_logits_become_confidences(catalog: Catalog, activation: str, logits: list[float]) -> None:
    spec = catalog.model("tagger")
    head = ClassifierHead(spec, spec.labels, {})
    head.activation = Activation(activation)
    [findings] = head.findings({"tags": np.array([logits], np.float32), "feature": np.ones((1, 2), np.float32)}, 0.0)
    found = {label.name: label.confidence for label in findings.labels}
    values = np.exp(logits) / np.exp(logits).sum() if activation == "softmax" else [1 / (1 + np.exp(-2.0)), 0.0, 1.0]
    for name, value in zip(spec.labels, values, strict=True):
        assert found.get(name, 0.0) == pytest.approx(value, abs=1e-6)


def test_a_model_file_travels_to_worker_processes(catalog: Catalog) -> None:
    spec = catalog.model("squares")
    model = ModelFile(spec, catalog.folder / "squares.onnx", "0" * 64, spec.labels, {}, None)
    found = open_analyser(pickle.loads(pickle.dumps(model))).analyse([paint({(0, 0): "dog"})])
    assert [d.label for d in found[0].detections] == ["dog"]


def test_a_file_that_is_no_model_is_refused(catalog: Catalog) -> None:
    spec = catalog.model("squares")
    path = catalog.folder / "squares.onnx"
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(ModelBrokenError, match=r"squares\.onnx can't be loaded"):
        open_analyser(ModelFile(spec, path, "", spec.labels, {}, None))


@pytest.mark.parametrize(
    ("change", "message"),
    [({"width": 32}, "the catalog says"), ({"dtype": "float16"}, "the catalog says"), ({"layout": "nhwc"}, "says")],
)
def test_a_description_that_does_not_fit_the_file_is_refused(
    catalog: Catalog, change: dict[str, object], message: str
) -> None:
    spec = catalog.model("squares")
    spec = replace(spec, input=replace(spec.input, **change))  # type: ignore[arg-type]
    with pytest.raises(ModelBrokenError, match=message):
        open_analyser(ModelFile(spec, catalog.folder / "squares.onnx", "", spec.labels, {}, None))


def test_a_label_list_that_does_not_fit_the_file_is_refused(catalog: Catalog, tmp_path: Path) -> None:
    short = tmp_path / "short.txt"
    short.write_text("\n".join(list(OBJECTS)[:1]), "utf-8")
    for name, photo in (("squares", paint({(0, 0): "car"})), ("colours", paint({}))):
        spec = replace(catalog.model(name), labels_file=short)
        model = ModelFile(spec, catalog.folder / f"{name}.onnx", "", spec.labels, {}, None)
        with pytest.raises(ModelBrokenError, match="label list"):
            open_analyser(model).analyse([photo])


def test_a_missing_output_or_provider_is_named(catalog: Catalog) -> None:
    session = Session(catalog.folder / "squares.onnx", threads=1)
    image = {"image": np.zeros((1, 3, 64, 64), np.float32)}
    with pytest.raises(ModelBrokenError, match="has no output “boxes”; it has output"):
        session.run(image, ("boxes",))
    with pytest.raises(ModelBrokenError, match="failed on an image"):
        session.run({"image": np.zeros((1, 3, 8, 8), np.float32)}, ("output",))
    with pytest.raises(UsageError, match="no provider “abacus”"):
        Session(catalog.folder / "squares.onnx", provider="abacus")
