"""Ctrl-C and SIGTERM while a run is under way: finish what is begun, keep it, stop."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import current_thread, main_thread
from types import FrameType
from typing import Protocol

from phototag.interrupts import interrupt


class Stoppable(Protocol):
    """What is told to begin nothing more."""

    stopping: bool


@dataclass
class Stop:
    """Whether a stop was asked for."""

    requested: bool = False


@contextmanager
def stop_requests(work: Stoppable) -> Iterator[Stop]:
    """Until the block ends, the first Ctrl-C or SIGTERM sets `work.stopping`; a second one raises KeyboardInterrupt."""
    stop = Stop()
    if current_thread() is not main_thread():  # only the main thread hears signals
        yield stop
        return

    def hear(number: int, _frame: FrameType | None) -> None:
        if stop.requested:
            interrupt(number)
        stop.requested = work.stopping = True

    before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
