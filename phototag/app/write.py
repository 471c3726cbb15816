"""`phototag write`: keywords and regions for other programs, in sidecars or in the photos themselves."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from phototag.app.answers import Question
from phototag.errors import PhototagError, UsageError
from phototag.media.examine import OpenedPhoto, open_photo
from phototag.media.fault import PhotoError
from phototag.media.xmp import BrokenPacketError, Content, Keyword, Merged, Region, merge, stored_box
from phototag.query.vocabulary import Vocabulary
from phototag.store.pages import Entry, entries
from phototag.types import Hit

SIDECAR = ".xmp"
EXIFTOOL_SECONDS = 120


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """`embed` writes into the photo, else beside it: `a.jpg.xmp`, or with `stem` `a.xmp`. `take_back` removes what
    phototag wrote. `mwg` adds the regions of the Metadata Working Group. Without `yes` nothing is written."""

    embed: bool = False
    stem: bool = False
    take_back: bool = False
    mwg: bool = False
    yes: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What is (or would be) written to `target`; `merged.packet` is None where it needs no change. A sidecar that would
    say nothing any more is `removed`."""

    target: Path
    merged: Merged
    removed: bool = False


def write(question: Question, vocabulary: Vocabulary, options: WriteOptions) -> Iterator[Change | PhototagError]:
    """Merge the words and objects of each photo that answers into its XMP; what others wrote there stays.

    A photo whose XMP can't be read or written is yielded as an error, unchanged, and the next one follows. Raises
    UsageError where `exiftool` is needed and not there.
    """
    if options.embed and shutil.which("exiftool") is None:
        raise UsageError(
            "writing into photos needs the program exiftool",
            hint="Install it (Debian: libimage-exiftool-perl), or use --xmp-sidecar.",
        )
    found = list(entries(question.question, "path"))
    return (_written(one, vocabulary, options) for one in found)


def _written(one: Entry, vocabulary: Vocabulary, options: WriteOptions) -> Change | PhototagError:
    hit = one.hit
    photo = Path(os.fsdecode(hit.path))
    try:
        opened = open_photo(hit.path)
        if opened.identity.content.hex() != one.content and not options.take_back:
            raise PhototagError(f"{photo} is another picture than when it was indexed", hint="Run `phototag index`.")
        target = photo if options.embed else _sidecar(photo, options)
        packet = _embedded(opened) if options.embed else _read(target)
        merged = merge(packet, _content(hit, vocabulary, opened.identity.orientation, options))
        removed = merged.empty and not options.embed
        if merged.packet is not None and options.yes:
            if options.embed:
                _embed(photo, opened, merged.packet)
            elif removed:
                target.unlink()
            else:
                _replace(target, merged.packet, photo)
    except PhotoError as error:
        return PhototagError(f"{photo}: {error.reason}")
    except OSError as error:
        return PhototagError(f"{photo}: can't write there: {error.strerror or error}; nothing was changed")
    except (BrokenPacketError, subprocess.SubprocessError) as error:
        return PhototagError(f"{photo}: {error}; nothing was changed")
    except UsageError:
        raise
    except PhototagError as error:
        return error
    return Change(target, merged, removed)


def _content(hit: Hit, vocabulary: Vocabulary, orientation: int, options: WriteOptions) -> Content:
    if options.take_back:
        return Content()
    regions = tuple(Region(found.label, stored_box(found.box, orientation)) for found in hit.objects)
    stored = (hit.height, hit.width) if orientation >= 5 else (hit.width, hit.height)
    return Content(_keywords(hit, vocabulary), regions, stored if options.mwg else None)


def _keywords(hit: Hit, vocabulary: Vocabulary) -> tuple[Keyword, ...]:
    """The labels and the objects of a photo, each once, with the words above it."""
    names = dict.fromkeys([label.name for label in hit.labels] + [found.label for found in hit.objects])
    return tuple(Keyword(name, _above(name, vocabulary)) for name in names)


def _above(name: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """One way from the top of the hierarchy down to the word: along the first of its parents."""
    found: list[str] = []
    while parents := vocabulary.parents.get(name):
        name = parents[0]
        found.insert(0, name)
    return tuple(found)


def _sidecar(photo: Path, options: WriteOptions) -> Path:
    if not options.stem:
        return photo.with_name(photo.name + SIDECAR)
    target = photo.with_suffix(SIDECAR)
    others = [
        path.name
        for path in photo.parent.iterdir()
        if path.stem == photo.stem and path.name != photo.name and path.suffix.lower() != SIDECAR
    ]
    if others:
        raise PhototagError(
            f"{target} would belong to {others[0]} as well as to {photo.name}", hint="Leave out --stem for these."
        )
    return target


def _embedded(opened: OpenedPhoto) -> bytes:
    """The XMP in a photo. Raises BrokenPacketError where a JPEG's goes on in other segments, which would be lost."""
    packet = opened.identity.xmp
    if b"HasExtendedXMP" in packet:
        raise BrokenPacketError("its XMP is longer than one segment; use --xmp-sidecar for it")
    return packet


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _replace(target: Path, content: bytes, like: Path) -> None:
    """Write a file in one step, with the permissions of the one that it replaces, else of the photo."""
    handle, partial = tempfile.mkstemp(dir=target.parent, prefix=".phototag-", suffix=SIDECAR)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        shutil.copymode(target if target.exists() else like, partial)
        os.replace(partial, target)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise


def _embed(photo: Path, opened: OpenedPhoto, packet: bytes) -> None:
    """Put the packet into a copy, make sure that its picture is the same, and let the copy take the photo's place."""
    real = photo.resolve()
    with tempfile.TemporaryDirectory(dir=real.parent, prefix=".phototag-") as folder:
        block, copy = Path(folder) / "packet.xmp", Path(folder) / real.name
        block.write_bytes(packet)
        done = subprocess.run(  # noqa: S603 -- a list of arguments, no shell
            ["exiftool", "-q", "-o", copy, f"-xmp<={block}", real],  # noqa: S607 -- wherever the user installed it
            capture_output=True,
            timeout=EXIFTOOL_SECONDS,
            check=False,
        )
        if done.returncode or not copy.exists():
            text = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
            raise PhototagError(f"{photo}: exiftool can't write to it: {text[0]}", hint="Use --xmp-sidecar for it.")
        after = open_photo(os.fsencode(copy)).identity
        if after.content != opened.identity.content:
            raise PhototagError(f"{photo}: writing would change the picture itself", hint="Use --xmp-sidecar for it.")
        shutil.copystat(real, copy)
        os.utime(copy)  # other programs look at the time to see that a file changed
        os.replace(copy, real)
