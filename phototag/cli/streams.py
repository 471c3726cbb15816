"""Standard streams that are closed, full, or read by nobody any more."""

import os
import stat
import sys


def open_closed() -> None:
    """Open what the caller has closed (`>&-`): files would get its number, and with it what is meant for the stream."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


def put_away_unwritten() -> None:
    """Let go of what a stream has not taken: Python would try once more at its end, and complain."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def stdout_is_pipe() -> bool:
    """Whether a program reads what is written."""
    try:
        return stat.S_ISFIFO(os.fstat(1).st_mode)
    except OSError:  # closed
        return False
