"""The catalog file of the user's own models, as it is on disk."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from phototag.errors import ModelBrokenError
from phototag.inference.spec import Fit, ModelSpec


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
    import tomlkit  # only writing needs it

    part = catalog.with_name(catalog.name + ".part")
    part.write_text(tomlkit.dumps(tables), encoding="utf-8")
    part.chmod(0o600)
    part.replace(catalog)


def described(spec: ModelSpec) -> dict[str, Any]:
    """The table that describes `spec`, without its labels and builds."""
    pixels = {key: value for key, value in asdict(spec.input).items() if value != ""}
    belonging = {Fit.LETTERBOX: {"pad", "anchor"}, Fit.CROP: {"short_side"}, Fit.STRETCH: set()}[spec.input.fit]
    foreign = {"pad", "anchor", "short_side"} - belonging
    confidences = spec.confidences
    return {
        "task": spec.task.value,
        "licence": spec.licence,
        "source": spec.source,
        "accuracy": spec.accuracy,
        "note": spec.note,
        "tested": spec.tested,
        "embedded": False,
        "input": {key: _plain(value) for key, value in pixels.items() if key not in foreign},
        "head": dict(spec.head.raw),
        "confidence": {
            "floor": confidences.floor,
            "threshold": confidences.threshold,
            "keep": confidences.keep,
            "labels": dict(confidences.per_label),
            "hidden": list(confidences.hidden),
        },
    }


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Fit) else list(value) if isinstance(value, tuple) else value


def _read(catalog: Path) -> dict[str, Any]:
    if not catalog.is_file():
        return {"packs": {}, "models": {}}
    try:
        return tomllib.loads(catalog.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ModelBrokenError(f"the catalog of your own models, {catalog}, can't be read: {error}") from error
