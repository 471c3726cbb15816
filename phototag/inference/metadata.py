"""What exporters leave in a model file besides the model."""

import ast
import json
from collections.abc import Mapping
from typing import Any

NAME_KEYS = ("names", "class_names", "classes", "labels", "id2label")


def side_in(metadata: Mapping[str, str]) -> int:
    """The longer side that Ultralytics' exporter notes as `imgsz`, such as [640, 640]; 0 if there is none."""
    value = _literal(metadata.get("imgsz", ""))
    return max(value) if isinstance(value, list) and value and all(isinstance(side, int) for side in value) else 0


def names_in(metadata: Mapping[str, str]) -> tuple[str, ...]:
    """The class names, noted as {0: 'person', …} or as a list under one of the usual keys; () if there are none."""
    for key in NAME_KEYS:
        value = _literal(metadata.get(key, ""))
        if isinstance(value, dict) and all(str(place).isdigit() for place in value):
            value = [value[place] for place in sorted(value, key=int)]
        if isinstance(value, list) and value and all(isinstance(name, str) for name in value):
            return tuple(value)
    return ()


def _literal(text: str) -> Any:
    """The value of a text in JSON or in Python's own notation, which only can be data; None if it is neither."""
    for read in (json.loads, ast.literal_eval):
        try:
            return read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    return None
