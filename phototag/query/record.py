"""A photo as a query sees it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from phototag.types import Detection, Label, Metadata, Task


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a model said of a photo for which another one answers."""

    model: str
    task: Task
    words: tuple[Label, ...] = ()
    detections: tuple[Detection, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """A reachable photo with all that the index knows of it, from the models that answer for it.

    `classifier` and `detector` name those models; None: not analysed yet. `words` are the classifier's confidences per
    vocabulary word. `others` are the opinions of models that don't answer unless a query names them.
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
    others: tuple[Opinion, ...] = ()

    def asking(self, models: Iterable[str]) -> "Record":
        """The photo as the named models see it; one that has not seen it changes nothing."""
        record = self
        for one in self.others:
            if one.model in models and one.task is Task.CLASSIFY:
                record = replace(record, classifier=one.model, words=one.words)
            elif one.model in models:
                record = replace(record, detector=one.model, detections=one.detections)
        return record
