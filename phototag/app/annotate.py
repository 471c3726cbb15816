"""`phototag show --boxes`: a copy of a photo with its boxes."""

import os
from pathlib import Path

from phototag.app.originals import refuse_original
from phototag.app.pictures import decode_original, free_path, picture_format, read_original
from phototag.app.pictures import save_picture as save
from phototag.render.annotate import annotate as draw
from phototag.settings import Settings
from phototag.types import Hit


def annotate(hit: Hit, content: str, output: Path | None, settings: Settings) -> Path:
    """Write a copy of the photo, upright and at full size, with the boxes of `hit.objects`; where it was written.
    `content` (hexadecimal) is that of the photo when it was indexed.

    Without `output`, the copy is `NAME-boxes.jpg` in the current folder, with a number where that name is taken.
    Raises UsageError for an output that is an indexed photo or of no known format, PhototagError for a photo that is
    offline, another by now or can't be decoded and for a place that can't be written.
    """
    target = output or free_path(Path(f"{Path(os.fsdecode(hit.path)).stem}-boxes.jpg"))
    picture_format(target)
    refuse_original(target, settings)
    image = decode_original(hit, read_original(hit, content), settings)
    return save(draw(image, hit.objects), target)
