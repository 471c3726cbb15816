"""The catalog file of the user's own models, as it is on disk."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from phototag.errors import ModelBrokenError


def enter(catalog: Path, name: str, table: Mapping[str, Any]) -> None:
    """Put the model `name` into the catalog file, which is made if it is not there."""
    tables = _read(catalog)
    tables["models"][name] = table
    write(catalog, tables)


def forget(catalog: Path, name: str) -> None:
    """Take the model `name` out of the catalog file; does nothing if it is not in it."""
    tables = _read(catalog)
    if tables["models"].pop(name, None) is not None:
        write(catalog, tables)


def write(catalog: Path, tables: Mapping[str, Any]) -> None:
    """Replace the catalog file in one step, for the user's eyes only."""
    part = catalog.with_name(catalog.name + ".part")
    part.write_text(tomli_w.dumps(tables), encoding="utf-8")
    part.chmod(0o600)
    part.replace(catalog)


def _read(catalog: Path) -> dict[str, Any]:
    if not catalog.is_file():
        return {"packs": {}, "models": {}}
    try:
        return tomllib.loads(catalog.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ModelBrokenError(f"the catalog of your own models, {catalog}, can't be read: {error}") from error
