"""Tiny models for the tests of inference."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from phototag.inference.analyser import Analyser, open_analyser
from phototag.inference.catalog import Catalog, load_catalog
from phototag.inference.spec import ModelFile
from tests.onnx_models import write_models


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    """A catalog of tiny models, in a folder of its own."""
    return load_catalog(write_models(tmp_path / "catalog"))


def analyser(
    catalog: Catalog,
    name: str,
    *,
    names: tuple[str, ...] | None = None,
    ancestors: Mapping[str, tuple[str, ...]] | None = None,
    floor: float | None = None,
) -> Analyser:
    """The tiny model `name`, opened."""
    spec = catalog.model(name)
    build = spec.builds[0]
    path = catalog.folder / build.file
    return open_analyser(ModelFile(spec, path, build.sha256, names or spec.labels, ancestors or {}, floor), threads=1)
