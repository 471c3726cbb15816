"""One run of the command line: its settings, its streams, and the only place that turns an error into an exit code."""

import functools
import inspect
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from phototag.errors import PhototagError, QueryError
from phototag.interrupts import interrupted
from phototag.render.text import readable
from phototag.settings import Settings, load_settings

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

WIDEST = 10_000  # characters in a line of a table

Database = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="PATH_OR_URL",
        help="The index; else PHOTOTAG_DB, or one of your own.",
        show_default=False,
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Results and errors only.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say more; show tracebacks.")]


@dataclass
class Session:
    """What every command gets: the settings, and where to write."""

    settings: Settings
    quiet: bool = False
    verbose: bool = False

    @functools.cached_property
    def err(self) -> "Console":
        """Where everything goes that is no result."""
        from rich.console import Console

        return Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)

    @functools.cached_property
    def out(self) -> "Console":
        """Where tables for people go."""
        from rich.console import Console

        return Console(highlight=False, emoji=False)

    def table(self, table: "RenderableType") -> None:
        """Show a table (or several) to a person: as wide as the terminal, or wider where it can't be that narrow."""
        from rich.console import Console
        from rich.measure import Measurement

        from phototag.render.tables import trimmed

        needed = Measurement.get(self.out, self.out.options.update(max_width=WIDEST), table).minimum
        # `print(width=…)` would stop at the console's own width, and drop the columns that have no room.
        wide = Console(highlight=False, emoji=False, width=max(self.out.width, needed))
        wide.print(trimmed(wide, table), crop=False, end="")

    def note(self, text: str) -> None:
        """Say something on stderr, unless the user wants quiet."""
        if not self.quiet:
            self._tell(text, "dim")

    def warn(self, text: str) -> None:
        """Say something on stderr that the user should know, quiet or not."""
        self._tell(text, "yellow")

    def _tell(self, text: str, style: str) -> None:
        with suppress(OSError):  # a note that can't be written does not stop the result
            self.err.print(readable(text), markup=False, style=style)

    def write(self, data: bytes) -> None:
        """Write result bytes on stdout."""
        sys.stdout.buffer.write(data)

    def print(self, text: str) -> None:
        """Write a line of result text on stdout."""
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
        if sys.stdout.isatty():  # the bytes beneath wait, while a question on stderr does not
            sys.stdout.flush()


def command(function: Callable[..., Any]) -> Callable[..., Any]:
    """A command from a function whose first parameter is the `Session`.

    The options that every command takes are declared here and nowhere else; they may stand before or after the
    command's name. Errors become a message on stderr and the exit code of the contract.
    """
    own = list(inspect.signature(function).parameters.values())[1:]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, annotation, default in (("db", Database, None), ("quiet", Quiet, False), ("verbose", Verbose, False))
    ]
    context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    own = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]

    @functools.wraps(function)
    def run(ctx: typer.Context, *, db: str | None, quiet: bool, verbose: bool, **arguments: Any) -> None:
        common = ctx.obj or {}
        quiet, verbose = quiet or common.get("quiet", False), verbose or common.get("verbose", False)
        failure = 70 if arguments.get("exists") else 1
        with exit_codes(verbose, failure):
            settings = load_settings().with_options(db=db or common.get("db"))
            function(Session(settings, quiet, verbose), **arguments)
            sys.stdout.flush()

    run.__signature__ = inspect.Signature([context, *own, *shared])  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in [context, *own, *shared]}
    return run


class exit_codes:  # noqa: N801 -- reads as a statement
    """A block in which an error becomes a message and an exit code; `failure` is the code of a run that failed."""

    def __init__(self, verbose: bool, failure: int = 1) -> None:
        self.verbose = verbose
        self.failure = failure

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is None or isinstance(error, (typer.Exit, SystemExit)):
            return
        if isinstance(error, BrokenPipeError):
            # The reader went away (`| head`): not our failure. What is unwritten is put away at the end.
            raise typer.Exit(0) from None
        if isinstance(error, KeyboardInterrupt) or interrupted():
            with suppress(OSError):
                sys.stderr.write("stopped\n")
            raise typer.Exit(130) from None
        if self.verbose:
            traceback.print_exception(error)
        if isinstance(error, OSError) and not isinstance(error, PhototagError):
            error = refused(error)
        if isinstance(error, PhototagError):
            say(error)
            raise typer.Exit(self.failure if error.exit_code == 1 else error.exit_code) from None
        if isinstance(error, Exception) and type(error).__module__.split(".")[0] not in ("typer", "click"):
            text = f"phototag failed in a way nobody foresaw: {type(error).__name__}: {error}"
            with suppress(OSError):
                sys.stderr.write(f"{_printable(text)}\nRun it again with --verbose for the details, and report them.\n")
            raise typer.Exit(self.failure) from None


def refused(error: OSError) -> PhototagError:
    """What the system refused, in its own words: a full disk behind the output, a current folder that is gone."""
    place = f": {os.fsdecode(error.filename)}" if isinstance(error.filename, (str, bytes)) else ""
    return PhototagError(f"{error.strerror or error}{place}", hint="`--verbose` shows where that happened.")


def say(error: PhototagError) -> None:
    """Write an error on stderr: what went wrong, where (a caret under the fault of a query), what to do next."""
    lines = [f"phototag: {_printable(error.message)}"]
    if isinstance(error, QueryError) and error.text:
        lines += [f"  {_printable(error.text)}", f"  {' ' * error.position}^"]
    if error.hint:
        lines.append(_printable(error.hint))
    with suppress(OSError):
        sys.stderr.buffer.write("\n".join(lines).encode("utf-8", "backslashreplace") + b"\n")
        sys.stderr.flush()


def _printable(text: str) -> str:
    """The text with control characters escaped, so that a hostile file name can't drive the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)
