"""The command line: parse, call, render. One file a command."""

import signal
import sys
from typing import Annotated

import typer

from phototag import __version__
from phototag.cli import streams
from phototag.cli.commands import LazyGroup
from phototag.cli.session import Database, Quiet, Verbose, refused, say
from phototag.errors import InterruptedRunError
from phototag.interrupts import interrupted

app = typer.Typer(
    name="phototag",
    cls=LazyGroup,
    help="Tags a photo gallery with models that run on your own machine, and answers exact questions about it.",
    epilog="Start with `phototag index ~/Pictures`, then `phototag search cat` and `phototag count person`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"phototag {__version__}")  # noqa: T201
        raise typer.Exit


@app.callback()
def _common(
    ctx: typer.Context,
    db: Database = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    ctx.obj = {"db": db, "quiet": quiet, "verbose": verbose}


def main() -> None:
    """Parse the command line, run the command, and exit with its code."""
    streams.open_closed()
    piped = streams.stdout_is_pipe()
    code = _run()
    if interrupted():
        code = InterruptedRunError.exit_code
    if code == InterruptedRunError.exit_code:  # an impatient second Ctrl-C does not change how it ended
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    # rich ends with 1, its output put away, where the reader of a page of help or a table is gone (`| head`).
    code = 0 if code == 1 and piped and not streams.stdout_is_pipe() else code
    streams.put_away_unwritten()
    raise SystemExit(code)


def _run() -> int | str | None:
    code: int | str | None = 0
    try:
        try:
            app()
        except SystemExit as stop:
            code = stop.code
        if not code:
            sys.stdout.flush()
    except BrokenPipeError:
        return code
    except OSError as error:  # a page of help, or the version, that can't be written
        say(refused(error))
        return 1
    return code
