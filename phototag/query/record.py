"""A photo as a query sees it."""

from dataclasses import dataclass, field

from phototag.types import Detection, Label, Metadata


@dataclass(frozen=True, slots=True)
class Record:
    """A reachable photo with all that the index knows of it, from the models that answer for it.

    `classifier` and `detector` name those models; None: not analysed yet. `words` are the classifier's confidences per
    vocabulary word.
    """

    path: bytes
    width: int
    height: int
    metadata: Metadata = field(default_factory=Metadata)
    classifier: str | None = None
    detector: str | None = None
    words: tuple[Label, ...] = ()
    detections: tuple[Detection, ...] = ()
    copies: int = 1
    offline: bool = False
    failed: bool = False
    corrected: bool = False
