"""Truth in YOLO's format: one text file a photo, one line an object, everything in fractions of the photo."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from phototag.errors import UsageError
from phototag.geometry import Box
from phototag.metrics.faults import fault, numbers, read_text
from phototag.metrics.scene import Truth, TruthBox, TruthPhoto

NAME_LISTS = ("classes.txt", "obj.names", "labels/classes.txt")


def read_yolo(folder: Path, images: Path, extensions: Collection[str]) -> Truth:
    """The photos in `images` (and below), each with the label file of its name; a photo without one shows nothing.

    `extensions` (with their dot, in lower case) say which files are photos. Names come from a `*.yaml` with `names`, or
    from one of `NAME_LISTS`; there may be none where no photo shows anything. Raises UsageError naming what is wrong.
    """
    names = _read_names(folder)
    labels = folder / "labels" if (folder / "labels").is_dir() else folder
    photos = sorted(path for path in images.rglob("*") if path.suffix.lower() in extensions)
    stems = {path.relative_to(images).with_suffix("") for path in photos}
    for file in sorted(labels.rglob("*.txt")):
        stem = file.relative_to(labels).with_suffix("")
        if stem not in stems and file.name not in ("classes.txt", "train.txt", "val.txt", "test.txt"):
            raise fault(file, f"there is no photo {stem} in {images}")
    files = [labels / path.relative_to(images).with_suffix(".txt") for path in photos]
    found = tuple(TruthPhoto(path, _boxes(file, names)) for path, file in zip(photos, files, strict=True))
    return Truth(found, tuple(names))


def _boxes(file: Path, names: Sequence[str]) -> tuple[TruthBox, ...]:
    if not file.is_file():
        return ()
    lines = [line.split() for line in read_text(file).splitlines() if line.strip()]
    return tuple(_box(file, words, names, f"line {number}") for number, words in enumerate(lines, 1))


def _box(file: Path, words: Sequence[str], names: Sequence[str], where: str) -> TruthBox:
    values = numbers(file, words, len(words), where)
    if len(values) < 5 or len(values) % 2 == 0:
        raise fault(file, f"{where} should be: class x y width height")
    number = int(values[0])
    if not 0 <= number < len(names):
        raise fault(file, f"{where} has class {number}, and there are {len(names)} names")
    if not all(-0.01 <= value <= 1.01 for value in values[1:]):  # a little beyond the edge by rounding
        raise fault(file, f"{where} should be fractions of the photo, 0 to 1")
    if len(values) == 5:
        x, y, width, height = values[1:]
        corners = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    else:  # an outline: x y x y …
        across, down = values[1::2], values[2::2]
        corners = (min(across), min(down), max(across), max(down))
    return TruthBox(names[number], Box.from_pixels(corners, 1, 1))


def _read_names(folder: Path) -> list[str]:
    found = [_names_of(file, _yaml(file)) for file in sorted((*folder.glob("*.yaml"), *folder.glob("*.yml")))]
    if names := next(filter(None, found), None):
        return names
    for file in (folder / name for name in NAME_LISTS):
        if file.is_file():
            return [line.strip() for line in read_text(file).splitlines() if line.strip()]
    if [] in found:
        return []
    raise UsageError(
        f"{folder} does not say what its classes are called", hint=f"Add data.yaml with `names`, or {NAME_LISTS[0]}."
    )


def _names_of(file: Path, content: Any) -> list[str] | None:
    """The names, which may be an empty list; None for a file that has no such list."""
    if not isinstance(content, dict) or "names" not in content:
        return None
    names = content["names"] or []
    if isinstance(names, dict):
        if sorted(names, key=str) != sorted(range(len(names)), key=str):
            raise fault(file, "names should be numbered from 0 without a gap")
        names = [names[number] for number in range(len(names))]
    return [str(name) for name in names] if isinstance(names, list) else None


def _yaml(file: Path) -> Any:
    try:
        import yaml
    except ImportError as error:
        raise UsageError("the YAML parser is not installed", hint="Run: pip install 'phototag[eval]'") from error
    try:
        return yaml.safe_load(read_text(file))
    except (yaml.YAMLError, RecursionError) as error:
        raise fault(file, f"is no YAML: {' '.join(str(error).split())}") from error
