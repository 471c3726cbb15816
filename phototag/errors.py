"""Every error that phototag raises on purpose.

    PhototagError                 1   the run failed
    ├── UsageError                2   an option, a path or a value that can't be used
    │   └── QueryError            2   a query that can't be read (knows the position of the fault)
    │       └── UnknownWordError  2   a word the vocabulary does not have (knows the nearest words)
    ├── ModelError                3   a model that is missing, damaged or not understood
    │   ├── ModelMissingError     3
    │   └── ModelBrokenError      3
    ├── IndexFileError            4   the index can't be opened or written
    │   ├── IndexTooNewError      4   written by a newer phototag
    │   └── IndexCorruptError     4   not a phototag index, or damaged
    ├── LockedError              75   another run holds the lock
    └── InterruptedRunError     130   stopped by the user

A bad *file* is no error but a value: `phototag.types.Problem`.
"""

from typing import ClassVar


class PhototagError(Exception):
    """The run failed. The message says what went wrong and where; `hint` says what to do next."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(PhototagError):
    """An option, a path or a value that can't be used."""

    exit_code = 2


class QueryError(UsageError):
    """A query that can't be read; `position` is the offset of the fault in `text`."""

    def __init__(self, message: str, *, text: str = "", position: int = 0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.text = text
        self.position = position


class UnknownWordError(QueryError):
    """A word that the vocabulary does not have; `suggestions` are the nearest ones it has."""

    def __init__(self, word: str, suggestions: tuple[str, ...], *, text: str = "", position: int = 0) -> None:
        hint = f"Did you mean {', '.join(suggestions)}?" if suggestions else "`phototag labels` lists what it knows."
        super().__init__(f"unknown word “{word}”", text=text, position=position, hint=hint)
        self.word = word
        self.suggestions = suggestions


class ModelError(PhototagError):
    """A model that is missing, damaged or not understood."""

    exit_code = 3


class ModelMissingError(ModelError):
    """A model that is not installed; the hint names the command that installs it."""


class ModelBrokenError(ModelError):
    """A model file with the wrong bytes, or one that the runtime refuses."""


class IndexFileError(PhototagError):
    """The index can't be opened or written."""

    exit_code = 4


class IndexTooNewError(IndexFileError):
    """The index was written by a newer phototag."""


class IndexCorruptError(IndexFileError):
    """The file is no phototag index, or it is damaged."""


class LockedError(PhototagError):
    """Another run holds the lock."""

    exit_code = 75


class InterruptedRunError(PhototagError):
    """The user stopped the run; the message says what was kept."""

    exit_code = 130
