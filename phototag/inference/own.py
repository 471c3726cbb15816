"""The user's own models: copied into the library and described in its catalog."""

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from phototag.errors import ModelBrokenError, UsageError
from phototag.inference.catalog import load_catalog
from phototag.inference.labels import UNUSED, read_labels
from phototag.inference.library import OWN_CATALOG, Library, sha256_of
from phototag.inference.owncatalog import enter, write
from phototag.inference.recognise import FAMILIES_FILE, Guess, recognise
from phototag.inference.session import Session
from phototag.inference.spec import ModelSpec
from phototag.settings import shipped_folder

LABELS_FILE = "labels.txt"
UNSAID = {
    "licence": "not stated",
    "source": "added by the user",
    "accuracy": "none published",
    "note": "",
    "tested": False,
    "embedded": False,
}
"""What a catalog says of a model and nobody said."""


def add_model(
    library: Library, file: Path, name: str, *, labels: Path | None = None, overrides: Mapping[str, Any] | None = None
) -> tuple[ModelSpec, Guess]:
    """Copy the ONNX file into the library's folder as the model `name` and describe it in the user's own catalog.

    What it is gets guessed; `overrides`, a table like a catalog's `models.NAME` or a part of one, wins key by key, and
    `labels` is a file with the names. Returns the description and the guess behind it. Raises UsageError for a name
    that is taken or a file that is not there, ModelBrokenError for a model that can't be loaded, recognised or
    described; nothing is kept then.
    """
    if name in library.catalog.models:
        raise UsageError(f"there is a model “{name}” already", hint="Choose another --name.")
    if not name or Path(name).name != name or name.startswith("."):
        raise UsageError(f"“{name}” can't be the name of a model", hint="Use letters, digits and hyphens.")
    if not file.is_file():
        raise UsageError(f"there is no file {file}")
    library.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".adding-", dir=library.folder) as scratch:
        folder = Path(scratch) / name
        folder.mkdir(mode=0o700)
        session = _copy(file, folder)
        guess = _guess(session, overrides or {})
        table = _merged(guess.table, overrides or {})
        names = _names(guess, labels)
        (folder / LABELS_FILE).write_text("".join(f"{label}\n" for label in names), encoding="utf-8")
        table["labels"] = f"{name}/{LABELS_FILE}"
        model = folder / file.name
        table["builds"] = [{"file": file.name, "size": model.stat().st_size, "sha256": sha256_of(model), "url": ""}]
        _check(Path(scratch), {name: table})
        folder.rename(library.folder / name)
    enter(library.folder / OWN_CATALOG, name, table)
    own = load_catalog(library.folder / OWN_CATALOG)
    library.catalog = replace(library.catalog, models={**library.catalog.models, **own.models})
    return library.catalog.model(name), guess


def _copy(file: Path, folder: Path) -> Session:
    """The model copied into `folder` and opened; with the weights that lie in files beside it, if it has such."""
    copy = folder / file.name
    try:
        shutil.copyfile(file, copy)
    except OSError as error:
        raise ModelBrokenError(f"{file} can't be copied: {error}", hint="Check the disk space.") from error
    try:
        return Session(copy)
    except ModelBrokenError:
        beside = [
            other for other in sorted(file.parent.glob(f"{file.stem}*")) if other.is_file() and other.suffix != ".onnx"
        ]
        if not beside:
            raise
        for other in beside:
            shutil.copyfile(other, folder / other.name)
        return Session(copy)


def _guess(session: Session, overrides: Mapping[str, Any]) -> Guess:
    """The guess; none is needed when the user describes all that it would be about."""
    if overrides.keys() >= {"task", "input", "head", "confidence"}:
        return Guess(dict(UNSAID), (), 0, "", ("described by the user",))
    return recognise(session, shipped_folder() / FAMILIES_FILE)


def _names(guess: Guess, labels: Path | None) -> tuple[str, ...]:
    if labels is not None:
        names = read_labels(labels).names
    elif guess.labels:
        names = _distinct(guess.labels)
    elif guess.label_file:
        names = read_labels(shipped_folder() / "labels" / guess.label_file).names
    else:
        raise ModelBrokenError(
            f"the model has {guess.label_count or 'an unknown number of'} labels and no names for them",
            hint="Give a text file with one name a line with --labels.",
        )
    if guess.label_count and len(names) != guess.label_count:
        raise ModelBrokenError(f"the model has {guess.label_count} labels, the list has {len(names)} names")
    return names


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    """One name a label: without line breaks and tabs, and with a number where an exporter gave a name twice."""
    clean = [" ".join(name.split()) or UNUSED for name in names]
    return tuple(
        f"{name} {place}" if name != UNUSED and clean.index(name) != place else name for place, name in enumerate(clean)
    )


def _merged(table: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(table)
    for key, value in overrides.items():
        merged[key] = _merged(merged[key], value) if isinstance(value, dict) and key in merged else value
    return merged


def _check(folder: Path, models: dict[str, Any]) -> None:
    """Read the description back as the program will."""
    write(folder / OWN_CATALOG, {"packs": {}, "models": models})
    load_catalog(folder / OWN_CATALOG)
