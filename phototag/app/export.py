"""`phototag export` and `import`: boxes given to other programs, and taken back as corrections."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from phototag.app.answers import Answers, Question, open_answers
from phototag.app.corrections import checked_word, relatives
from phototag.app.pictures import read_original
from phototag.errors import PhototagError, UnknownWordError, UsageError
from phototag.media.examine import open_photo
from phototag.media.fault import PhotoError
from phototag.media.formats import PHOTO_EXTENSIONS
from phototag.metrics.scene import Truth, TruthPhoto
from phototag.metrics.truth import read_boxes
from phototag.render.exports import FORMATS, Exported, named
from phototag.render.text import counted
from phototag.settings import Settings
from phototag.store import corrections as stored
from phototag.store.corrections import Correction, Kind
from phototag.store.details import photo_of_content
from phototag.store.engine import open_index
from phototag.store.hits import read_objects
from phototag.store.lexicon import read_lexicon
from phototag.store.overruled import SAME_PLACE
from phototag.store.pages import entries
from phototag.types import Detection

EXTENSIONS = frozenset("." + extension.decode("ascii") for extension in PHOTO_EXTENSIONS)


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """`copy` puts the photos themselves into `images/`; `accept` takes the model's boxes as ground truth too."""

    format: str
    folder: Path
    copy: bool = False
    accept: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """What an export or an import was about; `new` are words that an import brought into this index."""

    photos: int
    truth: int
    predictions: int
    new: tuple[str, ...] = ()


def export(question: Question, options: ExportOptions) -> Summary:
    """Write what answers the query, with its boxes, into a new folder.

    Raises UsageError for an unknown format and for a folder that holds something, PhototagError where it can't write or
    a photo to be copied is not there, or another by now.
    """
    if options.format not in FORMATS:
        raise UsageError(f"there is no format {options.format}", hint=f"Formats are: {', '.join(FORMATS)}.")
    if options.folder.exists() and (not options.folder.is_dir() or any(options.folder.iterdir())):
        raise UsageError(f"{options.folder} is not empty", hint="Name a folder that does not exist yet.")
    photos = list(named(_exported(question, options), options.format))
    try:
        with _all_or_nothing(options.folder) as folder:
            if options.copy:
                for one in photos:
                    _copy(one, folder / "images" / one.name)
            for name, content in FORMATS[options.format](photos):
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
    except OSError as error:
        raise PhototagError(f"can't write to {options.folder}: {error}", hint="Name another folder.") from error
    return Summary(len(photos), sum(len(p.truth) for p in photos), sum(len(p.predictions) for p in photos))


def take_back(truth: Path, images: Path | None, settings: Settings, *, complete: bool, sure: bool = False) -> Summary:
    """Read boxes (COCO, YOLO, VOC) as corrections of the photos they are for, in one step.

    The photos are known by their content, so that copies will do. With `complete` the file has every object of its
    photos: what else the index shows in them is taken out. Raises UsageError, before anything is changed, for a file
    that can't be read, for boxes that show nothing of their photo, for photos that are not in the index, and, unless
    `sure`, where that would take every object out of most photos.
    """
    found = read_boxes(truth, images, EXTENSIONS)
    _check_places(truth, found)
    changes: list[tuple[int, Correction]] = []
    with open_answers(settings, lambda _: None) as answers:
        names = _names(found, answers)
        for photo in found.photos:
            changes += _changes(photo, names, answers, complete=complete)
        new = tuple(sorted({name for name in names.values() if not answers.vocabulary.knows(name)}))
        known = answers.vocabulary.extended(new)
    if complete and not sure:
        _check_complete(truth, changes)
    with open_index(settings.db, write=True) as index, index.begin() as conn:
        stored.correct(conn, changes, relatives(known))
    drawn = sum(change.kind is Kind.BOX for _, change in changes)
    return Summary(len(found.photos), drawn, len(changes) - drawn, new)


def _exported(question: Question, options: ExportOptions) -> Iterator[Exported]:
    found = list(entries(question.question, "path"))
    folders = [os.path.dirname(one.hit.path) for one in found]
    above = os.path.commonpath(folders) if folders else b""
    drawn = stored.drawn_boxes(question.question.conn)
    for hit, content in ((one.hit, one.content) for one in found):
        own = drawn.get(hit.path, frozenset())
        truth = tuple(one for one in hit.objects if options.accept or (one.label, one.box) in own)
        rest = tuple(one for one in hit.objects if not (options.accept or (one.label, one.box) in own))
        yield Exported(os.fsdecode(os.path.relpath(hit.path, above)), content, hit, truth, rest)


@contextmanager
def _all_or_nothing(folder: Path) -> Iterator[Path]:
    """A place to write to; what is there at the end goes into `folder`, which stays empty if anything fails before."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".phototag-") as place:
        yield Path(place)
        for made in Path(place).iterdir():
            made.rename(folder / made.name)


def _copy(one: Exported, target: Path) -> None:
    opened = read_original(one.hit, one.content)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(opened.data)
    shutil.copystat(os.fsdecode(one.hit.path), target)


def _check_places(truth: Path, found: Truth) -> None:
    """Refuse boxes that lie outside their photo, or have no size: cut to the photo, nothing is left of them.

    It is not for the readers to refuse them: an evaluation does not mind the few that large data sets have.
    """
    boxes = [(photo.path, box) for photo in found.photos for box in photo.boxes]
    empty = [(path, box.label) for path, box in boxes if not (box.box.width and box.box.height)]
    if empty:
        path, label = empty[0]
        lie = "lies outside its photo, or has" if len(empty) == 1 else "lie outside their photos, or have"
        raise UsageError(
            f"{len(empty):,} of the {counted(len(boxes), 'box', 'boxes')} of {truth} {lie} no size; "
            f"the first is for “{label}” in {path}",
            hint="Nothing was changed. Take such boxes out of the file, or put them right.",
        )


def _names(found: Truth, answers: Answers) -> dict[str, str]:
    """The canonical name of each label in the file."""
    names: dict[str, str] = {}
    for label in {box.label for photo in found.photos for box in photo.boxes}:
        text = checked_word(label)
        try:
            names[label] = answers.vocabulary.resolve(text)
        except UnknownWordError:
            names[label] = text
    return names


def _changes(
    photo: TruthPhoto, names: dict[str, str], answers: Answers, *, complete: bool
) -> Iterator[tuple[int, Correction]]:
    try:
        content = open_photo(os.fsencode(photo.path)).identity.content
    except PhotoError as error:
        raise UsageError(f"{photo.path}: {error.reason}", hint="Nothing was changed.") from error
    number = photo_of_content(answers.conn, content)
    if number is None:
        raise UsageError(f"{photo.path} is not in the index", hint="Nothing was changed. Index the photo first.")
    lexicon = read_lexicon(answers.conn)
    shown = read_objects(answers.conn, [number], lexicon, answers.thresholds).get(number, ())
    given = [Detection(names[box.label], 1.0, box.box) for box in photo.boxes]
    if complete:
        for gone in shown:
            if not any(_same(gone, one) for one in given):
                yield number, Correction(Kind.UNBOX, gone.label, gone.box)
    for one in given:
        yield number, Correction(Kind.BOX, one.label, one.box)


def _check_complete(truth: Path, changes: Sequence[tuple[int, Correction]]) -> None:
    """Refuse a file that has nothing at all for most of the photos that it would change: a file of the user's own boxes
    alone looks like that."""
    drawn = {photo for photo, change in changes if change.kind is Kind.BOX}
    emptied = {photo for photo, _ in changes} - drawn
    if len(emptied) > len(drawn):
        boxes = sum(photo in emptied for photo, _ in changes)
        told = f"{len(emptied):,} of {len(emptied | drawn):,} photos with objects in the index"
        raise UsageError(
            f"{truth} has no box for {told}: --complete would take all {boxes:,} objects out of them",
            hint="Nothing was changed. `phototag export --accept` writes the model's boxes, too; --yes takes them out.",
        )


def _same(one: Detection, other: Detection) -> bool:
    return one.label == other.label and one.box.iou(other.box) >= SAME_PLACE
