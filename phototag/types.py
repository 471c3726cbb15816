"""The nouns: what the parts of phototag hand to one another. Frozen, and validated when created."""

from dataclasses import dataclass, field
from enum import StrEnum

from phototag.geometry import Box


class Task(StrEnum):
    """What a model is for."""

    CLASSIFY = "classify"
    DETECT = "detect"


class Stage(StrEnum):
    """Where in the pipeline a file became a `Problem`."""

    WALK = "walk"
    READ = "read"
    DECODE = "decode"
    INFER = "infer"


@dataclass(frozen=True, slots=True)
class FileStamp:
    """A candidate file as the walk met it. `folder` and `name` are bytes as the file system has them: `folder` is
    relative to the root (b"" is the root itself), and `size` is in bytes. `sidecar` stands for the size and time of the
    XMP files beside it, 0 where there are none."""

    folder: bytes
    name: bytes
    size: int
    mtime_ns: int
    device: int
    inode: int
    sidecar: int = 0

    @property
    def relative(self) -> bytes:
        """The path below the root."""
        return self.folder + b"/" + self.name if self.folder else self.name


@dataclass(frozen=True, slots=True)
class Problem:
    """A file (or, with stage `walk`, a folder) that could not be used. `path` is absolute."""

    path: bytes
    stage: Stage
    reason: str


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a file says of its photo. Unknown is None.

    `taken_at` is the camera's wall time, `YYYY-MM-DDTHH:MM:SS` without offset; `taken_offset` is in minutes;
    `taken_source` is one of original, digitized, xmp, name. Latitude and longitude are signed degrees. `keywords` are
    those that people, and programs other than phototag, gave it.
    """

    taken_at: str | None = None
    taken_offset: int | None = None
    taken_source: str | None = None
    camera: str | None = None
    lens: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo is its content: `content` is the hash of the coded image bytes and the orientation.

    `width` and `height` are pixels of the upright image; `orientation` is the EXIF value, 1..8, that was applied.
    """

    content: bytes
    width: int
    height: int
    orientation: int
    format: str

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1 or not 1 <= self.orientation <= 8:
            raise ValueError(f"not a photo: {self.width}x{self.height}, orientation {self.orientation}")


@dataclass(frozen=True, slots=True)
class Label:
    """A word for the whole image with its confidence, 0..1."""

    name: str
    confidence: float

    def __post_init__(self) -> None:
        _check_confidence(self.confidence)


@dataclass(frozen=True, slots=True)
class Detection:
    """An object in the image: its label, its confidence (0..1) and its box."""

    label: str
    confidence: float
    box: Box

    def __post_init__(self) -> None:
        _check_confidence(self.confidence)


@dataclass(frozen=True, slots=True)
class ModelId:
    """The identity of a model: its task, its name and the sha256 (hex) of its weights."""

    task: Task
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What one model said of one photo, best first.

    `labels` are the classifier's own labels; `words` are the confidences of every vocabulary word at or above one of
    them (a softmax classifier's are sums), labels included; `detections` are the detector's. `vector` is what a
    classifier sees in the photo as a whole: 16-bit floats, little-endian, of length 1; the nearer two of them, the more
    alike the photos. b"": none.
    """

    labels: tuple[Label, ...] = ()
    words: tuple[Label, ...] = ()
    detections: tuple[Detection, ...] = ()
    vector: bytes = b""


@dataclass(frozen=True, slots=True)
class Analysis:
    """One model's findings, kept down to the confidence `floor`. "Ran and found nothing" is an analysis too."""

    model: ModelId
    floor: float
    findings: Findings = field(default_factory=Findings)


@dataclass(frozen=True, slots=True)
class Hit:
    """A photo that answers a query. `path` is absolute, of its first reachable file; `copies` counts the known files
    with this content, itself included; `score` is None where the query has no positive part; `width` and `height` are
    pixels of the upright image; `labels` and `objects` are those at or above the thresholds in use, best first."""

    path: bytes
    copies: int
    offline: bool
    score: float | None
    width: int
    height: int
    metadata: Metadata
    labels: tuple[Label, ...] = ()
    objects: tuple[Detection, ...] = ()


def _check_confidence(confidence: float) -> None:
    if not 0.0 <= confidence <= 1.0:
        raise ValueError(f"a confidence lies between 0 and 1, not at {confidence}")
