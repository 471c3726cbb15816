"""The names of the user's own models."""

import re

from phototag.errors import UsageError
from phototag.inference.library import Library

_NAME = re.compile(r"[^\W_][\w.-]*")  # an option's would begin with a hyphen, a hidden folder's with a dot


def checked_name(library: Library, name: str) -> str:
    """The name. Raises UsageError for one that is taken, by a model or a pack, or can't be that of a model and its
    folder."""
    if name in library.catalog.models:
        raise UsageError(f"there is a model “{name}” already", hint="Choose another name.")
    if name in library.catalog.packs:
        raise UsageError(
            f"there is a pack “{name}”, and a model can't be called the same",
            hint=f"Choose another name, such as my-{name}.",
        )
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"“{name}” can't be the name of a model",
            hint="Use letters, digits, hyphens, underscores and dots, and begin with a letter or a digit.",
        )
    if (library.folder / name).is_dir():
        raise UsageError(f"{library.folder / name} is in the way", hint="Move it away, or choose another name.")
    return name
