"""Ctrl-C: no traceback wherever it comes, and one exit code."""

import signal
import subprocess
import sys

import pytest

BEGIN = """
import signal
from phototag.interrupts import listen

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
listen()
"""
PRESS = "signal.raise_signal(signal.SIGINT)"


def ended(program: str) -> tuple[int, str, str]:
    done = subprocess.run([sys.executable, "-c", BEGIN + program], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="processes end otherwise there")
@pytest.mark.parametrize("program", [PRESS, f"import numpy\ndef f():\n {PRESS}\nf()"])
def test_where_nothing_catches_it(program: str) -> None:
    assert ended(program) == (-signal.SIGINT, "", "")


@pytest.mark.parametrize(
    "swallowing",
    [
        f"try:\n  {PRESS}\n except KeyboardInterrupt:\n  raise ImportError('import numpy failed') from None",
        f"try:\n  {PRESS}\n except KeyboardInterrupt:\n  raise PhototagError('the model is broken') from None",
        PRESS,
    ],
)
def test_where_a_library_makes_another_error_of_it(swallowing: str) -> None:
    program = (
        "from phototag.cli.session import exit_codes\n"
        "from phototag.errors import PhototagError\n"
        "import typer\n"
        "try:\n"
        " with exit_codes(verbose=True):\n"
        f"  {swallowing.replace(chr(10), chr(10) + ' ')}\n"
        "except typer.Exit as stop:\n"
        " print(stop.exit_code)"
    )
    assert ended(program) == (0, "130\n", "stopped\n")


def test_where_python_can_not_raise_it() -> None:
    program = f"""
from phototag.interrupts import interrupted

class Closing:
    def __del__(self):
        {PRESS}

one = Closing()
del one
print(interrupted())
"""
    assert ended(program) == (0, "True\n", "")


def test_a_second_one_ends_it_at_once() -> None:
    code, stdout, stderr = ended(f"try:\n {PRESS}\nexcept KeyboardInterrupt:\n pass\n{PRESS}\nprint('still here')")
    assert code != 0
    assert (stdout, stderr) == ("", "")


def test_in_the_background_it_stays_ignored() -> None:
    program = f"signal.signal(signal.SIGINT, signal.SIG_IGN)\nlisten()\n{PRESS}\nprint('still here')"
    assert ended(program) == (0, "still here\n", "")


def test_other_errors_are_printed() -> None:
    code, _, stderr = ended("raise ValueError('seen')")
    assert code == 1
    assert "ValueError: seen" in stderr
