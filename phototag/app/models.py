"""The models that a run uses, and the library they come from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from phototag.errors import UsageError
from phototag.inference.catalog import Pack, load_catalog
from phototag.inference.library import OWN_CATALOG, Installed, Library, State
from phototag.inference.spec import ModelSpec
from phototag.settings import Settings
from phototag.types import Task


@dataclass(frozen=True, slots=True)
class Choice:
    """The models of a run; `pack` is None where the user named both."""

    pack: Pack | None
    classifier: Installed
    detector: Installed

    @property
    def names(self) -> dict[str, str]:
        """The model's name per task, as the report has it."""
        return {Task.CLASSIFY.value: self.classifier.spec.name, Task.DETECT.value: self.detector.spec.name}

    @property
    def embedded(self) -> bool:
        """Whether the embedded weights are all there is to use."""
        return self.classifier.embedded and self.detector.embedded


def open_library(settings: Settings) -> Library:
    """The user's models. Raises ModelBrokenError when a catalog can't be read."""
    folder = settings.folders.models
    return Library(load_catalog(own=folder / OWN_CATALOG), folder)


def choose_models(settings: Settings) -> Choice:
    """The classifier and the detector to use: those the settings name, else the named pack's, else the best installed.

    Raises ModelMissingError or ModelBrokenError with the command that helps, UsageError for a name that is none.
    """
    library = open_library(settings)
    pack = None
    if not (settings.classifier and settings.detector):
        pack = library.catalog.pack(settings.pack) if settings.pack else library.best_pack()
    return Choice(
        pack,
        _find(library, Task.CLASSIFY, settings.classifier or (pack.classifier if pack else "")),
        _find(library, Task.DETECT, settings.detector or (pack.detector if pack else "")),
    )


def choose_one(settings: Settings, task: Task) -> Installed:
    """The model of one task alone, chosen as `choose_models` does. Raises ModelError subclasses and UsageError."""
    library = open_library(settings)
    name = settings.classifier if task is Task.CLASSIFY else settings.detector
    if not name:
        pack = library.catalog.pack(settings.pack) if settings.pack else library.best_pack()
        name = pack.classifier if task is Task.CLASSIFY else pack.detector
    return _find(library, task, name)


def install(
    settings: Settings, name: str, source: str | None, progress: Callable[[str, int, int], None]
) -> list[Installed]:
    """The models of the pack `name`, or the model of that name, installed from `source`, else from the configured
    source, else from the official addresses.

    `progress` gets (model, bytes done, bytes in all). Raises ModelError subclasses; what was installed stays.
    """
    from phototag.inference.install import choose_sources, install_models  # it brings http and ssl

    library = open_library(settings)
    sources = choose_sources(source or settings.model_source)
    catalog = library.catalog
    names = (name,) if name in catalog.models and name not in catalog.packs else catalog.pack(name).models
    return install_models(library, names, sources, lambda spec, *sizes: progress(spec.name, *sizes))


def fuse(settings: Settings, name: str, members: Sequence[str], iou: float, threshold: float | None) -> ModelSpec:
    """Make the detector `name`, which fuses the boxes of several. Errors as those of `fuse_models`."""
    from phototag.inference.ensemble import Wish, fuse_models

    return fuse_models(open_library(settings), name, Wish(tuple(members), iou, threshold))


def model_states(settings: Settings) -> list[tuple[ModelSpec, State]]:
    """Every model of the catalog and whether it can be used."""
    library = open_library(settings)
    states = library.states()
    return [(spec, states[name]) for name, spec in library.catalog.models.items()]


def _find(library: Library, task: Task, name: str) -> Installed:
    found = library.find(name)
    if found.spec.task is not task:
        names = [spec.name for spec in library.catalog.models.values() if spec.task is task]
        raise UsageError(f"the model {name} does not {task.value}", hint=f"Models that do: {', '.join(names)}.")
    return found
