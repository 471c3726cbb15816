"""Adding a user's own model: described as far as told, guessed as to the rest, and tried on a photo."""

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phototag.app.models import open_library
from phototag.app.setup import model_file
from phototag.app.words import load_vocabulary
from phototag.errors import UsageError
from phototag.inference.analyser import open_analyser
from phototag.inference.own import Told, add_model
from phototag.inference.spec import ModelSpec
from phototag.media.examine import open_photo
from phototag.media.fault import PhotoError
from phototag.settings import Settings
from phototag.types import Findings

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, slots=True)
class Added:
    """A model that was added: its description, what was guessed and from what, and what it found in the photo (None
    without one), named as the index will name it and down to the floor that the index will keep."""

    spec: ModelSpec
    notes: tuple[str, ...]
    found: Findings | None


def add_own(settings: Settings, file: Path, name: str, told: Told, photo: Path | None = None) -> Added:
    """Add the ONNX file as the user's model `name`, and try it on `photo`.

    Raises UsageError for a name that is taken, a file that is not there or a photo that can't be read, ModelBrokenError
    for a model that can't be used; nothing is kept then.
    """
    picture = _picture(settings, photo) if photo else None
    library = open_library(settings)
    spec, guess = add_model(library, file, name, told)
    if picture is None:
        return Added(spec, guess.notes, None)
    vocabulary = load_vocabulary(settings)
    [found] = open_analyser(model_file(library.find(name), vocabulary, None)).analyse([picture])
    return Added(spec, guess.notes, found)


def read_told(labels: Path | None, task: str | None, spec: Path | None, changes: Sequence[str]) -> Told:
    """What the options say of a model: `changes` are KEY=VALUE with dots in the key, over the TOML file `spec`.

    Raises UsageError for what can't be read.
    """
    table: dict[str, Any] = {}
    if spec is not None:
        try:
            table = tomllib.loads(spec.read_text("utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise UsageError(f"the description {spec} can't be read: {error}") from error
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals or not all(key.split(".")):
            raise UsageError(f"--set {change} can't be read", hint="Write it like --set input.channels=rgb.")
        _put(table, key.split("."), _value(value))
    if labels is not None and not labels.is_file():
        raise UsageError(f"there is no file {labels}")
    if task and table.get("task", task) != task:
        raise UsageError(f"--task says {task}, the description says {table['task']}")
    return Told(labels, task or "", table)


def _put(table: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    for key in keys[:-1]:
        table = table.setdefault(key, {})
        if not isinstance(table, dict):
            raise UsageError(f"--set {'.'.join(keys)}: {key} is a value, not a table")
    table[keys[-1]] = value


def _value(text: str) -> Any:
    """A value in TOML's notation; a text needs no quotes."""
    try:
        parsed: Mapping[str, Any] = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return parsed["value"]


def _picture(settings: Settings, photo: Path) -> "Image":
    try:
        return open_photo(os.fsencode(photo)).decode(max_megapixels=settings.max_megapixels).image
    except PhotoError as error:
        raise UsageError(f"the photo {photo}: {error.reason}", hint="Nothing was added. Name another photo.") from error
