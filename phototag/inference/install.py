"""Installing models: from a folder, from an address, or from where they are officially published."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from phototag.errors import ModelBrokenError, ModelError, ModelMissingError
from phototag.inference.download import Progress, fetch, is_url
from phototag.inference.library import Installed, Library, State, expected_sha256, pin_path, sha256_of
from phototag.inference.spec import Build, ModelSpec

SOURCE_VARIABLE = "PHOTOTAG_MODEL_SOURCE"


@dataclass(frozen=True, slots=True)
class Sources:
    """Where to look, in order: `places` (folders, or addresses of folders), then, if `official`, the addresses of the
    catalog."""

    places: tuple[str, ...]
    official: bool


def choose_sources(given: str | None) -> Sources:
    """`given` (the option --from) alone if there is one; else `PHOTOTAG_MODEL_SOURCE`, then the official addresses."""
    if given:
        return Sources((given,), official=False)
    configured = os.environ.get(SOURCE_VARIABLE)
    return Sources((configured,) if configured else (), official=True)


def install_models(
    library: Library, names: Sequence[str], sources: Sources, progress: Callable[[ModelSpec, int, int], None]
) -> list[Installed]:
    """The named models, installed from the first source that has each; what is installed already is left alone.

    `progress` gets (model, bytes done, bytes in all). Raises ModelMissingError before anything is fetched when no
    source can have a file, ModelBrokenError when a file has the wrong bytes, ModelError when a download fails.
    """
    specs = [library.catalog.model(name) for name in names]
    for spec in specs:
        _check_obtainable(library, spec, sources)
    return [install_model(library, spec, sources, partial(progress, spec)) for spec in specs]


def install_model(library: Library, spec: ModelSpec, sources: Sources, progress: Progress) -> Installed:
    """The model `spec`, installed from the first source that has one of its builds. Errors as `install_models`."""
    try:
        return library.find(spec.name)
    except ModelError:  # missing, or damaged and about to be replaced
        pass
    library.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (library.folder / spec.name).mkdir(mode=0o700, exist_ok=True)
    try:
        build = _obtain(library, spec, sources, progress)
    finally:
        _remove_if_empty(library.folder / spec.name)
    path = library.path(spec, build)
    return Installed(spec, build, path, expected_sha256(build, path), embedded=False)


def _obtain(library: Library, spec: ModelSpec, sources: Sources, progress: Progress) -> Build:
    missing: list[str] = []
    wrong: list[str] = []
    for address, builds in _addresses(spec, sources):
        part = part_path(library.path(spec, builds[0]))
        if not _bring(address, part, _largest(builds), progress):
            missing.append(address)
            continue
        for build in builds:
            if _accept(build, library.path(spec, build)):
                return build
        part.unlink()
        wrong.append(address)
    if wrong:
        raise ModelBrokenError(
            f"{wrong[0]} is not the model {spec.name}: its checksum is none of those in the catalog",
            hint="Nothing was installed. Choose another source with --from.",
        )
    raise ModelMissingError(
        f"the model {spec.name} was not found: there is no {' and no '.join(missing) or 'source of it'}",
        hint="Check the source, or give another one with --from.",
    )


def _addresses(spec: ModelSpec, sources: Sources) -> Iterator[tuple[str, list[Build]]]:
    """Where to look, and which builds (of one file name) what is found there may be."""
    for place in sources.places:
        for file in dict.fromkeys(build.file for build in spec.builds):
            yield f"{place.rstrip('/')}/{file}", [build for build in spec.builds if build.file == file]
    if sources.official:
        for build in spec.builds:
            if build.url:
                yield build.url, [build]


def _largest(builds: Sequence[Build]) -> int:
    """The length that none of the builds exceeds; 0 when that is not known."""
    sizes = [build.size for build in builds]
    return max(sizes) if all(sizes) else 0


def _bring(address: str, part: Path, size: int, progress: Progress) -> bool:
    """Whether there is a file at `address`; it then lies in `part`."""
    if is_url(address):
        try:
            fetch(address, part, size, progress)
        except ModelMissingError:
            return False
        return True
    file = Path(address).expanduser()
    if not file.is_file():
        return False
    try:
        shutil.copyfile(file, part)
    except OSError as error:
        raise ModelError(f"{file} can't be copied to {part.parent}: {error}", hint="Check the disk space.") from error
    progress(part.stat().st_size, part.stat().st_size)
    return True


def _accept(build: Build, target: Path) -> bool:
    """Whether the part file is this build; if so it takes its name, in one step."""
    part = part_path(target)
    digest = sha256_of(part)
    if digest != (build.sha256 or digest) or (build.size and part.stat().st_size != build.size):
        return False
    part.chmod(0o600)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    if not build.sha256:
        pin_path(target).write_text(f"{digest}\n", encoding="ascii")
    part.replace(target)
    return True


def part_path(target: Path) -> Path:
    """Where a file lies until it is complete and verified."""
    return target.with_name(target.name + ".part")


def _check_obtainable(library: Library, spec: ModelSpec, sources: Sources) -> None:
    if sources.places or spec.downloadable or library.state(spec.name) in (State.INSTALLED, State.EMBEDDED):
        return
    ready = ", ".join(library.catalog.downloadable_packs())
    raise ModelMissingError(
        f"the model {spec.name} is published nowhere as ONNX",
        hint=f"Give a folder that holds it with --from, or install a pack whose every file has an address: {ready}.",
    )


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
