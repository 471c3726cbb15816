"""A model as data: everything that phototag must know to run it, read from a catalog."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from phototag.inference.labels import read_labels
from phototag.inference.tables import Table
from phototag.types import Task


class Fit(StrEnum):
    """How a photo of any shape becomes the model's rectangle."""

    STRETCH = "stretch"
    LETTERBOX = "letterbox"
    CROP = "crop"


class Activation(StrEnum):
    """What turns a classifier's output into confidences, and how those of several labels add up to a word's.

    The labels of `softmax` (logits) and `probabilities` (softmax already inside) exclude one another: a word's
    confidence is the sum. Those of `sigmoid` (logits) and `independent` (sigmoid already inside) don't: it is the
    largest.
    """

    SOFTMAX = "softmax"
    PROBABILITIES = "probabilities"
    SIGMOID = "sigmoid"
    INDEPENDENT = "independent"

    @property
    def exclusive(self) -> bool:
        """Whether exactly one label can be true."""
        return self in (Activation.SOFTMAX, Activation.PROBABILITIES)


@dataclass(frozen=True, slots=True)
class InputSpec:
    """What the model wants to see.

    `width` x `height` pixels, `batch` photos at most in one run, `layout` nchw or nhwc, `dtype` float32, float16 or
    uint8, `channels` rgb or bgr. A channel's value v (0..255) becomes (v * scale - mean) / std, mean and std in the
    order of `channels`. `pad` and `anchor` (top-left or center) belong to `letterbox`, `short_side` to `crop`.
    """

    width: int
    height: int
    batch: int
    layout: str
    dtype: str
    channels: str
    fit: Fit
    resampling: str
    scale: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
    pad: int = 0
    anchor: str = ""
    short_side: int = 0


@dataclass(frozen=True, slots=True)
class Build:
    """One file that holds the model. `size` is in bytes (0: unpublished), `sha256` in hex ("": unpublished, pinned when
    first installed), `url` the official address ("": published nowhere), `tested` whether phototag's authors ran it."""

    file: str
    size: int
    sha256: str
    url: str
    tested: bool = False


@dataclass(frozen=True, slots=True)
class Confidences:
    """`floor`: the lowest confidence that is stored; `threshold`: the lowest that answers a query, `per_label` where a
    label has its own; `hidden`: labels too unreliable to answer unless asked for with a confidence; `keep`: the most
    findings stored of one photo."""

    floor: float
    threshold: float
    keep: int
    per_label: dict[str, float]
    hidden: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model of the catalog. `accuracy` is the published one, in words; `tested` says whether phototag's authors ran
    it with its real weights; `note` is what a user should know before choosing it; `head` describes the outputs (its
    keys depend on the family) and is read by the decoder."""

    name: str
    task: Task
    licence: str
    source: str
    accuracy: str
    note: str
    tested: bool
    embedded: bool
    labels_file: Path
    input: InputSpec
    head: Table
    confidences: Confidences
    builds: tuple[Build, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The name of each output column; `labels.UNUSED` where a column stands for nothing."""
        return read_labels(self.labels_file).names

    @property
    def builds_tested(self) -> int:
        """How many of the builds phototag's authors ran."""
        return sum(build.tested for build in self.builds)

    @property
    def downloadable(self) -> bool:
        """Whether one of the builds has an official address."""
        return any(build.url for build in self.builds)


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model to load: its description and its file.

    `names` has the name to use for each of the model's labels (`labels.UNUSED` leaves one out), `ancestors` the
    words at or above each name; `floor` None means the catalog's; `members` are the detectors whose boxes it fuses.
    """

    spec: ModelSpec
    path: Path
    sha256: str
    names: tuple[str, ...]
    ancestors: Mapping[str, tuple[str, ...]]
    floor: float | None
    members: tuple["ModelFile", ...] = ()


def read_spec(name: str, table: Table, folder: Path) -> ModelSpec:
    """The model `name` described by a catalog's `table`; `folder` is the catalog's, for relative paths.

    Raises ModelBrokenError naming the key when something is missing, misspelt or impossible.
    """
    tested = table.flag("tested")
    spec = ModelSpec(
        name=name,
        task=Task(table.choice("task", *Task)),
        licence=table.text("licence"),
        source=table.text("source"),
        accuracy=table.text("accuracy"),
        note=table.text("note"),
        tested=tested,
        embedded=table.flag("embedded"),
        labels_file=folder / table.text("labels"),
        input=_read_input(table.table("input")),
        head=table.table("head"),
        confidences=_read_confidences(table.table("confidence")),
        builds=tuple(_read_build(build, tested) for build in table.tables("builds")),
    )
    table.finish()
    if not spec.builds:
        raise table.error("builds", "is empty")
    return spec


def _read_input(table: Table) -> InputSpec:
    fit = Fit(table.choice("fit", *Fit))
    spec = InputSpec(
        width=table.integer("width"),
        height=table.integer("height"),
        batch=table.integer("batch"),
        layout=table.choice("layout", "nchw", "nhwc"),
        dtype=table.choice("dtype", "float32", "float16", "uint8"),
        channels=table.choice("channels", "rgb", "bgr"),
        fit=fit,
        resampling=table.choice("resampling", "nearest", "area", "bilinear", "bicubic", "lanczos"),
        scale=table.number("scale"),
        mean=table.numbers("mean", 3),
        std=table.numbers("std", 3),
        pad=table.integer("pad") if fit is Fit.LETTERBOX else 0,
        anchor=table.choice("anchor", "top-left", "center") if fit is Fit.LETTERBOX else "",
        short_side=table.integer("short_side") if fit is Fit.CROP else 0,
    )
    table.finish()
    if min(spec.width, spec.height, spec.batch) < 1:
        raise table.error("width, height and batch", "must be above zero")
    if 0.0 in spec.std:
        raise table.error("std", "must not be zero")
    if spec.dtype == "uint8" and (spec.scale, *spec.mean, *spec.std) != (1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0):
        raise table.error("dtype", "uint8 takes pixels as they are: scale 1, mean 0, std 1")
    if fit is Fit.CROP and spec.short_side < max(spec.width, spec.height):
        raise table.error("short_side", "must not be smaller than the input")
    return spec


def _read_confidences(table: Table) -> Confidences:
    labels = table.table("labels") if "labels" in table else Table({}, table.where)
    confidences = Confidences(
        floor=table.fraction("floor"),
        threshold=table.fraction("threshold"),
        keep=table.integer("keep"),
        per_label={label: labels.fraction(label) for label in labels},
        hidden=table.texts("hidden") if "hidden" in table else (),
    )
    table.finish()
    return confidences


def _read_build(table: Table, tested: bool) -> Build:
    build = Build(
        file=table.text("file"),
        size=table.integer("size"),
        sha256=table.text("sha256").lower(),
        url=table.text("url"),
        tested=table.flag("tested") if "tested" in table else tested,
    )
    table.finish()
    if not build.file or Path(build.file).name != build.file:
        raise table.error("file", "must be the name of a file, without folders")
    if build.sha256 and len(build.sha256) != 64:
        raise table.error("sha256", "must have 64 hexadecimal digits, or none")
    return build
