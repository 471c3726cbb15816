"""Ctrl-C ends the program with a word and never with a traceback, whatever it comes upon.

Python raises KeyboardInterrupt between any two instructions. A library that is just being loaded may print it, make an
ImportError of it or swallow it; so it is remembered here, too.
"""

import signal
import sys
from types import FrameType, TracebackType
from typing import NoReturn

_heard: list[int] = []


def listen() -> None:
    """From now on the first Ctrl-C raises KeyboardInterrupt and is remembered, a second one ends the process at once.

    Where Ctrl-C is ignored, as in a script's background, it stays ignored.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt)
    sys.excepthook, sys.unraisablehook = _print, _print_unraisable


def interrupt(number: int, _frame: FrameType | None = None) -> NoReturn:
    """Raise KeyboardInterrupt, as a handler of signals does, and remember it."""
    _heard.append(number)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    raise KeyboardInterrupt


def interrupted() -> bool:
    """Whether the program was told to stop at once, whatever a library has made of it."""
    return bool(_heard)


def _print(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)


def _print_unraisable(unraisable: "sys.UnraisableHookArgs") -> None:
    if not issubclass(unraisable.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(unraisable)
