"""What the terminal says of itself."""

import os
import re
import select
import sys
import time

_ASK = b"\x1b[>q"  # XTVERSION
_ANSWER = re.compile(rb"\x1bP>\|([^\x1b]*)\x1b\\")
PATIENCE = 0.2  # seconds; a terminal that does not know the question is silent


def terminal_name() -> str:
    """What the terminal calls itself, such as `kitty(0.32.1)`; empty where it does not say. For a terminal only."""
    try:
        import termios
        import tty
    except ImportError:  # not on Windows
        return ""
    device = sys.stdin.fileno()
    try:
        before = termios.tcgetattr(device)
        try:
            tty.setcbreak(device, termios.TCSANOW)
            os.write(sys.stdout.fileno(), _ASK)
            found = _ANSWER.search(_read(device))
        finally:
            termios.tcsetattr(device, termios.TCSANOW, before)
    except (OSError, termios.error):
        return ""
    return found[1].decode("ascii", "replace") if found else ""


def is_early_kitty(name: str) -> bool:
    """Whether this is a kitty before 0.28, which takes pictures but can't put them into text."""
    found = re.match(r"kitty\((\d+)\.(\d+)", name)
    return found is not None and (int(found[1]), int(found[2])) < (0, 28)


def _read(device: int) -> bytes:
    read = b""
    until = time.monotonic() + PATIENCE
    while not _ANSWER.search(read):
        ready, _, _ = select.select([device], [], [], max(0.0, until - time.monotonic()))
        chunk = os.read(device, 1024) if ready else b""
        if not chunk:
            break
        read += chunk
    return read
