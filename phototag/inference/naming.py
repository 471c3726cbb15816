"""The names of the user's own models."""

from pathlib import Path

from phototag.errors import UsageError
from phototag.inference.library import Library


def checked_name(library: Library, name: str) -> str:
    """The name. Raises UsageError for one that is taken, or can't be that of a model and its folder."""
    if name in library.catalog.models:
        raise UsageError(f"there is a model “{name}” already", hint="Choose another name.")
    if not name or Path(name).name != name or name.startswith(".") or not name.isprintable():
        raise UsageError(f"“{name}” can't be the name of a model", hint="Use letters, digits and hyphens.")
    if (library.folder / name).is_dir():
        raise UsageError(f"{library.folder / name} is in the way", hint="Move it away, or choose another name.")
    return name
