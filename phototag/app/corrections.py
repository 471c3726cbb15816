"""What the user puts right: tags and boxes."""

import unicodedata
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from phototag.app.answers import Answers, find_photo, open_answers
from phototag.errors import UnknownWordError, UsageError
from phototag.geometry import Box
from phototag.query.vocabulary import Vocabulary
from phototag.settings import Settings
from phototag.store import corrections as stored
from phototag.store.corrections import Correction, Kind, Logged
from phototag.store.engine import open_index
from phototag.types import Detection, Hit

LONGEST_WORD = 100


@dataclass(frozen=True, slots=True)
class Tagged:
    """What one step did: canonical words that were given and taken, those of them that became new words of this index,
    and the number of photos."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    new: tuple[str, ...]
    photos: int


def tag(
    paths: Sequence[Path], query: str | None, add: Sequence[str], remove: Sequence[str], settings: Settings
) -> Tagged:
    """Give the photos at `paths` (or those that answer `query`) words, and reject words, as one step.

    Raises UsageError for a photo that is not in the index, a word that can't be one, or nothing to do.
    """
    if not add and not remove:
        raise UsageError("there is no tag to give or to take", hint="Write `phototag tag PHOTO +beach -dog`.")
    if bool(paths) == (query is not None):
        raise UsageError("name photos, or a --query, not both" if paths else "name the photos, or a --query")
    with open_answers(settings, lambda _: None) as answers:
        photos = _asked(answers, query) if query is not None else _named(answers, paths)
        added, new = _words_to_add(add, answers.vocabulary)
        removed = tuple(answers.vocabulary.resolve(word) for word in remove)
        known = answers.vocabulary.extended(new)
    if both := set(added) & set(removed):
        raise UsageError(f"“{min(both)}” can't be given and taken at once")
    changes = [Correction(Kind.UNTAG, word) for word in removed] + [Correction(Kind.TAG, word) for word in added]
    with open_index(settings.db, write=True) as index, index.begin() as conn:
        stored.correct(conn, [(photo, change) for photo in photos for change in changes], relatives(known))
    return Tagged(added, removed, new if photos else (), len(photos))


@dataclass(frozen=True, slots=True)
class Drawn:
    """A box that was drawn, and whether its word is new in this index."""

    box: Detection
    new: bool


def draw_box(path: Path, word: str, corners: str, settings: Settings) -> Drawn:
    """Add an object to a photo; `corners` is `x,y,width,height` in pixels of the upright image."""
    with open_answers(settings, lambda _: None) as answers:
        hit = answers.photo(path).hit
        (name,), new = _words_to_add([word], answers.vocabulary)
        photo = find_photo(answers.conn, path)
        known = answers.vocabulary.extended(new)
    box = _box(corners, hit)
    with open_index(settings.db, write=True) as index, index.begin() as conn:
        stored.correct(conn, [(photo, Correction(Kind.BOX, name, box))], relatives(known))
    return Drawn(Detection(name, 1.0, box), bool(new))


def delete_box(path: Path, number: int, settings: Settings) -> Detection:
    """Take an object out of a photo: the one with this number, from 1 on, in the list of `phototag box PHOTO`."""
    with open_answers(settings, lambda _: None) as answers:
        objects = answers.photo(path).hit.objects
        photo = find_photo(answers.conn, path)
        vocabulary = answers.vocabulary
    if not 1 <= number <= len(objects):
        raise UsageError(
            f"there is no object {number} in {path}", hint=f"`phototag box {path}` lists its {len(objects)} objects."
        )
    gone = objects[number - 1]
    with open_index(settings.db, write=True) as index, index.begin() as conn:
        stored.correct(conn, [(photo, Correction(Kind.UNBOX, gone.label, gone.box))], relatives(vocabulary))
    return gone


def undo(settings: Settings) -> tuple[Logged, ...]:
    """Take the last step back. Raises UsageError when there is none."""
    with open_answers(settings, lambda _: None) as answers:
        vocabulary = answers.vocabulary
    with open_index(settings.db, write=True) as index, index.begin() as conn:
        undone = stored.undo(conn, relatives(vocabulary))
    if not undone:
        raise UsageError("there is nothing to undo: no correction is left")
    return undone


@contextmanager
def logged(settings: Settings) -> Iterator[Iterator[Logged]]:
    """Every correction, in the order they were made."""
    with open_index(settings.db, write=False) as index, index.read() as conn:
        yield stored.log(conn)


def relatives(vocabulary: Vocabulary) -> stored.Relatives:
    """What stands below and above a word, as the store asks for it."""

    def of(name: str) -> tuple[Collection[str], Collection[str]]:
        return vocabulary.below(name), vocabulary.ancestors(name)

    return of


def checked_word(word: str) -> str:
    """A new word as the index keeps it. Raises UsageError for one that no query could ask for."""
    text = " ".join(unicodedata.normalize("NFC", word).split())
    if not text or len(text) > LONGEST_WORD:
        raise UsageError(f"a tag has 1 to {LONGEST_WORD} letters", hint="Write a word, or a few.")
    if not text.isprintable() or set(text) & set('"“”|\\'):
        shown = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
        raise UsageError(f"“{shown}” can't be a tag", hint='A tag has no control characters, and none of " | \\.')
    return text


def _words_to_add(words: Sequence[str], vocabulary: Vocabulary) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The canonical names of words, each once, and those that the vocabulary does not have."""
    names: dict[str, bool] = {}
    for word in words:
        text = checked_word(word)
        try:
            names[vocabulary.resolve(text)] = False
        except UnknownWordError:
            names[text] = True
    return tuple(names), tuple(name for name, new in names.items() if new)


def _named(answers: Answers, paths: Sequence[Path]) -> list[int]:
    return list(dict.fromkeys(find_photo(answers.conn, path) for path in paths))


def _asked(answers: Answers, query: str) -> list[int]:
    return [int(row[0]) for row in answers.ask([query]).question.select(None, "path")]


def _box(corners: str, hit: Hit) -> Box:
    hint = f"Write x,y,width,height in pixels of the upright image, which is {hit.width} x {hit.height}."
    try:
        x, y, width, height = (float(part) for part in corners.split(","))
    except ValueError as error:
        raise UsageError(f"“{corners}” is no box", hint=hint) from error
    inside = 0 <= x < hit.width and 0 <= y < hit.height and x + width <= hit.width and y + height <= hit.height
    if not (inside and width > 0 and height > 0):
        raise UsageError(f"the box {corners} does not lie in the photo", hint=hint)
    return Box.from_pixels((x, y, x + width, y + height), hit.width, hit.height)
