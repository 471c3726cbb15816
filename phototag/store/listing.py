"""What the comparison needs of a walked folder."""

from collections.abc import Sequence
from typing import Protocol

from phototag.types import FileStamp, Problem


class Listing(Protocol):
    """One folder as a walk met it: `phototag.media.walk.Listing`."""

    @property
    def folder(self) -> bytes: ...
    @property
    def device(self) -> int: ...
    @property
    def stamps(self) -> Sequence[FileStamp]: ...
    @property
    def ignored_names(self) -> Sequence[bytes]: ...
    @property
    def ignored_folders(self) -> Sequence[bytes]: ...
    @property
    def complete(self) -> bool: ...
    @property
    def problems(self) -> Sequence[Problem]: ...
