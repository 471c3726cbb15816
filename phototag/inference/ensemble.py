"""Making one detector of several installed ones."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from phototag.errors import UsageError
from phototag.inference.catalog import read_catalog
from phototag.inference.labels import UNUSED, read_labels
from phototag.inference.library import OWN_CATALOG, Installed, Library, sha256_of
from phototag.inference.naming import checked_name
from phototag.inference.owncatalog import described, enter
from phototag.inference.recipe import FAMILY, Recipe
from phototag.inference.spec import ModelSpec
from phototag.types import Task

FEWEST = 2
SHARE = 0.8
"""Fused confidences are lower, for what one member alone has seen loses the others' share. On 141 photos of COCO
val2017 five fusions of two and three detectors find as many objects as there are at 0.76 to 0.86 times the mean of the
members' thresholds, and keep ten boxes a photo at about as much of their floors."""
LABELS_FILE = "labels.txt"


@dataclass(frozen=True, slots=True)
class Wish:
    """A fused detector: its members, the overlap (IoU) from which on two boxes show one object, and the confidence
    from which on its boxes answer (None: see `fuse_models`)."""

    members: tuple[str, ...]
    iou: float
    threshold: float | None = None


def fuse_models(library: Library, name: str, wish: Wish) -> ModelSpec:
    """Enter the model `name`, which fuses the boxes of several detectors, into the user's own catalog.

    Without a threshold it gets one that follows from its members', as its floor does (`SHARE`). Raises UsageError for a
    name that is taken or members that can't be fused, ModelError for a member that can't be used.
    """
    checked_name(library, name)
    members = _members(library, wish.members)
    table = _described(members, wish)
    library.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".adding-", dir=library.folder) as scratch:
        folder = Path(scratch) / name
        folder.mkdir(mode=0o700)
        recipe = folder / f"{name}.toml"
        Recipe(wish.members, wish.iou).write(recipe)
        (folder / LABELS_FILE).write_text(_labels(members), "utf-8")
        table["labels"] = f"{name}/{LABELS_FILE}"
        table["builds"] = [{"file": recipe.name, "size": recipe.stat().st_size, "sha256": sha256_of(recipe), "url": ""}]
        folder.rename(library.folder / name)
    enter(library.folder / OWN_CATALOG, name, table)
    library.catalog = library.catalog.with_own(read_catalog(library.folder / OWN_CATALOG))
    return library.catalog.model(name)


def _members(library: Library, names: Sequence[str]) -> list[Installed]:
    if len(set(names)) < max(FEWEST, len(names)):
        raise UsageError("a fusion takes two detectors or more, each once", hint="For example: yolox-nano nanodet-m")
    members = [library.find(name) for name in names]
    for member in members:
        if member.spec.task is not Task.DETECT:
            raise UsageError(f"{member.spec.name} is no detector: only boxes can be fused")
        if member.members:
            raise UsageError(f"{member.spec.name} is a fusion itself", hint="Name its members instead.")
    return members


def _described(members: Sequence[Installed], wish: Wish) -> dict[str, object]:
    """The catalog's table, without labels and builds. The input is the first member's; each prepares its own."""
    specs = [member.spec for member in members]
    confidences = [spec.confidences for spec in specs]
    threshold = SHARE * fmean(one.threshold for one in confidences) if wish.threshold is None else wish.threshold
    floor = min(SHARE * fmean(one.floor for one in confidences), threshold)
    names = ", ".join(wish.members)
    return {
        **described(specs[0]),
        "licence": "; ".join(dict.fromkeys(spec.licence for spec in specs)),
        "source": f"the boxes of {names}, fused",
        "accuracy": "none published",
        "note": f"fuses the boxes of {names} (IoU {wish.iou:g}), and takes as long as all of them",
        "tested": False,
        "head": {"family": FAMILY, "nms_iou": 1.0},
        "confidence": {
            "floor": round(floor, 3),
            "threshold": round(threshold, 3),
            "keep": max(one.keep for one in confidences),
        },
    }


def _labels(members: Sequence[Installed]) -> str:
    """The labels that any member has, each once."""
    lists = [read_labels(member.spec.labels_file) for member in members]
    ids = {name: identity for one in reversed(lists) for name, identity in zip(one.names, one.ids, strict=True)}
    return "".join(f"{identity}\t{name}\n" for name, identity in ids.items() if name != UNUSED)
