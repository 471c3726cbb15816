"""What a worker process is started with. Nothing here loads a model, numpy or onnxruntime: the parent needs none."""

import os
from pathlib import Path

from phototag.app.messages import Link, Setup
from phototag.app.words import canonical_names, words_above
from phototag.inference.library import Installed
from phototag.inference.spec import ModelFile
from phototag.query.vocabulary import Vocabulary
from phototag.types import Task


def work(link: Link, setup: Setup) -> None:
    """A worker process: load the models, then serve until the parent is gone."""
    from phototag.app.examine import serve

    serve(link, setup)


def model_file(found: Installed, vocabulary: Vocabulary, floor: float | None) -> ModelFile:
    """What a worker needs to load a model; labels get their canonical names, the floor None is the catalog's."""
    names = canonical_names(found.spec, vocabulary)
    above = words_above(names, vocabulary) if found.spec.task is Task.CLASSIFY else {}
    # A box that one member alone found is worth less than it says: it must not be cut off before that is known.
    members = tuple(model_file(member, vocabulary, floor or found.spec.confidences.floor) for member in found.members)
    return ModelFile(found.spec, found.path, found.sha256, names, above, floor, members)


def available_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def log_file(folder: Path) -> Path:
    """Where C libraries write, made with its folder for the user's eyes only."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "decoders.log"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.close(descriptor)
    return path
