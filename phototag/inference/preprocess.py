"""From an upright photo to the model's tensor, and from the model's pixels back to fractions of the photo."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from phototag.inference.session import Tensor
from phototag.inference.spec import Fit, InputSpec

SHRINKING = {
    "nearest": Image.Resampling.NEAREST,
    "area": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
ENLARGING = {**SHRINKING, "area": Image.Resampling.BILINEAR}
"""`area` gives a pixel the mean of what it covers. A photo enlarged that way would fall into squares, so it is bilinear
then, as in OpenCV, whose name this is."""
REDUCING_GAP = 3.0
"""Large photos are first shrunk by a whole factor (fast), then resampled from at least this many times the target size;
Pillow's documentation calls the result indistinguishable from resampling at once."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the whole photo lies in the model's input, in input pixels; with a crop it reaches beyond the input."""

    left: float
    top: float
    width: float
    height: float

    def to_fractions(self, boxes: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Boxes [n, 4] (x1, y1, x2, y2 in input pixels) as fractions of the photo, clipped to it."""
        offset = np.array([self.left, self.top, self.left, self.top], np.float32)
        size = np.array([self.width, self.height, self.width, self.height], np.float32)
        fractions: npt.NDArray[np.float32] = np.clip((boxes - offset) / size, 0.0, 1.0)
        return fractions


def minimum_size(spec: InputSpec) -> tuple[int, int]:
    """How long a photo's (shorter, longer) side must stay when it is shrunk while decoding, lest the model see less.

    A letterbox is filled by the longer side: the shorter one may be anything.
    """
    if spec.fit is Fit.CROP:
        return spec.short_side, spec.short_side
    longest = max(spec.width, spec.height)
    return (1 if spec.fit is Fit.LETTERBOX else longest), longest


def prepare(images: Sequence[Image.Image], spec: InputSpec) -> tuple[Tensor, list[Placement]]:
    """The input tensor for upright RGB `images`, one after another, and where each photo lies in its input."""
    fitted = [_fit(image, spec) for image in images]
    return _tensor(fitted, spec), [placement for _, placement in fitted]


def _fit(image: Image.Image, spec: InputSpec) -> tuple[Image.Image, Placement]:
    """What the model sees of the photo, without padding."""
    width, height = spec.width, spec.height
    if spec.fit is Fit.STRETCH:
        return _resize(image, (width, height), spec), Placement(0, 0, width, height)
    if spec.fit is Fit.CROP:
        return _crop(image, spec)
    ratio = min(width / image.width, height / image.height)
    inner = (max(1, int(image.width * ratio)), max(1, int(image.height * ratio)))
    left, top = ((width - inner[0]) // 2, (height - inner[1]) // 2) if spec.anchor == "center" else (0, 0)
    return _resize(image, inner, spec), Placement(left, top, *inner)


def _crop(image: Image.Image, spec: InputSpec) -> tuple[Image.Image, Placement]:
    """The middle of the photo, as if its short side had been scaled to `short_side` first; resampled only once."""
    ratio = spec.short_side / min(image.size)
    width, height = spec.width / ratio, spec.height / ratio
    left, top = max(0.0, (image.width - width) / 2), max(0.0, (image.height - height) / 2)
    placement = Placement(-left * ratio, -top * ratio, image.width * ratio, image.height * ratio)
    middle = (left, top, min(left + width, image.width), min(top + height, image.height))
    return _resize(image, (spec.width, spec.height), spec, middle), placement


def _resize(
    image: Image.Image, size: tuple[int, int], spec: InputSpec, box: tuple[float, float, float, float] | None = None
) -> Image.Image:
    if image.size == size and box is None:
        return image
    left, top, right, bottom = box or (0, 0, *image.size)
    methods = SHRINKING if size[0] <= right - left and size[1] <= bottom - top else ENLARGING
    return image.resize(size, methods[spec.resampling], box=box, reducing_gap=REDUCING_GAP)


def _tensor(fitted: Sequence[tuple[Image.Image, Placement]], spec: InputSpec) -> Tensor:
    gain = _per_channel([spec.scale / std for std in spec.std])
    offset = _per_channel([-mean / std for mean, std in zip(spec.mean, spec.std, strict=True)])
    shape = (3, spec.height, spec.width) if spec.layout == "nchw" else (spec.height, spec.width, 3)
    tensor = np.empty((len(fitted), *shape), np.uint8 if spec.dtype == "uint8" else np.float32)
    planes = tensor if spec.layout == "nchw" else tensor.transpose(0, 3, 1, 2)
    for (image, placement), target in zip(fitted, planes, strict=True):
        pixels = np.asarray(image)[:, :, :: 1 if spec.channels == "rgb" else -1].transpose(2, 0, 1)
        left, top = max(0, int(placement.left)), max(0, int(placement.top))
        inside = target[:, top : top + image.height, left : left + image.width]
        if inside.shape != target.shape:
            target[:] = spec.pad * gain + offset
        if spec.dtype == "uint8":
            inside[:] = pixels
            continue
        np.multiply(pixels, gain, out=inside)
        if np.any(offset):
            inside += offset
    return tensor.astype(np.float16) if spec.dtype == "float16" else tensor


def _per_channel(values: Sequence[float]) -> npt.NDArray[np.float32]:
    """The three values as [3, 1, 1]; if they are equal, as a single one [1, 1, 1], which numpy is faster with."""
    return np.array(values[:1] if len(set(values)) == 1 else values, np.float32)[:, None, None]
