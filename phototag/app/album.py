"""`phototag album NAME QUERY`: a folder with what a query finds, as links or copies, that can be brought up to date."""

import json
import os
import shlex
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from phototag.app.answers import Answers, open_answers
from phototag.app.pictures import free_path
from phototag.errors import PhototagError, UsageError
from phototag.media.ignore import ALBUM_MARKER
from phototag.query.parser import join_arguments
from phototag.settings import Settings
from phototag.store.albums import forget_album, list_albums, remember_album
from phototag.store.engine import open_index
from phototag.store.paths import shown

MARKER = os.fsdecode(ALBUM_MARKER)


class Kind(StrEnum):
    """What stands in an album for a photo."""

    SYMLINK = "symlink"
    HARDLINK = "hardlink"
    COPY = "copy"


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What became of an album; `skipped` are photos that are offline and were not there before, `replaced` is the query
    that it had until now, where that was another."""

    folder: Path
    photos: int
    added: int
    removed: int
    skipped: int
    replaced: str | None = None


def refresh(name: str, words: Sequence[str], out: Path, kind: str | None, answers: Answers) -> Refreshed:
    """Make the album `out/name` hold what the query finds; without words the one it was made with is asked again.

    Only what an earlier run put there is ever removed, and only while it is as that run left it. Raises UsageError for
    a name that is no folder's, and for a folder that is no album.
    """
    if name in ("", ".", "..") or Path(name).name != name or not name.isprintable():
        raise UsageError(f"“{name}” can't be the name of an album", hint="It becomes a folder's name.")
    folder = out / name
    known = _read_marker(folder)
    query = join_arguments(list(words)) or str(known.get("query", ""))
    if not query:
        raise UsageError(
            f"there is no album at {folder} yet", hint=f"Say what it holds: `phototag album {name} QUERY`."
        )
    chosen = _kind(kind or known.get("kind", Kind.SYMLINK))
    hits = list(answers.ask([query]).search(sort="path"))
    kept: dict[str, dict[str, Any]] = known.get("files", {})
    if known.get("kind", chosen) != chosen:
        _remove(folder, kept, set(kept))
        kept = {}
    wanted = {os.fsdecode(hit.path): hit for hit in hits}
    gone = {entry for entry, state in kept.items() if state["photo"] not in wanted}
    removed = _remove(folder, kept, gone)
    files = {entry: state for entry, state in kept.items() if entry not in gone and os.path.lexists(folder / entry)}
    there = {state["photo"] for state in files.values()}
    missing = [path for path in wanted if path not in there]
    present = [path for path in missing if os.path.exists(path)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_marker(folder, {"query": query, "kind": chosen, "files": files})
        try:
            for path in present:
                target = _put(Path(path), folder, chosen)
                files[target.name] = {"photo": path, "state": _state(target)}
        finally:  # what stands there is known, also when the disk is full or the user has had enough
            _write_marker(folder, {"query": query, "kind": chosen, "files": files})
    except OSError as error:
        raise PhototagError(f"can't write to {folder}: {error}", hint="Try --kind copy, or another place.") from error
    before = known.get("query", query)
    replaced = before if before != query else None
    return Refreshed(folder, len(files), len(present), removed, len(missing) - len(present), replaced)


def remember(folder: Path, settings: Settings) -> None:
    """Note an album, so that `refresh_all` finds it."""
    with open_index(settings.db, write=True) as index, index.begin() as conn:
        remember_album(conn, _key(folder))


def refresh_all(settings: Settings, note: Callable[[str], None]) -> list[Refreshed]:
    """Bring every album of the index up to date, and note what became of each. One that was deleted is forgotten; one
    whose drive is away, or whose query can't be answered any more, is left as it is."""
    done: list[Refreshed] = []
    gone: list[Path] = []
    with open_answers(settings, lambda _: None) as answers:
        for folder in map(Path, map(os.fsdecode, list_albums(answers.conn))):
            if not (folder / MARKER).exists():
                away = not folder.parent.is_dir()
                note(f"the album {folder} is {f'not there now; {_way_out(folder)}' if away else 'gone, and forgotten'}")
                gone += [] if away else [folder]
                continue
            try:
                refreshed = refresh(folder.name, (), folder.parent, None, answers)
            except PhototagError as error:
                note(f"the album {folder} is left as it was: {error.message}")
                continue
            done.append(refreshed)
            if refreshed.added or refreshed.removed:
                note(f"the album {folder}: {refreshed.added:,} added, {refreshed.removed:,} removed")
    if gone:
        with open_index(settings.db, write=True) as index, index.begin() as conn:
            for folder in gone:
                forget_album(conn, _key(folder))
    return done


def forget(folder: Path, settings: Settings) -> None:
    """Drop an album from those that `refresh_all` brings up to date; its folder stays as it is. Raises UsageError where
    there is none at `folder`."""
    with open_index(settings.db, write=True) as index, index.begin() as conn:
        if not forget_album(conn, _key(folder)):
            known = [shown(one) for one in list_albums(conn)]
            told = f"The albums of this index: {', '.join(known)}." if known else "This index has no album."
            raise UsageError(f"no album at {folder} is kept up to date", hint=told)


def _way_out(folder: Path) -> str:
    name, parent = shlex.quote(folder.name), shlex.quote(os.fspath(folder.parent))
    return f"if its drive is not just away, `phototag album {name} --out {parent} --forget` forgets it"


def _key(folder: Path) -> bytes:
    return os.fsencode(os.path.abspath(folder))


def _kind(name: str) -> Kind:
    try:
        return Kind(name)
    except ValueError as error:
        raise UsageError(f"--kind {name} is not known", hint=f"It can be {', '.join(Kind)}.") from error


def _read_marker(folder: Path) -> dict[str, Any]:
    if not folder.exists():
        return {}
    try:
        document: dict[str, Any] = json.loads((folder / MARKER).read_text("utf-8"))
        document["files"], document["query"], Kind(document["kind"])
    except FileNotFoundError as error:
        if folder.is_dir() and not any(folder.iterdir()):
            return {}
        raise UsageError(f"{folder} is no album of phototag's", hint="Name another place with --out.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{folder / MARKER} can't be read: {error}", hint="Remove the folder by hand.") from error
    return document


def _write_marker(folder: Path, document: dict[str, Any]) -> None:
    partial = folder / (MARKER + ".part")
    partial.write_text(json.dumps(document, indent=1), "utf-8")
    os.replace(partial, folder / MARKER)


def _put(photo: Path, folder: Path, kind: Kind) -> Path:
    target = free_path(folder / photo.name)
    if kind is Kind.SYMLINK:
        target.symlink_to(photo)
    elif kind is Kind.HARDLINK:
        target.hardlink_to(photo)
    else:
        try:
            shutil.copy2(photo, target)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
    return target


def _state(target: Path) -> list[int] | str:
    """What tells whether somebody has changed an entry since."""
    if target.is_symlink():
        return os.readlink(target)
    found = target.stat()
    return [found.st_size, found.st_mtime_ns]


def _remove(folder: Path, kept: dict[str, dict[str, Any]], names: set[str]) -> int:
    removed = 0
    for name in sorted(names):
        target = folder / name
        if Path(name).name == name and os.path.lexists(target) and _state(target) == kept[name]["state"]:
            target.unlink()
            removed += 1
    return removed
