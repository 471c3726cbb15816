"""File names made from what is known of a photo. Nothing in a label or a path can lead out of the folder."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from phototag.errors import UsageError

_FIELD = re.compile(r"\{([^{}]*)\}")
_UNSAFE = re.compile(r"[^\w.+-]+")
_LONGEST = 80
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)  # devices on Windows


def check_template(template: str, fields: tuple[str, ...]) -> None:
    """Raises UsageError unless the template is a relative path with only these fields, that stays where it begins."""
    hint = f"Fields are: {', '.join('{' + field + '}' for field in fields)}."
    for field in _FIELD.findall(template):
        if field not in fields:
            raise UsageError(f"--name has no field {{{field}}}", hint=hint)
    bare = _FIELD.sub("x", template)
    if not bare or "{" in bare or "}" in bare or "\0" in bare or not bare.isprintable():
        raise UsageError(f"--name {template!r} can't be read", hint=hint)
    path = PurePosixPath(bare)
    if path.is_absolute() or ".." in path.parts or "\\" in bare or ":" in bare or not path.name:
        raise UsageError(f"--name {template!r} would lead out of the folder", hint=hint)


def fill_template(template: str, values: Mapping[str, str]) -> str:
    """The template with each field replaced by its value, made safe: no separators, no leading dot, not too long."""
    return _FIELD.sub(lambda found: safe_name(values[found[1]]), template)


def safe_name(text: str) -> str:
    """The text as a part of a file name that every file system takes."""
    found = _UNSAFE.sub("_", text).strip("._ ")[:_LONGEST].rstrip("._ ") or "_"
    return f"_{found}" if _RESERVED.match(found) else found
