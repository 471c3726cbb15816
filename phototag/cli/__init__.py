"""The command line: parse, call, render. One file a command."""

from typing import Annotated

import typer

from phototag import __version__
from phototag.cli import (
    album,
    ask,
    box,
    compare,
    config,
    corrections,
    count,
    crop,
    db,
    demo,
    doctor,
    dupes,
    errors,
    export,
    gallery,
    index,
    labels,
    models,
    prune,
    roots,
    runs,
    saved,
    search,
    serve,
    show,
    stats,
    tag,
    write,
)
from phototag.cli import eval as eval_command
from phototag.cli import open as open_command
from phototag.cli.session import Database, Quiet, Verbose

app = typer.Typer(
    name="phototag",
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


index.add_to(app)
search.add_to(app)
count.add_to(app)
ask.add_to(app)
show.add_to(app)
open_command.add_to(app)
crop.add_to(app)
serve.add_to(app)
gallery.add_to(app)
labels.add_to(app)
saved.add_to(app)
tag.add_to(app)
box.add_to(app)
corrections.add_to(app)
export.add_to(app)
write.add_to(app)
album.add_to(app)
config.add_to(app)
dupes.add_to(app)
models.add_to(app)
roots.add_to(app)
errors.add_to(app)
runs.add_to(app)
stats.add_to(app)
prune.add_to(app)
db.add_to(app)
doctor.add_to(app)
demo.add_to(app)
eval_command.add_to(app)
compare.add_to(app)


def main() -> None:
    """The console script."""
    app()
