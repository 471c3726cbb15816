"""What is wrong with a file of truth, said in the same words by every reader."""

import json
import math
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from phototag.errors import UsageError

HINT = "docs/evaluation.md shows what a truth may look like."


def fault(file: Path, what: str) -> UsageError:
    """An error that names the file."""
    return UsageError(f"{file}: {what}", hint=HINT)


def read_text(file: Path) -> str:
    """The file's text. Raises UsageError."""
    try:
        return file.read_text("utf-8-sig")
    except FileNotFoundError as error:
        raise UsageError(f"there is no file {file}", hint="Check the name.") from error
    except OSError as error:
        raise fault(file, f"can't be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise fault(file, "is not UTF-8 text") from error


def read_json(file: Path) -> Any:
    """The file's content. Raises UsageError."""
    try:
        return json.loads(read_text(file))
    except (ValueError, RecursionError) as error:
        raise fault(file, f"is no JSON: {error}") from error


def numbers(file: Path, values: Any, many: int, where: str) -> list[float]:
    """`many` finite numbers. Raises UsageError that says `where` they should be."""
    try:
        found = [float(value) for value in values]
    except (TypeError, ValueError, OverflowError):
        found = []
    if len(found) != many or not all(map(math.isfinite, found)):
        raise fault(file, f"{where} should be {many} numbers, not {str(values)[:60]}")
    return found


def inside(file: Path, folder: Path, name: str) -> Path:
    """The photo `name` of `folder`. Raises UsageError for a name that leads out of it."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name or not path.name:
        raise fault(file, f"{name!r} is no photo in {folder}")
    return folder / path


def check_photos(paths: Iterable[Path], where: str) -> None:
    """Raises UsageError when photos of the truth are not there, or when it has none."""
    wanted = list(paths)
    if not wanted:
        raise UsageError(f"{where} names no photos", hint=HINT)
    missing = [path for path in wanted if not path.is_file()]
    if missing:
        raise UsageError(
            f"{len(missing):,} of the {len(wanted):,} photos of {where} are not there; the first is {missing[0]}",
            hint="Name the folder with the photos: --images DIR.",
        )
