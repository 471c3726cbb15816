"""`phototag doctor`: whether everything that phototag needs is there and sound."""

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version

from phototag import __version__
from phototag.app.models import choose_models, open_library
from phototag.app.schedule.entry import status
from phototag.app.thresholds import unknown_labels
from phototag.app.upkeep import check_index
from phototag.app.words import index_vocabulary
from phototag.errors import PhototagError
from phototag.inference.library import State
from phototag.inference.providers import available, candidates
from phototag.settings import Settings
from phototag.store.engine import open_index
from phototag.store.roots import list_roots, offline_places
from phototag.store.sqlite import index_path

LEAST_FREE_BYTES = 500_000_000
_PACKAGES = ("onnxruntime", "numpy", "pillow", "sqlalchemy", "exifread", "pillow-heif")


class Verdict(StrEnum):
    """How a check came out; only a fault makes `doctor` fail."""

    OK = "ok"
    NOTE = "note"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what was found, and what to do where that is not well."""

    name: str
    state: Verdict
    found: str
    advice: str = ""


def examine_installation(settings: Settings) -> Iterator[Check]:
    """Every check, in the order in which faults follow from one another."""
    yield _versions()
    for check in (_settings, _models, _provider, _index, _roots, _schedule, _disk):
        yield from _guarded(check, settings)


def _guarded(check: Callable[[Settings], Iterator[Check]], settings: Settings) -> Iterator[Check]:
    """A check that fails on purpose is a fault, not the end of the examination."""
    try:
        yield from check(settings)
    except PhototagError as error:
        yield Check(check.__name__.strip("_"), Verdict.FAULT, error.message, error.hint)


def _versions() -> Check:
    found = [f"phototag {__version__}", f"Python {sys.version.split()[0]}", f"SQLite {sqlite3.sqlite_version}"]
    for name in _PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"no {name}")
    heif = any(word.startswith("pillow-heif") for word in found)
    advice = "" if heif else "For HEIC photos: pip install 'phototag[heic]'"
    return Check("versions", Verdict.OK if heif else Verdict.NOTE, ", ".join(found), advice)


def _settings(settings: Settings) -> Iterator[Check]:
    faults = unknown_labels(settings, index_vocabulary(settings))
    for fault in faults:
        yield Check("settings", Verdict.FAULT, fault)
    if not faults:
        yield Check("settings", Verdict.OK, f"{settings.config_file}" if settings.config_file.exists() else "defaults")


def _models(settings: Settings) -> Iterator[Check]:
    library = open_library(settings)
    damaged = [name for name, state in library.states().items() if state is State.DAMAGED]
    for name in damaged:
        advice = f"`phototag models remove {name}`, then {library.install_hint(name)}"
        yield Check("models", Verdict.FAULT, f"the file of {name} is damaged", advice)
    choice = choose_models(settings)
    yield Check(
        "models", Verdict.OK, f"{choice.classifier.spec.name} and {choice.detector.spec.name}, checksums verified"
    )


def _provider(settings: Settings) -> Iterator[Check]:
    candidates(settings.provider)
    yield Check("provider", Verdict.OK, f"{settings.provider}; onnxruntime has: {', '.join(available())}")


def _index(settings: Settings) -> Iterator[Check]:
    path = index_path(settings.db)
    if not path.exists():
        yield Check("index", Verdict.NOTE, f"none yet at {path}", "Make one: `phototag index ~/Pictures`.")
        return
    check_index(settings)
    writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    advice = "" if writable else "Searching works; indexing needs a folder and a file that you may write to."
    state = Verdict.OK if writable else Verdict.NOTE
    yield Check("index", state, f"{path}, {path.stat().st_size / 1e6:,.1f} MB, sound", advice)


def _roots(settings: Settings) -> Iterator[Check]:
    if not index_path(settings.db).exists():
        return
    with open_index(settings.db, write=False) as index, index.read() as conn:
        roots = list_roots(conn)
        places = {place.path: place for place in offline_places(conn)}
    for root in roots:
        there = os.path.isdir(root.path)
        found = root.path.decode("utf-8", "backslashreplace")
        advice = "" if there else "Plug the drive in; if the folder lies elsewhere now, `phototag roots move OLD NEW`."
        yield Check("root", Verdict.OK if there else Verdict.NOTE, found + ("" if there else " is not there"), advice)
    for place in places.values():
        if place.path not in {root.path for root in roots if root.offline or not os.path.isdir(root.path)}:
            found = f"{place.path.decode('utf-8', 'backslashreplace')} is offline: {place.reason}"
            yield Check("folder", Verdict.NOTE, found, "If it is gone for good, `phototag roots confirm PATH`.")


def _schedule(settings: Settings) -> Iterator[Check]:
    try:
        entries = status(index_path(settings.db))
    except PhototagError as error:  # a machine may refuse crontabs, which harms only those who want a schedule
        yield Check("schedule", Verdict.NOTE, error.message, "Only `phototag schedule` needs it.")
        return
    if not entries:
        yield Check("schedule", Verdict.OK, "none", "")
    for entry in entries:
        state = Verdict.NOTE if entry.advice else Verdict.OK
        when = f", next run {entry.next_run}" if entry.next_run else ""
        yield Check("schedule", state, f"by {entry.scheduler}, {'on' if entry.active else 'off'}{when}", entry.advice)
    if len(entries) > 1:
        advice = "Each of them starts runs: `phototag schedule install --replace` leaves one."
        yield Check("schedule", Verdict.NOTE, "there are two", advice)


def _disk(settings: Settings) -> Iterator[Check]:
    path = index_path(settings.db)
    folder = next(parent for parent in path.parents if parent.exists())
    free = shutil.disk_usage(folder).free
    needed = LEAST_FREE_BYTES + (path.stat().st_size if path.exists() else 0)  # room for a backup of the index
    state = Verdict.OK if free >= needed else Verdict.FAULT
    advice = "" if free >= needed else "Free some space, or keep the index elsewhere: `--db PATH`."
    yield Check("disk", state, f"{free / 1e9:,.1f} GB free beside the index", advice)
