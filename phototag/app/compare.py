"""`phototag compare`: what would change on the user's own photos if another pack were used."""

import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phototag.app.models import choose_models
from phototag.app.report import Listener, Note
from phototag.app.setup import model_file
from phototag.app.thresholds import load_thresholds
from phototag.app.trial import run_models
from phototag.app.words import load_vocabulary
from phototag.errors import UsageError
from phototag.media.examine import open_photo
from phototag.media.fault import PhotoError
from phototag.metrics.matching import by_label, match
from phototag.metrics.scene import TruthBox
from phototag.query.thresholds import Thresholds
from phototag.query.vocabulary import Vocabulary
from phototag.render.pairs import Pair
from phototag.render.text import counted
from phototag.settings import Settings
from phototag.store.engine import open_index
from phototag.store.sample import sample_paths
from phototag.types import Analysis, Detection, Label, Task

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, slots=True)
class View:
    """What one pack answers for one photo, at the thresholds in use."""

    labels: tuple[Label, ...]
    objects: tuple[Detection, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One photo as both packs see it, and what the second has gained and lost against the first."""

    path: bytes
    first: View
    second: View
    labels_gained: tuple[str, ...]
    labels_lost: tuple[str, ...]
    boxes_gained: tuple[Detection, ...]
    boxes_lost: tuple[Detection, ...]

    @property
    def size(self) -> float:
        """How much changes: the confidences of the boxes gained and lost, and half a point for each label."""
        boxes = sum(found.confidence for found in (*self.boxes_gained, *self.boxes_lost))
        return boxes + 0.5 * (len(self.labels_gained) + len(self.labels_lost))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two packs over the same photos; `seconds` for each is reading, decoding and both models."""

    packs: tuple[str, str]
    seconds: tuple[float, float]
    differences: tuple[Difference, ...]

    def to_json(self) -> dict[str, Any]:
        """The comparison as plain data, the photos with the largest differences first."""
        photos = len(self.differences)
        return {
            "packs": list(self.packs),
            "photos": photos,
            "photos_per_second": [round(photos / seconds, 2) if seconds else 0.0 for seconds in self.seconds],
            "labels": _changes(
                (name for each in self.differences for name in each.labels_gained),
                (name for each in self.differences for name in each.labels_lost),
            ),
            "boxes": _changes(
                (box.label for each in self.differences for box in each.boxes_gained),
                (box.label for each in self.differences for box in each.boxes_lost),
            ),
            "changed": [
                {
                    "path": each.path.decode("utf-8", "backslashreplace"),
                    "labels_gained": list(each.labels_gained),
                    "labels_lost": list(each.labels_lost),
                    "boxes_gained": [box.label for box in each.boxes_gained],
                    "boxes_lost": [box.label for box in each.boxes_lost],
                }
                for each in self.largest()
            ],
        }

    def largest(self) -> list[Difference]:
        """The photos that change, the most changed first."""
        changed = [each for each in self.differences if each.size > 0]
        return sorted(changed, key=lambda each: (-each.size, each.path))


def compare(packs: tuple[str, str], number: int, settings: Settings, listener: Listener) -> Comparison:
    """Run two packs over `number` photos of the index, drawn by chance.

    Raises UsageError for an index without photos that can be read, ModelError for a pack that can't be used, and
    IndexFileError.
    """
    chosen = [choose_models(settings.with_options(pack=pack)) for pack in packs]
    with open_index(settings.db, write=False) as index, index.read() as conn:
        paths = [Path(os.fsdecode(path)) for path in sample_paths(conn, number)]
    if not paths:
        raise UsageError("the index has no photos that are there now", hint="Run `phototag index FOLDER` first.")
    vocabulary = load_vocabulary(settings)
    thresholds = load_thresholds(settings, vocabulary)
    seconds = []
    seen: list[dict[int, View]] = []
    for pack, choice in zip(packs, chosen, strict=True):
        listener(Note(f"running {pack} over {counted(len(paths), 'photo')}"))
        models = [
            model_file(found, vocabulary, found.spec.confidences.floor)
            for found in (choice.classifier, choice.detector)
        ]
        begun = time.monotonic()
        examined = list(run_models(paths, models, settings, listener))
        seconds.append(time.monotonic() - begun)
        seen.append({one.job.root: _view(one.analyses, thresholds) for one in examined if one.problem is None})
    able = sorted(seen[0].keys() & seen[1].keys())
    if not able:
        raise UsageError(
            f"none of the {counted(len(paths), 'photo')} could be read", hint="`phototag index` looks where they are."
        )
    differences = tuple(
        _difference(os.fsencode(paths[place]), seen[0][place], seen[1][place], vocabulary) for place in able
    )
    return Comparison(packs, (seconds[0], seconds[1]), differences)


def pairs(found: Sequence[Difference], settings: Settings) -> Iterator[Pair]:
    """The photos with the boxes of both packs, to be shown side by side."""
    for each in found:
        name = os.path.basename(each.path).decode("utf-8", "backslashreplace")
        gained = [f"+{word}" for word in _counted(each.labels_gained, (box.label for box in each.boxes_gained))]
        lost = [f"-{word}" for word in _counted(each.labels_lost, (box.label for box in each.boxes_lost))]
        image = _picture(each.path, settings)
        yield Pair(image, each.first.objects, each.second.objects, f"{name}: {', '.join(gained + lost)}")


def _picture(path: bytes, settings: Settings) -> "Image | None":
    from phototag.render.pairs import SIDE

    try:
        return open_photo(path).decode(minimum=SIDE, max_megapixels=settings.max_megapixels).image
    except PhotoError:
        return None


def _counted(labels: Iterable[str], boxes: Iterable[str]) -> list[str]:
    objects = Counter(boxes)
    return [f"#{name}" for name in labels] + [f"{number} {name}" for name, number in objects.items()]


def _view(analyses: Sequence[Analysis], thresholds: Thresholds) -> View:
    labels: list[Label] = []
    objects: list[Detection] = []
    for analysis in analyses:
        model = analysis.model
        labels += [
            label
            for label in analysis.findings.labels
            if label.confidence >= thresholds.of(Task.CLASSIFY, model.name, label.name)
        ]
        objects += [
            found
            for found in analysis.findings.detections
            if found.confidence >= thresholds.of(Task.DETECT, model.name, found.label)
        ]
    return View(tuple(labels), tuple(objects))


def _difference(path: bytes, first: View, second: View, vocabulary: Vocabulary) -> Difference:
    before, after = ({label.name for label in view.labels} for view in (first, second))
    gained, lost = _boxes(first.objects, second.objects)
    return Difference(
        path,
        first,
        second,
        tuple(sorted(name for name in after - before if not vocabulary.below(name) & before)),
        tuple(sorted(name for name in before - after if not vocabulary.below(name) & after)),
        gained,
        lost,
    )


def _boxes(
    first: Sequence[Detection], second: Sequence[Detection]
) -> tuple[tuple[Detection, ...], tuple[Detection, ...]]:
    """The boxes that only the second and only the first has, of the same label and in the same place."""
    gained: list[Detection] = []
    lost: list[Detection] = []
    before, after = by_label(first), by_label(second)
    for label in {*before, *after}:
        old, new = before.get(label, []), after.get(label, [])
        places = match([TruthBox(label, found.box) for found in old], new)
        gained += [found for found, place in zip(new, places, strict=True) if place is None]
        lost += [found for place, found in enumerate(old) if place not in places]
    order = lambda found: (-found.confidence, found.label)  # noqa: E731
    return tuple(sorted(gained, key=order)), tuple(sorted(lost, key=order))


def _changes(gained: Iterable[str], lost: Iterable[str]) -> list[dict[str, Any]]:
    """A row a label, the most changed first."""
    more, fewer = Counter(gained), Counter(lost)
    rows = [{"label": label, "gained": more[label], "lost": fewer[label]} for label in {*more, *fewer}]
    return sorted(rows, key=lambda row: (-int(row["gained"]) - int(row["lost"]), str(row["label"])))
