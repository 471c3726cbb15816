"""The file of a fused detector: a text that names its members, in the place where other models have their weights."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from phototag.errors import ModelBrokenError
from phototag.inference.tables import Table

FAMILY = "fusion"
"""The `family` in the head of a model whose file is a recipe."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """The detectors whose boxes are fused, and the overlap from which on two boxes show one object."""

    members: tuple[str, ...]
    iou: float

    def write(self, path: Path) -> None:
        """Write it to a file."""
        import tomlkit  # only writing needs it

        path.write_text(tomlkit.dumps({"members": list(self.members), "iou": self.iou}), "utf-8")


def read_recipe(path: Path) -> Recipe:
    """The recipe in a file. Raises ModelBrokenError for what can't be read."""
    try:
        table = Table(tomllib.loads(path.read_text("utf-8")), path.name)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ModelBrokenError(f"{path} can't be read: {error}") from error
    recipe = Recipe(table.texts("members"), table.fraction("iou"))
    table.finish()
    return recipe
