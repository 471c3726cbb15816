"""The user's corrections as labelled photos, for learning thresholds from."""

import os
import time
from pathlib import Path

from phototag.app.answers import open_answers
from phototag.app.eval_detect import Detected
from phototag.errors import UsageError
from phototag.metrics.scene import Scene, TruthBox
from phototag.settings import Settings
from phototag.store.corrected import CorrectedPhoto, corrected_photos, current_detector
from phototag.types import Task


def detected_in_corrected(settings: Settings) -> Detected:
    """What the current detector found in the photos whose boxes the user put right, which count as right as they stand.

    No photo is opened: the index has it all, down to the floor of indexing. Raises IndexFileError without an index,
    UsageError without such photos.
    """
    begun = time.monotonic()
    with open_answers(settings, lambda _: None) as answers:
        model = current_detector(answers.conn)
        photos = list(corrected_photos(answers.conn, answers.thresholds))
        if model is None or not photos:
            raise UsageError(
                "there are no photos with corrected boxes to learn from",
                hint="Correct some with `phototag box` and `phototag tag`, or name photos with boxes as TRUTH.",
            )
        own = frozenset(found.label for photo in photos for found in photo.found)
        right = frozenset(box.label for photo in photos for box in photo.right)
        limits = {label: answers.thresholds.of(Task.DETECT, model, label) for label in own}
    return Detected(
        model=model,
        floor=0.0,  # nothing lower was stored
        scenes=tuple(_scene(photo, own, limits) for photo in photos),
        names=tuple(sorted(own)),
        own=own,
        thresholds=limits,
        left_out=tuple(sorted(right - own)),
        failed=(),
        seconds=time.monotonic() - begun,
    )


def _scene(photo: CorrectedPhoto, own: frozenset[str], limits: dict[str, float]) -> Scene:
    return Scene(
        Path(os.fsdecode(photo.path)),
        photo.width,
        photo.height,
        truth=tuple(TruthBox(one.label, one.box) for one in photo.right if one.label in own),
        found=photo.found,
        counted=tuple(one for one in photo.found if one.confidence >= limits[one.label]),
    )
