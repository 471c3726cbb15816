"""`phototag config`: the settings, and changing them."""

import os
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from phototag.errors import UsageError
from phototag.settings import CHECKS, Settings, checked_setting

TABLE = "thresholds"


def shown(settings: Settings) -> dict[str, Any]:
    """Every setting with the value in force; None: what the catalog or the machine says."""
    values = {name: getattr(settings, name) for name in CHECKS}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def change(settings: Settings, name: str, value: str | None) -> None:
    """Write a setting into the user's file, or (None) take it out; `thresholds.LABEL` is one label's threshold.

    Raises UsageError for a setting or a value that can't be used; the file is then as it was. Comments are not kept.
    """
    file = settings.config_file
    document: dict[str, Any] = tomllib.loads(file.read_text("utf-8")) if file.exists() else {}
    table, dot, label = name.partition(".")
    if dot and table == TABLE:
        changed = dict(document.get(TABLE, {})) | ({} if value is None else {label: _number(value)})
        if value is None:
            changed.pop(label, None)
        document[TABLE] = checked_setting(TABLE, changed, name)
    elif name == TABLE:
        raise UsageError("thresholds are set one by one", hint="Write `phototag config set thresholds.dog 0.4`.")
    elif value is None:
        if name not in CHECKS:
            checked_setting(name, None, "phototag config")
        document.pop(name, None)
    else:
        setting = checked_setting(name, value, "phototag config")
        document[name] = list(setting) if isinstance(setting, tuple) else setting
    _write(file, document)


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _write(file: Path, document: dict[str, Any]) -> None:
    import tomli_w

    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=file.parent, prefix=".config-")
        with os.fdopen(handle, "wb") as stream:
            tomli_w.dump(document, stream)
        os.replace(partial, file)
    except OSError as error:
        raise UsageError(f"can't write {file}: {error.strerror or error}") from error
