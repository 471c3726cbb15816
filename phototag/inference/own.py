"""The user's own models: copied into the library and described in its catalog."""

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from phototag.errors import ModelBrokenError, UsageError
from phototag.inference.analyser import open_analyser
from phototag.inference.catalog import read_catalog
from phototag.inference.labels import UNUSED, LabelList, read_labels
from phototag.inference.library import OWN_CATALOG, Library, sha256_of
from phototag.inference.naming import checked_name
from phototag.inference.owncatalog import enter, write
from phototag.inference.recognise import FAMILIES_FILE, Guess, recognise
from phototag.inference.session import Session
from phototag.inference.spec import ModelFile, ModelSpec
from phototag.settings import shipped_folder

LABELS_FILE = "labels.txt"
UNSAID = {
    "licence": "not stated",
    "source": "added by the user",
    "accuracy": "none published",
    "note": "",
    "tested": False,
    "embedded": False,
}
"""What a catalog says of a model and nobody said."""
FITS: Mapping[str, Mapping[str, Any]] = {"letterbox": {"pad": 114, "anchor": "center"}, "crop": {}, "stretch": {}}
"""What belongs to a fit, for a user who says no more than its name; a crop's `short_side` follows from the input."""
PROOF = (64, 48)


@dataclass(frozen=True, slots=True)
class Told:
    """What the user says of a model: `labels`, a file with the names; `task`, `classify` or `detect`, or "" to have it
    guessed; `table`, like a catalog's `models.NAME` or a part of one, which wins key by key over every guess."""

    labels: Path | None = None
    task: str = ""
    table: Mapping[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> tuple[int, int]:
        """The input's width and height; 0 where nothing is said of it."""
        pixels = self.table.get("input", {})
        sizes = [pixels.get(key, 0) for key in ("width", "height")] if isinstance(pixels, dict) else [0, 0]
        width, height = (size if isinstance(size, int) and 0 < size <= 1 << 14 else 0 for size in sizes)
        return width, height


def add_model(library: Library, file: Path, name: str, told: Told | None = None) -> tuple[ModelSpec, Guess]:
    """Copy the ONNX file into the library's folder as the model `name` and describe it in the user's own catalog.

    What nobody `told` is guessed. Returns the description and the guess behind it. Raises UsageError for a name that is
    taken or a file that is not there, ModelBrokenError for a model that can't be loaded, recognised, described or run;
    nothing is kept then.
    """
    told = told or Told()
    checked_name(library, name)
    if not file.is_file():
        raise UsageError(f"there is no file {file}")
    library.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".adding-", dir=library.folder) as scratch:
        folder = Path(scratch) / name
        folder.mkdir(mode=0o700)
        session = _copy(file, folder)
        guess = _guess(session, told)
        table = _merged(guess.table, told.table)
        labels = _labels(guess, told.labels)
        pairs = zip(labels.ids, labels.names, strict=True)
        (folder / LABELS_FILE).write_text("".join(f"{identity}\t{label}\n" for identity, label in pairs), "utf-8")
        table["labels"] = f"{name}/{LABELS_FILE}"
        model = folder / file.name
        table["builds"] = [{"file": file.name, "size": model.stat().st_size, "sha256": sha256_of(model), "url": ""}]
        _prove(Path(scratch), name, table)
        folder.rename(library.folder / name)
    enter(library.folder / OWN_CATALOG, name, table)
    library.catalog = library.catalog.with_own(read_catalog(library.folder / OWN_CATALOG))
    return library.catalog.model(name), guess


def _copy(file: Path, folder: Path) -> Session:
    """The model copied into `folder` and opened; with the weights that lie in files beside it, if it has such."""
    copy = folder / file.name
    try:
        shutil.copyfile(file, copy)
        try:
            return Session(copy)
        except ModelBrokenError:
            if not _copy_weights(file, copy):
                raise
        return Session(copy)
    except OSError as error:
        raise ModelBrokenError(f"{file} can't be copied: {error}", hint="Check the disk space.") from error
    except ModelBrokenError as error:  # about the user's file, not about the copy that goes away
        raise ModelBrokenError(error.message.replace(str(folder), str(file.parent)), hint=error.hint) from error


def _copy_weights(file: Path, copy: Path) -> bool:
    """Copy the files beside the model whose names are in it, and write their checksum into the copy: a model's identity
    is its file's checksum, and new weights must give another one. Whether there were any."""
    content = file.read_bytes()
    beside = [
        other
        for other in sorted(file.parent.iterdir())
        if other != file and other.is_file() and other.name.encode("utf-8", "surrogateescape") in content
    ]
    digest = hashlib.sha256()
    for other in beside:
        shutil.copyfile(other, copy.with_name(other.name))
        digest.update(bytes.fromhex(sha256_of(other)))
    if beside:
        with copy.open("ab") as end:
            end.write(_note("phototag.weights", digest.hexdigest()))
    return bool(beside)


def _note(key: str, value: str) -> bytes:
    """A `metadata_props` entry (field 14 of ONNX's ModelProto, with key and value) in protobuf's coding. Appended to a
    file it becomes part of the model, as concatenated messages merge. For texts that make less than 128 bytes."""
    pair = b"".join(bytes([field << 3 | 2, len(text)]) + text.encode("ascii") for field, text in ((1, key), (2, value)))
    return bytes([14 << 3 | 2, len(pair)]) + pair


def _guess(session: Session, told: Told) -> Guess:
    """The guess; none is needed when the user describes all that it would be about."""
    if told.table.keys() >= {"task", "input", "head", "confidence"}:
        return Guess(dict(UNSAID), (), 0, "", ("described by the user",))
    task = told.task or str(told.table.get("task", ""))
    if task not in ("", "classify", "detect"):
        raise UsageError(f"a model's task is classify or detect, not “{task}”")
    return recognise(session, shipped_folder() / FAMILIES_FILE, task=task, size=told.size)


def _labels(guess: Guess, file: Path | None) -> LabelList:
    if file is not None:
        labels = read_labels(file)
    elif guess.labels:
        labels = LabelList(_distinct(guess.labels), ("",) * len(guess.labels))
    elif guess.label_file:
        labels = read_labels(shipped_folder() / "labels" / guess.label_file)
    else:
        raise ModelBrokenError(
            f"the model has {guess.label_count or 'an unknown number of'} labels and no names for them",
            hint="Give a text file with one name a line with --labels.",
        )
    if guess.label_count and len(labels.names) != guess.label_count:
        raise ModelBrokenError(
            f"the model has {guess.label_count} labels, the list has {len(labels.names)} names",
            hint="One name a line, in the model's order; “-” for a label that means nothing.",
        )
    return labels


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    """One name a label: without line breaks and tabs, and with a number where an exporter gave a name twice."""
    clean = [" ".join(name.split()) or UNUSED for name in names]
    return tuple(
        f"{name} {place}" if name != UNUSED and clean.index(name) != place else name for place, name in enumerate(clean)
    )


def _merged(guessed: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """The guess with what the user told in place of it. Another fit or family takes the keys with it that belong to the
    guessed one."""
    merged = dict(guessed)
    for key, value in told.items():
        merged[key] = _merged(merged[key], value) if isinstance(value, dict) and key in merged else value
    for key, choice in (("input", "fit"), ("head", "family")):
        was, new = guessed.get(key, {}), told.get(key, {})
        if isinstance(was, dict) and isinstance(new, dict) and new.get(choice, was.get(choice)) != was.get(choice):
            merged[key] = _refitted(was, new) if choice == "fit" else dict(new)
    return merged


def _refitted(was: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in was.items() if key not in ("pad", "anchor", "short_side")}
    pixels = {**kept, **FITS.get(new["fit"], {}), **new}
    if new["fit"] == "crop":
        pixels.setdefault("short_side", max(pixels["width"], pixels["height"]))
    return pixels


def _prove(folder: Path, name: str, table: Mapping[str, Any]) -> None:
    """Read the description back and run the model on a grey picture, as the program will."""
    write(folder / OWN_CATALOG, {"packs": {}, "models": {name: table}})
    spec = read_catalog(folder / OWN_CATALOG).model(name)
    build = spec.builds[0]
    model = ModelFile(spec, folder / name / build.file, build.sha256, spec.labels, {}, None)
    open_analyser(model).analyse([Image.new("RGB", PROOF, (128, 128, 128))])
