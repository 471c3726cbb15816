"""Photos that everybody may use, for a first look: those that scikit-image carries."""

import shutil
from importlib.util import find_spec
from pathlib import Path

from phototag.errors import PhototagError, UsageError

# Everyday motives among them; the rest are test patterns and microscope slides.
PHOTOS = (
    "astronaut.png",
    "camera.png",
    "chelsea.png",
    "coffee.png",
    "grass.png",
    "motorcycle_left.png",
    "motorcycle_right.png",
    "rocket.jpg",
)


def copy_photos(folder: Path) -> list[Path]:
    """Copy the photos to `folder` (made when missing); a file that is there already is left alone.

    Raises UsageError when scikit-image is not installed, PhototagError when the folder can't be written.
    """
    found = find_spec("skimage")
    if found is None or not found.submodule_search_locations:
        raise UsageError("the sample photos are not installed", hint="Run: pip install 'phototag[demo]'")
    source = Path(found.submodule_search_locations[0]) / "data"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        copied = [folder / name for name in PHOTOS if (source / name).is_file()]
        for target in copied:
            if not target.exists():
                shutil.copyfile(source / target.name, target)
    except OSError as error:
        raise PhototagError(
            f"the sample photos can't be copied to {folder}: {error}", hint="Name another folder."
        ) from error
    return copied
