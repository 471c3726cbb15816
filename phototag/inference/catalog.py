"""The catalog: which models and packs there are."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from phototag.errors import ModelBrokenError, UsageError
from phototag.inference.spec import ModelSpec, read_spec
from phototag.inference.tables import Table
from phototag.settings import shipped_folder
from phototag.types import Task


@dataclass(frozen=True, slots=True)
class Pack:
    """One classifier and one detector under one name. `default` packs may be chosen without being asked for."""

    name: str
    classifier: str
    detector: str
    default: bool
    note: str

    @property
    def models(self) -> tuple[str, str]:
        """The names of both models."""
        return self.classifier, self.detector


@dataclass(frozen=True, slots=True)
class Catalog:
    """Models and packs by name; the packs are in the file's order, which is from the least to the most accurate.

    `folder` holds the catalog file, the label lists and the embedded weights; `own` are the names of the models that
    the user added.
    """

    folder: Path
    models: Mapping[str, ModelSpec]
    packs: Mapping[str, Pack]
    own: frozenset[str] = frozenset()

    def with_own(self, added: "Catalog") -> "Catalog":
        """This catalog and the user's own."""
        models, packs = {**self.models, **added.models}, {**self.packs, **added.packs}
        return Catalog(self.folder, models, packs, frozenset(added.models))

    def model(self, name: str) -> ModelSpec:
        """The model `name`. Raises UsageError when there is none."""
        if name not in self.models:
            raise UsageError(f"there is no model “{name}”", hint=f"Models: {', '.join(self.models)}.")
        return self.models[name]

    def pack(self, name: str) -> Pack:
        """The pack `name`. Raises UsageError when there is none."""
        if name not in self.packs:
            raise UsageError(f"there is no pack “{name}”", hint=f"Packs: {', '.join(self.packs)}.")
        return self.packs[name]

    def downloadable_packs(self) -> tuple[str, ...]:
        """The packs that need no source of the user's own: every file has an official address and none is embedded."""
        return tuple(
            pack.name for pack in self.packs.values() if all(self.models[name].downloadable for name in pack.models)
        )


def default_catalog_path() -> Path:
    """`PHOTOTAG_CATALOG` if set, else the shipped catalog."""
    chosen = os.environ.get("PHOTOTAG_CATALOG")
    return Path(chosen) if chosen else shipped_folder() / "catalog.toml"


def load_catalog(path: Path | None = None, own: Path | None = None) -> Catalog:
    """The catalog at `path` (default: `default_catalog_path()`), with the models of the user's `own` catalog added.

    Raises ModelBrokenError when a file can't be read or a key is missing or wrong; the message names file and key.
    """
    path = path or default_catalog_path()
    catalog = read_catalog(path)
    if own is None or not own.is_file():
        return catalog
    return catalog.with_own(read_catalog(own))


def read_catalog(path: Path) -> Catalog:
    """The models and packs of one catalog file alone. Raises ModelBrokenError as `load_catalog`."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ModelBrokenError(f"the model catalog {path} can't be read: {error}") from error
    top = Table(values, path.name)
    models_table, packs_table = top.table("models"), top.table("packs")
    top.finish()
    models = {name: read_spec(name, models_table.table(name), path.parent) for name in models_table}
    packs = {name: _read_pack(name, packs_table.table(name), models) for name in packs_table}
    return Catalog(path.parent, models, packs)


def _read_pack(name: str, table: Table, models: Mapping[str, ModelSpec]) -> Pack:
    pack = Pack(
        name=name,
        classifier=table.choice("classifier", *(spec.name for spec in models.values() if spec.task is Task.CLASSIFY)),
        detector=table.choice("detector", *(spec.name for spec in models.values() if spec.task is Task.DETECT)),
        default=table.flag("default"),
        note=table.text("note"),
    )
    table.finish()
    return pack
