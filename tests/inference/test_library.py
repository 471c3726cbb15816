"""What is installed, what is damaged, and which pack is used."""

from pathlib import Path

import pytest

from phototag.errors import ModelBrokenError, ModelMissingError, UsageError
from phototag.inference.catalog import Catalog, load_catalog
from phototag.inference.install import Sources, install_models
from phototag.inference.library import Library, State
from tests.onnx_models import write_models


@pytest.fixture
def library(catalog: Catalog, tmp_path: Path) -> Library:
    return Library(catalog, tmp_path / "data" / "models")


def install(library: Library) -> None:
    sources = Sources((str(library.catalog.folder),), official=False)
    install_models(library, library.catalog.pack("separate").models, sources, lambda *_: None)


def test_the_embedded_pack_is_used_until_a_better_one_is_installed(library: Library) -> None:
    assert library.best_pack().name == "tiny"
    assert library.find("squares").embedded
    assert library.state("squares-separate") is State.MISSING
    install(library)
    assert library.best_pack().name == "separate"
    found = library.find("squares-separate")
    assert not found.embedded
    assert found.path == library.folder / "squares-separate" / "squares.onnx"
    assert found.model.sha256 == found.spec.builds[0].sha256


def test_files_and_folders_are_the_users_alone(library: Library) -> None:
    install(library)
    assert library.folder.stat().st_mode & 0o777 == 0o700
    assert library.find("squares-separate").path.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in library.folder.rglob("*") if path.is_file()) == ["colours.onnx", "squares.onnx"]


def test_a_missing_model_names_the_command_that_installs_it(library: Library) -> None:
    with pytest.raises(ModelMissingError) as caught:
        library.find("squares-separate")
    assert "phototag models install separate --from FOLDER" in caught.value.hint
    assert caught.value.exit_code == 3


def test_the_hint_prefers_a_pack_that_needs_no_folder(tmp_path: Path) -> None:
    library = Library(load_catalog(), tmp_path)
    with pytest.raises(ModelMissingError) as caught:
        library.find("yolox-nano")
    assert caught.value.hint == "`phototag models install standard`"


def test_a_damaged_file_is_never_used(library: Library) -> None:
    install(library)
    path = library.find("squares-separate").path
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(bytes(content))
    assert library.state("squares-separate") is State.DAMAGED
    assert library.best_pack().name == "tiny"
    with pytest.raises(ModelBrokenError) as caught:
        library.find("squares-separate")
    assert "models remove squares-separate" in caught.value.hint
    install(library)
    assert library.state("squares-separate") is State.INSTALLED


def test_remove_deletes_the_files_but_not_what_is_embedded(library: Library) -> None:
    install(library)
    library.remove("squares-separate")
    assert library.state("squares-separate") is State.MISSING
    assert not (library.folder / "squares-separate").exists()
    with pytest.raises(ModelMissingError):
        library.remove("squares-separate")
    with pytest.raises(UsageError, match="part of phototag"):
        library.remove("squares")
    assert library.states()["squares"] is State.EMBEDDED


def test_a_pack_that_is_no_default_is_used_only_when_asked_for(tmp_path: Path) -> None:
    path = write_models(tmp_path / "catalog")
    text = (
        path.read_text("utf-8")
        .replace("embedded = true", "embedded = false")
        .replace("default = true", "default = false")
    )
    path.write_text(text, "utf-8")
    library = Library(load_catalog(path), tmp_path / "models")
    with pytest.raises(ModelMissingError, match="no models are installed") as caught:
        library.best_pack()
    assert "phototag models install tiny --from FOLDER" in caught.value.hint
    install(library)
    with pytest.raises(ModelMissingError, match="never chosen by itself") as caught:
        library.best_pack()
    assert "--pack separate" in caught.value.hint
