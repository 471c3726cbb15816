"""The catalog is read strictly, and phototag's own is complete."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from phototag.errors import ModelBrokenError, UsageError
from phototag.inference.catalog import Catalog, default_catalog_path, load_catalog
from phototag.inference.classify import ClassifierHead
from phototag.inference.decoders import read_decoder
from phototag.inference.labels import read_labels
from phototag.types import Task
from tests.onnx_models import write_models


def test_every_model_of_phototag_can_be_read_to_the_last_key() -> None:
    catalog = load_catalog()
    for spec in catalog.models.values():
        assert len(spec.labels) in (80, 91, 183, 1000)
        if spec.task is Task.DETECT:
            read_decoder(spec)
        else:
            ClassifierHead(spec, spec.labels, {})


def test_the_packs_of_the_contract_are_there() -> None:
    catalog = load_catalog()
    assert {"small", "medium", "standard", "balanced", "accurate"} <= set(catalog.packs)
    assert catalog.pack("small").models == ("mobilenet-edgetpu", "yolox-nano")
    assert catalog.pack("medium").models == ("mobilenet-edgetpu", "deimv2-femto")
    assert not catalog.pack("medium").default, "a disputed licence is never a default"
    ready = catalog.downloadable_packs()
    assert {"standard", "balanced", "accurate"} <= set(ready)
    assert not {"small", "medium"} & set(ready)


def test_what_was_never_run_is_said_of_each_file() -> None:
    catalog = load_catalog()
    assert [build.tested for build in catalog.model("yolox-nano").builds] == [False, True]
    assert catalog.model("yolox-nano").builds_tested == 1
    assert catalog.model("rf-detr-nano").builds_tested == 0
    assert catalog.model("nanodet-m").builds_tested == 1


def test_label_lists_have_ids_and_no_name_twice() -> None:
    folder = default_catalog_path().parent / "labels"
    imagenet, coco = read_labels(folder / "imagenet-1k.tsv"), read_labels(folder / "coco-80.tsv")
    assert imagenet.names[207] == "golden retriever"
    assert imagenet.ids[207] == "n02099601"
    assert list(imagenet.ids) == sorted(imagenet.ids)
    assert len(set(imagenet.names)) == 1000
    assert (coco.names[0], coco.ids[0], coco.names[79], coco.ids[79]) == ("person", "1", "toothbrush", "90")


def _leaves(table: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, key))
        elif not (isinstance(value, list) and isinstance(value[0], dict)):
            yield (*path, key)


@pytest.mark.parametrize("model", ["squares", "colours"])
def test_no_key_has_a_silent_default(tmp_path: Path, model: str) -> None:
    path = write_models(tmp_path)
    text = path.read_text("utf-8")
    optional = {"feature", "hidden", "labels"}
    for keys in _leaves(tomllib.loads(text)["models"][model], (model,)):
        if keys[-1] in optional and len(keys) > 2:
            continue
        path.write_text(_without(text, keys), "utf-8")
        with pytest.raises(ModelBrokenError, match=rf"{keys[-1]} is missing") as caught:
            _read_all(load_catalog(path), model)
        assert ".".join(keys[:-1]) in caught.value.message


def test_a_misspelt_key_is_named(tmp_path: Path) -> None:
    path = write_models(tmp_path)
    text = path.read_text("utf-8").replace("[models.squares.input]", "[models.squares.input]\nmaen = 1")
    path.write_text(text, "utf-8")
    with pytest.raises(ModelBrokenError, match=r"squares\.input\.maen is not a key"):
        load_catalog(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('fit = "stretch"', 'fit = "squeeze"', "must be one of stretch, letterbox, crop"),
        ("batch = 4", "batch = 0", "must be above zero"),
        ("batch = 4", 'batch = "4"', "must be a whole number"),
        ("std = [1.0, 1.0, 1.0]", "std = [1.0, 0.0, 1.0]", "must not be zero"),
        ("mean = [0.0, 0.0, 0.0]", "mean = [0.0]", "must be a list of 3 numbers"),
        ("threshold = 0.3", "threshold = 30", "must lie between 0 and 1"),
        ('dtype = "float32"', 'dtype = "uint8"\n', "uint8 takes pixels as they are"),
        ('file = "colours.onnx"', 'file = "../colours.onnx"', "without folders"),
        ('classifier = "colours"', 'classifier = "squares"', "must be one of colours"),
    ],
)
def test_an_impossible_value_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = write_models(tmp_path)
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(ModelBrokenError, match=message):
        load_catalog(path)


def test_unreadable_catalogs_and_label_lists_are_model_errors(tmp_path: Path) -> None:
    with pytest.raises(ModelBrokenError, match="can't be read"):
        load_catalog(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("[models", "utf-8")
    with pytest.raises(ModelBrokenError, match="can't be read"):
        load_catalog(tmp_path / "bad.toml")
    (tmp_path / "twice.txt").write_text("# comment\ncat\ndog\ncat\n", "utf-8")
    with pytest.raises(ModelBrokenError, match="“cat” twice"):
        read_labels(tmp_path / "twice.txt")
    (tmp_path / "empty.txt").write_text("# comment\n", "utf-8")
    with pytest.raises(ModelBrokenError, match="is empty"):
        read_labels(tmp_path / "empty.txt")


def test_unknown_names_are_usage_errors_that_list_what_there_is(catalog: Catalog) -> None:
    with pytest.raises(UsageError) as caught:
        catalog.pack("huge")
    assert "tiny" in caught.value.hint
    with pytest.raises(UsageError) as caught:
        catalog.model("huge")
    assert "squares" in caught.value.hint


def test_the_users_own_catalog_adds_models(tmp_path: Path) -> None:
    own = write_models(tmp_path / "own")
    catalog = load_catalog(own=own)
    assert {"squares", "yolox-nano"} <= set(catalog.models)
    assert catalog.model("squares").labels == ("person", "dog", "car")


def test_the_environment_may_name_another_catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHOTOTAG_CATALOG", str(write_models(tmp_path)))
    assert "squares" in load_catalog().models


def _read_all(catalog: Catalog, model: str) -> None:
    spec = catalog.model(model)
    if spec.task is Task.DETECT:
        read_decoder(spec)
    else:
        ClassifierHead(spec, spec.labels, {})


def _without(text: str, keys: tuple[str, ...]) -> str:
    """The catalog without one key of one model."""
    header = f"[models.{'.'.join(keys[:-1])}]"
    before, _, after = text.partition(header)
    lines = after.split("\n")
    place = next(place for place, line in enumerate(lines) if line.startswith(f"{keys[-1]} ="))
    return before + header + "\n".join(lines[:place] + lines[place + 1 :])
