"""`phototag config`: the settings, and changing them."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phototag.app.words import index_vocabulary
from phototag.errors import PhototagError, UsageError
from phototag.inference.catalog import load_catalog
from phototag.inference.library import OWN_CATALOG
from phototag.settings import CHECKS, Settings, checked_setting

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

TABLE = "thresholds"


def shown(settings: Settings) -> dict[str, Any]:
    """Every setting with the value in force; None: what the catalog or the machine says."""
    values = {name: getattr(settings, name) for name in CHECKS}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def change(settings: Settings, name: str, value: str | None) -> None:
    """Write a setting into the user's file, or (None) take it out; `thresholds.LABEL` is one label's threshold, and
    `thresholds` are all of them, which can only be taken out.

    Raises UsageError for a setting, a label or a value that can't be used; the file is then as it was.
    """
    table, dot, label = name.partition(".")
    if name == TABLE and value is not None:
        raise UsageError("thresholds are set one by one", hint="Write `phototag config set thresholds.dog 0.4`.")
    if table == TABLE and dot and not label.strip():
        raise UsageError(f"“{name}” lacks the label", hint="Write it as in `phototag config set thresholds.dog 0.4`.")
    with edited(settings.config_file) as document:
        if dot and table == TABLE:
            if value is not None:
                index_vocabulary(settings).resolve(label)
            _change_threshold(document, label, None if value is None else _number(value))
        elif value is None:
            if name not in CHECKS:
                checked_setting(name, None, "config")
            document.pop(name, None)
        else:
            setting = checked_setting(name, value, "config")
            _check_name(settings, name, value)
            document[name] = list(setting) if isinstance(setting, tuple) else setting


def _check_name(settings: Settings, name: str, value: str) -> None:
    """Raise UsageError for a pack or a model that the catalog does not have, and for a provider that there is not."""
    if name == "provider":
        from phototag.inference.providers import checked_provider  # which loads onnxruntime

        checked_provider(value)
    if name in ("pack", "classifier", "detector"):
        catalog = load_catalog(own=settings.folders.models / OWN_CATALOG)
        catalog.pack(value) if name == "pack" else catalog.model(value)


@contextmanager
def edited(file: Path) -> Iterator["TOMLDocument"]:
    """The settings in a file (or none), to be changed in place; its other lines and its comments stay.

    Raises UsageError when the file can't be read, PhototagError when it can't be written. Nothing is written when the
    block fails.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(file.read_text("utf-8")) if file.exists() else tomlkit.document()
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise UsageError(
            f"the settings in {file} can't be read: {error}", hint="Mend the file, or move it away."
        ) from error
    yield document
    _replace(file, tomlkit.dumps(document))


def _change_threshold(document: "TOMLDocument", label: str, value: float | str | None) -> None:
    import tomlkit

    if value is not None:
        value = checked_setting(TABLE, {label: value}, f"{TABLE}.{label}")[label]
    if value is None and label not in document.get(TABLE, {}):
        return
    table = document.setdefault(TABLE, tomlkit.table())
    if value is None:
        table.remove(label)
    else:
        table[label] = value


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _replace(file: Path, text: str) -> None:
    """Write the file in one step, for its owner only; a link to it stays a link."""
    target = Path(os.path.realpath(file))
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=target.parent, prefix=".phototag-", suffix=".toml")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                out.write(text)
            Path(partial).replace(target)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise PhototagError(f"can't write {file}: {error.strerror or error}", hint="Check its permissions.") from error
