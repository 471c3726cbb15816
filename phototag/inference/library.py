"""The models on this machine: those the user installed, and those embedded in the package."""

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from phototag.errors import ModelBrokenError, ModelMissingError, UsageError
from phototag.inference.catalog import Catalog, Pack
from phototag.inference.owncatalog import forget
from phototag.inference.recipe import FAMILY, read_recipe
from phototag.inference.spec import Build, ModelSpec
from phototag.types import ModelId

OWN_CATALOG = "catalog.toml"
"""In the library's folder: the user's own models (`models add`)."""
PIN_SUFFIX = ".sha256"
"""Beside a file whose checksum is published nowhere: the checksum that it had when it was installed."""


class State(StrEnum):
    """Whether a model can be used."""

    INSTALLED = "installed"
    EMBEDDED = "embedded"
    DAMAGED = "damaged"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Installed:
    """A model's file on this machine, its checksum verified; `members` are the detectors whose boxes it fuses."""

    spec: ModelSpec
    build: Build
    path: Path
    sha256: str
    embedded: bool
    members: tuple["Installed", ...] = ()

    @property
    def model(self) -> ModelId:
        """The identity under which its findings are stored."""
        return ModelId(self.spec.task, self.spec.name, self.sha256)


class Library:
    """The models of `catalog` in `folder` (one sub-folder a model) and among the catalog's embedded weights."""

    def __init__(self, catalog: Catalog, folder: Path) -> None:
        self.catalog = catalog
        self.folder = folder

    def path(self, spec: ModelSpec, build: Build) -> Path:
        """Where an installed build lies, whether or not it is there."""
        return self.folder / spec.name / build.file

    def find(self, name: str) -> Installed:
        """The model `name`, verified against the catalog's checksums.

        Raises UsageError when the catalog has no such model, ModelMissingError when it is not installed and
        ModelBrokenError when its file is damaged; the hints name the command that helps.
        """
        spec = self.catalog.model(name)
        present = [(build, path, embedded) for build, path, embedded in self._places(spec) if path.is_file()]
        if not present:
            raise ModelMissingError(f"the model {name} is not installed", hint=self.install_hint(name))
        for build, path, embedded in present:
            digest = sha256_of(path)
            if digest == expected_sha256(build, path):
                found = Installed(spec, build, path, digest, embedded)
                return self._with_members(found) if spec.head.raw.get("family") == FAMILY else found
        raise ModelBrokenError(
            f"the model file {present[0][1]} is damaged: its checksum is none of those in the catalog",
            hint=f"`phototag models remove {name}`, then: {self.install_hint(name)}",
        )

    def _with_members(self, found: Installed) -> Installed:
        """A fused detector. Its identity has those of its members in it: with another member it is another model."""
        members = tuple(self.find(name) for name in read_recipe(found.path).members)
        digests = [found.sha256, *(member.sha256 for member in members)]
        return replace(found, sha256=hashlib.sha256("\n".join(digests).encode("ascii")).hexdigest(), members=members)

    def state(self, name: str) -> State:
        """Whether the model `name` can be used."""
        try:
            return State.EMBEDDED if self.find(name).embedded else State.INSTALLED
        except ModelMissingError:
            return State.MISSING
        except ModelBrokenError:
            return State.DAMAGED

    def states(self) -> Mapping[str, State]:
        """The state of every model of the catalog."""
        return {name: self.state(name) for name in self.catalog.models}

    def pack_installed(self, pack: Pack) -> bool:
        """Whether both models of `pack` can be used."""
        return all(self.state(name) in (State.INSTALLED, State.EMBEDDED) for name in pack.models)

    def best_pack(self) -> Pack:
        """The most accurate pack that is installed and may be chosen unasked, else the embedded one.

        Raises ModelMissingError when there is none.
        """
        for pack in reversed(list(self.catalog.packs.values())):
            if pack.default and self.pack_installed(pack):
                return pack
        others = [pack.name for pack in self.catalog.packs.values() if not pack.default and self.pack_installed(pack)]
        if others:
            raise ModelMissingError(
                f"the pack {others[0]} is never chosen by itself", hint=f"Ask for it with `--pack {others[0]}`."
            )
        raise ModelMissingError("no models are installed", hint=self.install_hint())

    def remove(self, name: str) -> None:
        """Delete the installed files of the model `name`; findings that it made stay in the index. What the user
        added is taken out of the catalog as well.

        Raises UsageError when it is embedded, ModelMissingError when it is not installed.
        """
        spec = self.catalog.model(name)
        folder = self.folder / spec.name
        if folder.is_dir() or name in self.catalog.own:
            forget(self.folder / OWN_CATALOG, name)
            shutil.rmtree(folder, ignore_errors=name in self.catalog.own)  # which may have lost its folder
        elif spec.embedded:
            raise UsageError(f"the model {name} is part of phototag and can't be removed")
        else:
            raise ModelMissingError(f"the model {name} is not installed", hint=self.install_hint(name))

    def install_hint(self, name: str = "") -> str:
        """The command that installs a pack: one with the model `name` if given, and one with an address if possible."""
        if name in self.catalog.own:
            return f"`phototag models add FILE.onnx --name {name}`"
        packs = [pack.name for pack in self.catalog.packs.values() if not name or name in pack.models]
        ready = [pack for pack in packs if pack in self.catalog.downloadable_packs()]
        if ready:
            return f"`phototag models install {ready[0]}`"
        return f"`phototag models install {packs[0] if packs else name} --from FOLDER`"

    def _places(self, spec: ModelSpec) -> Iterator[tuple[Build, Path, bool]]:
        for build in spec.builds:
            yield build, self.path(spec, build), False
        if spec.embedded:
            for build in spec.builds:
                yield build, self.catalog.folder / build.file, True


def expected_sha256(build: Build, path: Path) -> str:
    """The checksum that the file at `path` must have: the published one, else the one pinned when it was installed."""
    if build.sha256:
        return build.sha256
    pin = pin_path(path)
    return pin.read_text(encoding="ascii").strip() if pin.is_file() else ""


def pin_path(path: Path) -> Path:
    """Where the pinned checksum of the model file `path` is kept."""
    return path.with_name(path.name + PIN_SUFFIX)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex. Raises ModelBrokenError when it can't be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelBrokenError(f"the model file {path} can't be read: {error}") from error
