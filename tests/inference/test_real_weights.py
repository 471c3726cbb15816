"""Real weights on real photos: what phototag decodes agrees with the models' own published decoding."""

import io
import tarfile
from pathlib import Path

import pytest
from PIL import Image

from phototag.inference.analyser import Analyser, open_analyser
from phototag.inference.catalog import load_catalog
from phototag.inference.install import choose_sources, install_model
from phototag.inference.labels import read_labels
from phototag.inference.library import Library
from phototag.inference.spec import ModelFile
from scripts.measure_models import average_precision, read_truth

EXPECTED = {"deimv2-atto": (29.5, 45.3), "nanodet-m": (26.9, 43.0), "fastestdet": (18.9, 34.3)}
"""AP and AP50 on every second of the 141 photos, one detector a family. On all of them the figures of phototag and of
an independent decoder with pycocotools lie within 0.3 and 0.7 of each other (docs/models.md), but for FastestDet's.
YOLOX-nano is measured on all 141 in tests/cli/test_eval.py."""


def open_real(name: str, shared: Path, folder: Path, floor: float) -> Analyser:
    library = Library(load_catalog(), folder)
    found = install_model(library, library.catalog.model(name), choose_sources(str(shared / "models")), lambda *_: None)
    return open_analyser(ModelFile(found.spec, found.path, found.sha256, found.spec.labels, {}, floor), threads=2)


@pytest.mark.parametrize("name", EXPECTED)
def test_average_precision(name: str, shared: Path, tmp_path: Path) -> None:
    pytest.importorskip("faster_coco_eval", reason="needs phototag[eval]")
    detector = open_real(name, shared, tmp_path, 0.01)
    folder = shared / "data" / "coco-dev"
    truth = read_truth(folder / "instances.json", every=2)
    found = {
        photo["id"]: detector.analyse([Image.open(folder / "images" / photo["file_name"]).convert("RGB")])[0].detections
        for photo in truth["images"]
    }
    assert len(found) == 71
    assert average_precision(truth, found) == pytest.approx(EXPECTED[name], abs=0.5)


@pytest.mark.parametrize("name", ["mobilenet-edgetpu", "mobilenet-v2"])
def test_classifiers_know_their_training_photos(name: str, shared: Path, tmp_path: Path) -> None:
    classifier = open_real(name, shared, tmp_path, 0.02)
    spec = load_catalog().model(name)
    wnid_of = dict(zip(spec.labels, read_labels(spec.labels_file).ids, strict=True))
    right, photos = 0, 0
    with tarfile.open(shared / "data" / "train-classify" / "imagenet-500.tar") as archive:
        for member in archive.getmembers()[::4]:
            content = archive.extractfile(member)
            if content is None:
                continue
            [findings] = classifier.analyse([Image.open(io.BytesIO(content.read())).convert("RGB")])
            photos += 1
            right += bool(findings.labels) and member.name.startswith(wnid_of[findings.labels[0].name])
    assert photos >= 100
    assert right / photos > 0.7
