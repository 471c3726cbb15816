"""Pictures of indexed photos: read, decoded, and written as new files. An original is never written to."""

import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from phototag.errors import PhototagError, UsageError
from phototag.media.examine import OpenedPhoto, open_photo
from phototag.media.fault import PhotoError
from phototag.settings import Settings
from phototag.types import Hit

if TYPE_CHECKING:
    from PIL import Image

FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}
OPTIONS = {"JPEG": {"quality": 92, "subsampling": 0}, "WEBP": {"quality": 92}}


def read_original(hit: Hit, content: str | None = None) -> OpenedPhoto:
    """The file of a hit. Raises PhototagError that says what to do when it is offline, gone or unreadable; with
    `content` (hexadecimal) also when it holds another picture by now: what the index knows is not of that one."""
    try:
        opened = open_photo(hit.path)
    except PhotoError as error:
        path = os.fsdecode(hit.path)
        if hit.offline or not os.path.lexists(hit.path):
            where = "lies on a drive that is not there now" if hit.offline else "is not there any more"
            raise PhototagError(
                f"{path} {where}", hint="Connect the drive, or run `phototag index` to bring the index up to date."
            ) from error
        raise PhototagError(f"{path}: {error.reason}") from error
    if content is not None and opened.identity.content.hex() != content:
        raise PhototagError(
            f"{os.fsdecode(hit.path)} is another picture than when it was indexed", hint="Run `phototag index`."
        )
    return opened


def decode_original(hit: Hit, opened: OpenedPhoto, settings: Settings, minimum: int | None = None) -> "Image.Image":
    """The picture, RGB and upright, with its colour profile and nothing else that the file says; with `minimum`,
    reduced as `media.decode` does. Raises PhototagError."""
    try:
        image = opened.decode(minimum=minimum, max_megapixels=settings.max_megapixels).image
    except PhotoError as error:
        raise PhototagError(f"{os.fsdecode(hit.path)}: {error.reason}") from error
    image.info = {"icc_profile": image.info.get("icc_profile")}  # Pillow would write comments into every copy
    return image


def picture_format(output: Path) -> str:
    """Pillow's name of the format that the file's extension asks for. Raises UsageError for any other."""
    found = FORMATS.get(output.suffix.lower())
    if found is None:
        raise UsageError(
            f"{output} does not say which format to write", hint=f"End its name in one of {', '.join(FORMATS)}."
        )
    return found


def save_picture(image: "Image.Image", output: Path, *, exif: bytes = b"") -> Path:
    """Write the picture at `output` in one step, with its colour profile and the given EXIF block; the path.

    Raises UsageError for an extension that is not known, PhototagError when it can't be written.
    """
    with _writing(output):
        return _write(_encoded(image, output, exif), output)


def save_new(image: "Image.Image", wanted: Path, *, exif: bytes = b"") -> Path | None:
    """Write the picture as `wanted`, or with a number where a file of that name is another picture; the path. None
    where one of these files is the same picture, byte for byte: an earlier run wrote it.

    Raises as `save_picture` does.
    """
    with _writing(wanted):
        data = _encoded(image, wanted, exif)
        for target in _numbered(wanted):
            if not os.path.lexists(target):
                return _write(data, target)
            if target.is_file() and target.read_bytes() == data:
                return None
    raise AssertionError("there is always another number")


def _encoded(image: "Image.Image", output: Path, exif: bytes) -> bytes:
    kind = picture_format(output)
    options: dict[str, object] = dict(OPTIONS.get(kind, {}))
    profile = image.info.get("icc_profile")
    # A profile for other channels than RGB (a CMYK photo's) would be wrong for the decoded picture.
    options["icc_profile"] = profile if profile and profile[16:20] == b"RGB " else None
    if exif:
        options["exif"] = exif
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _write(data: bytes, output: Path) -> Path:
    output.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=output.parent, prefix=".phototag-", suffix=output.suffix)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(partial, 0o666 & ~_umask())
        Path(partial).replace(output)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
    return output


@contextmanager
def _writing(output: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PhototagError(f"can't write {output}: {error.strerror or error}", hint="Name another place.") from error


def free_path(wanted: Path) -> Path:
    """`wanted`, or the first of `wanted-2`, `wanted-3`, … that no file has."""
    return next(path for path in _numbered(wanted) if not os.path.lexists(path))


def _numbered(wanted: Path) -> Iterator[Path]:
    yield wanted
    yield from (wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}") for number in count(2))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
