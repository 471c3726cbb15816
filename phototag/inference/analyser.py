"""Analysers: a model made ready, which says what it finds in photos."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np
from PIL import Image

from phototag.errors import ModelBrokenError
from phototag.geometry import Box
from phototag.inference.classify import ClassifierHead
from phototag.inference.decoders import read_decoder
from phototag.inference.fusion import fuse
from phototag.inference.labels import UNUSED
from phototag.inference.nms import Candidates, suppress
from phototag.inference.preprocess import Placement, minimum_size, prepare
from phototag.inference.providers import CPU
from phototag.inference.recipe import read_recipe
from phototag.inference.session import Session, Tensor
from phototag.inference.spec import InputSpec, ModelFile
from phototag.types import Detection, Findings, ModelId, Task

SUPPRESSION_LIMIT = 1000
"""Non-maximum suppression compares every pair: of one photo, at most this many of the best candidates take part."""


class Analyser(Protocol):
    """What the pipeline needs of a model."""

    @property
    def model(self) -> ModelId:
        """The identity that its findings are stored under."""
        ...

    @property
    def floor(self) -> float:
        """The lowest confidence in its findings."""
        ...

    @property
    def minimum_size(self) -> tuple[int, int]:
        """The length of the (shorter, longer) side below which a photo must not be shrunk before `analyse`."""
        ...

    def analyse(self, images: Sequence[Image.Image]) -> list[Findings]:
        """What the model finds in each of the upright RGB `images`, whose sizes may differ.

        Raises ModelBrokenError when the model fails.
        """
        ...


class _Model:
    """What classifiers and detectors have in common."""

    def __init__(self, model: ModelFile, session: Session) -> None:
        spec = model.spec
        if len(model.names) != len(spec.labels):
            raise ValueError(f"{len(model.names)} names for the {len(spec.labels)} labels of {spec.name}")
        self.model = ModelId(spec.task, spec.name, model.sha256)
        self.floor = spec.confidences.floor if model.floor is None else model.floor
        self.minimum_size = minimum_size(spec.input)
        self._session = session
        self._spec = spec
        self._names = model.names
        self._image_input, self._fixed = _image_input(session, spec.input)

    def _batches(self, images: Sequence[Image.Image]) -> Iterator[tuple[Tensor, list[Placement]]]:
        size = self._spec.input.batch
        for start in range(0, len(images), size):
            tensor, placements = prepare(images[start : start + size], self._spec.input)
            if self._fixed and len(tensor) < size:
                tensor = np.concatenate([tensor, np.zeros((size - len(tensor), *tensor.shape[1:]), tensor.dtype)])
            yield tensor, placements

    def feeds(self, images: Sequence[Image.Image]) -> Iterator[tuple[dict[str, Tensor], list[Placement]]]:
        """What the model is given for the images, a batch at a time, and where each photo lies in its input."""
        for tensor, placements in self._batches(images):
            yield {self._image_input: tensor, **self._extra_inputs(len(tensor))}, placements

    def _extra_inputs(self, _count: int) -> dict[str, Tensor]:
        return {}

    def _run(self, feeds: Mapping[str, Tensor], outputs: tuple[str, ...], count: int) -> dict[str, Tensor]:
        """The outputs for the first `count` images of a batch."""
        return {name: tensor[:count] for name, tensor in self._session.run(feeds, outputs).items()}


class Classifier(_Model):
    """A classifier. See `Analyser`."""

    def __init__(self, model: ModelFile, session: Session) -> None:
        super().__init__(model, session)
        self._head = ClassifierHead(model.spec, model.names, model.ancestors)

    def analyse(self, images: Sequence[Image.Image]) -> list[Findings]:
        """The labels, and the words at or above them, of each image."""
        found: list[Findings] = []
        for feeds, placements in self.feeds(images):
            found += self._head.findings(self._run(feeds, self._head.outputs, len(placements)), self.floor)
        return found


class Detector(_Model):
    """A detector. See `Analyser`."""

    def __init__(self, model: ModelFile, session: Session) -> None:
        super().__init__(model, session)
        self._decoder, self._nms_iou = read_decoder(model.spec)

    def analyse(self, images: Sequence[Image.Image]) -> list[Findings]:
        """The objects in each image, best first."""
        found: list[Findings] = []
        for feeds, placements in self.feeds(images):
            outputs = self._run(feeds, self._decoder.outputs, len(placements))
            for candidates, placement in zip(self._decoder.decode(outputs, self.floor), placements, strict=True):
                found.append(Findings(detections=self._detections(candidates, placement)))
        return found

    def _extra_inputs(self, count: int) -> dict[str, Tensor]:
        return self._decoder.extra_inputs(count)

    def _detections(self, candidates: Candidates, placement: Placement) -> tuple[Detection, ...]:
        best = candidates.best(self.floor, SUPPRESSION_LIMIT)
        if len(best) and not 0 <= best.labels.min() <= best.labels.max() < len(self._names):
            raise ModelBrokenError(
                f"{self.model.name} answered with label {best.labels.max()}, its label list has {len(self._names)}"
            )
        if self._nms_iou < 1.0:
            best = suppress(best, self._nms_iou)
        boxes = placement.to_fractions(best.boxes)
        rows = zip(best.labels.tolist(), best.scores.tolist(), boxes.tolist(), strict=True)
        named = ((self._names[label], score, box) for label, score, box in rows)
        visible = [row for row in named if row[0] != UNUSED and _visible(row[2])]
        return tuple(
            Detection(name, min(score, 1.0), Box(*box)) for name, score, box in visible[: self._spec.confidences.keep]
        )


class Fusion:
    """Several detectors whose boxes are fused. See `Analyser`."""

    def __init__(self, model: ModelFile, members: Sequence[Analyser]) -> None:
        self.model = ModelId(model.spec.task, model.spec.name, model.sha256)
        self.floor = model.spec.confidences.floor if model.floor is None else model.floor
        sizes = [member.minimum_size for member in members]
        self.minimum_size = max(size[0] for size in sizes), max(size[1] for size in sizes)
        self._iou = read_recipe(model.path).iou
        self._keep = model.spec.confidences.keep
        self._members = members

    def analyse(self, images: Sequence[Image.Image]) -> list[Findings]:
        """The objects in each image, best first."""
        opinions = zip(*(member.analyse(images) for member in self._members), strict=True)
        return [Findings(detections=self._fused(several)) for several in opinions]

    def _fused(self, several: Sequence[Findings]) -> tuple[Detection, ...]:
        found = fuse([one.detections for one in several], self._iou)
        return tuple(one for one in found if one.confidence >= self.floor)[: self._keep]


def open_analyser(model: ModelFile, *, threads: int = 0, provider: str = CPU) -> Classifier | Detector | Fusion:
    """The model, ready to run on `threads` cores (0: all).

    Raises ModelBrokenError when the file can't be loaded or does not fit its description.
    """
    if model.members:
        return Fusion(model, [open_single(member, threads=threads, provider=provider) for member in model.members])
    return open_single(model, threads=threads, provider=provider)


def open_single(model: ModelFile, *, threads: int = 0, provider: str = CPU) -> Classifier | Detector:
    """A model that is no fusion. See `open_analyser`."""
    session = Session(model.path, threads=threads, provider=provider)
    return Classifier(model, session) if model.spec.task is Task.CLASSIFY else Detector(model, session)


def _image_input(session: Session, spec: InputSpec) -> tuple[str, bool]:
    """The name of the input for the images, the only one with four dimensions, and whether its batch is fixed."""
    able = [name for name, (_, shape) in session.inputs.items() if len(shape) == 4]
    if len(able) != 1:
        raise ModelBrokenError(f"{session.path.name} should have one image input, it has {len(able)}")
    kind, shape = session.inputs[able[0]]
    channels = (3, spec.height, spec.width) if spec.layout == "nchw" else (spec.height, spec.width, 3)
    wanted = {"float32": "tensor(float)", "float16": "tensor(float16)", "uint8": "tensor(uint8)"}[spec.dtype]
    fits = all(not isinstance(size, int) or size == want for size, want in zip(shape[1:], channels, strict=True))
    if kind != wanted or not fits or (isinstance(shape[0], int) and shape[0] != spec.batch):
        raise ModelBrokenError(f"{session.path.name} takes {kind} {list(shape)}, the catalog says {wanted} {channels}")
    return str(able[0]), isinstance(shape[0], int)


def _visible(box: list[float]) -> bool:
    """Whether a clipped box has a finite area above zero; a box wholly outside the photo has none."""
    return box[0] < box[2] and box[1] < box[3]
