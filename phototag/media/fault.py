"""The one way in which a file fails inside `media`."""

from phototag.types import Problem, Stage

_REASON_LIMIT = 200


class PhotoError(Exception):
    """A file that can't be used: the stage where it failed and a reason that a user understands.

    It never leaves the pipeline: the caller turns it into a stored `Problem` with `problem(path)`.
    """

    def __init__(self, stage: Stage, reason: str) -> None:
        self.stage = stage
        self.reason = plain(reason)
        super().__init__(stage, self.reason)

    def problem(self, path: bytes) -> Problem:
        """This failure as a value; `path` is absolute."""
        return Problem(path, self.stage, self.reason)


def plain(text: str) -> str:
    """`text` on one line, without control characters, at most 200 characters."""
    words = "".join(sign if sign.isprintable() else " " for sign in text).split()
    line = " ".join(words)
    return line if len(line) <= _REASON_LIMIT else line[: _REASON_LIMIT - 1] + "…"
