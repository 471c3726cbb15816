"""Guessing how an ONNX file wants to be used, from its inputs, outputs and metadata.

A guess is the table that a catalog would have for the model; whoever adds the model can override any key of it.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from phototag.errors import ModelBrokenError
from phototag.inference.metadata import names_in, side_in
from phototag.inference.rules import KNOWN_LISTS, RULES, Found, Outputs
from phototag.inference.session import Session, Tensor

FAMILIES_FILE = "families.toml"
TYPES = {"tensor(float)": "float32", "tensor(float16)": "float16", "tensor(uint8)": "uint8"}
USUAL_SIDE = {"detect": 640, "classify": 224}
UNTOLD_LISTS = {"detr": "coco-80.tsv", "ssd": "coco-91.tsv", "yolo-end-to-end": "coco-80.tsv"}
CROP = 224 / 256
"""The customary part of the short side that a classifier sees."""


@dataclass(frozen=True, slots=True)
class Image:
    """The image input: `batch`, `width` and `height` are 0 where the file leaves them open."""

    name: str
    layout: str
    dtype: str
    batch: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Guess:
    """`table` is a catalog's `models.NAME` table without its builds and labels; `labels` the names that the file
    carries, or (); `label_count` how many it needs (0: can't be told); `label_file` a list of phototag's that fits, or
    ""; `notes` what was guessed and from what, for the user to check."""

    table: dict[str, Any]
    labels: tuple[str, ...]
    label_count: int
    label_file: str
    notes: tuple[str, ...]


def recognise(session: Session, families: Path, *, task: str = "", size: tuple[int, int] = (0, 0)) -> Guess:
    """The guess for an open model; `families` is the file with what is customary for each family.

    Where the user knows better, `task` leaves only the families for it, and `size` (width, height) is used where the
    file leaves the input's size open. Raises ModelBrokenError, saying what the file has instead, when it fits no family
    that phototag knows.
    """
    image = image_input(session)
    metadata = session.metadata
    _refuse_other_tasks(session)
    side = side_in(metadata)
    detects = any(len(shape) == 3 for _, shape in session.outputs.values())
    usual = side or USUAL_SIDE[task or ("detect" if detects else "classify")]
    width, height = image.width or size[0] or usual, image.height or size[1] or usual
    customs = tomllib.loads(families.read_text("utf-8"))
    outputs = Outputs(_run_on_noise(session, image, width, height), width, height, image.layout)
    fitting = (guess for rule in RULES if (guess := rule(session, outputs)))
    found = next((guess for guess in fitting if task in ("", customs[guess.customs]["task"])), None)
    if found is None:
        shapes = ", ".join(f"{name} {list(tensor.shape)}" for name, tensor in outputs.tensors.items())
        raise ModelBrokenError(
            f"{session.path.name} fits no family of models that phototag knows{task and f' that {task}'}; "
            f"its outputs are {shapes}",
            hint="Describe it in a TOML file and give that with --spec.",
        )
    notes = [found.why, f"pixels as is customary for {found.customs}: check colours, scale and fit"]
    if not (image.width and image.height):
        source = "as you said" if any(size) else "from its metadata" if side else "is usual"
        notes.append(f"the file takes any size: {width} x {height} {source}")
    labels = names_in(metadata)
    if labels and found.labels and len(labels) != found.labels:
        notes.append(f"the file carries {len(labels)} names for {found.labels} labels: they are not used")
        labels = ()
    label_file = "" if labels else _label_file(found)
    if label_file and not found.labels:
        notes.append(f"how many labels it has can't be seen: the names are those of {label_file}")
    table = _table(image, (width, height), found, customs[found.customs], metadata)
    return Guess(table, labels, found.labels, label_file, tuple(notes))


def _refuse_other_tasks(session: Session) -> None:
    other = session.metadata.get("task", "")  # Ultralytics' exporter
    if other in ("segment", "pose", "obb"):
        raise ModelBrokenError(
            f"{session.path.name} says that its task is “{other}”: phototag runs classifiers and detectors of boxes",
            hint="Export a model for detection or classification.",
        )


def _label_file(found: Found) -> str:
    return KNOWN_LISTS.get(found.labels, "") if found.labels else UNTOLD_LISTS[found.customs]


def image_input(session: Session) -> Image:
    """The input that takes the images. Raises ModelBrokenError when there is none that phototag can feed."""
    for name, (kind, shape) in session.inputs.items():
        if len(shape) != 4:
            continue
        open_channels = not isinstance(shape[1], int) and not isinstance(shape[3], int)  # some exporters fix nothing
        layout = "nchw" if shape[1] == 3 or open_channels else "nhwc" if shape[3] == 3 else ""
        if not layout or kind not in TYPES:
            wanted = ", ".join(TYPES.values())
            raise ModelBrokenError(
                f"{session.path.name} takes {kind} {list(shape)}, phototag can give three channels of {wanted}"
            )
        batch, height, width = (shape[place] for place in ((0, 2, 3) if layout == "nchw" else (0, 1, 2)))
        sizes = [size if isinstance(size, int) and size > 0 else 0 for size in (batch, width, height)]
        return Image(name, layout, TYPES[kind], *sizes)
    raise ModelBrokenError(f"{session.path.name} has no image input: its inputs are {', '.join(session.inputs)}")


def _run_on_noise(session: Session, image: Image, width: int, height: int) -> dict[str, Tensor]:
    shape = (image.batch or 1, 3, height, width) if image.layout == "nchw" else (image.batch or 1, height, width, 3)
    noise = np.random.default_rng(0).random(shape)
    feeds: dict[str, Tensor] = {image.name: (noise * 255 if image.dtype == "uint8" else noise).astype(image.dtype)}
    for name, (_, other) in session.inputs.items():
        if name != image.name and len(other) == 2 and other[1] == 2:
            feeds[name] = np.array([[width, height]] * shape[0], np.int64)
    return session.run(feeds, tuple(session.outputs))


def _table(
    image: Image, size: tuple[int, int], found: Found, customs: Mapping[str, Any], metadata: Mapping[str, str]
) -> dict[str, Any]:
    width, height = size
    pixels = dict(customs["input"])
    if pixels["fit"] == "crop":
        pixels["short_side"] = round(max(width, height) / CROP)
    if image.dtype == "uint8":
        pixels.update(scale=1.0, mean=[0.0, 0.0, 0.0], std=[1.0, 1.0, 1.0])
    return {
        "task": customs["task"],
        "licence": metadata.get("license", "not stated"),
        "source": metadata.get("author", "added by the user"),
        "accuracy": "none published",
        "note": metadata.get("description", ""),
        "tested": False,
        "embedded": False,
        "input": {
            "width": width,
            "height": height,
            "batch": image.batch or 1,
            "layout": image.layout,
            "dtype": image.dtype,
            **pixels,
        },
        "head": {**customs["head"], **found.head},
        "confidence": dict(customs["confidence"]),
    }
