"""Label lists: the names behind a model's output columns."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from phototag.errors import ModelBrokenError

UNUSED = "-"
"""The name of an output column that stands for nothing (background, a retired category)."""


@dataclass(frozen=True, slots=True)
class LabelList:
    """`names[i]` is the label of output column `i`; `ids[i]` its id in the data set (a WordNet or COCO id), or ""."""

    names: tuple[str, ...]
    ids: tuple[str, ...]


@lru_cache(maxsize=32)
def read_labels(path: Path) -> LabelList:
    """The labels in a text file: one a line, `name` or `id<TAB>name`; lines that start with `#` are comments.

    Raises ModelBrokenError when the file can't be read, is empty or says a name twice.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelBrokenError(f"the label list {path} can't be read: {error}") from error
    pairs = [line.rpartition("\t") for line in lines if line.strip() and not line.startswith("#")]
    names = tuple(name.strip() for _, _, name in pairs)
    used = [name for name in names if name != UNUSED]
    if not used:
        raise ModelBrokenError(f"the label list {path} is empty")
    if len(set(used)) != len(used):
        twice = next(name for name in used if used.count(name) > 1)
        raise ModelBrokenError(f"the label list {path} has “{twice}” twice")
    return LabelList(names, tuple(identity.strip() for identity, _, _ in pairs))
