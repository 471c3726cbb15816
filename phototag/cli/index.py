"""`phototag index`: tags and boxes for every photo, into the index."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from phototag.cli.completion import models, packs
from phototag.cli.session import Session, command


def index(
    session: Session,
    path: Annotated[
        list[Path] | None, typer.Argument(help="Folders to index; without one, every root.", show_default=False)
    ] = None,
    pack: Annotated[
        str | None, typer.Option(help="The pack of models to use.", show_default=False, autocompletion=packs)
    ] = None,
    classifier: Annotated[
        str | None, typer.Option(help="Use this classifier.", show_default=False, autocompletion=models)
    ] = None,
    detector: Annotated[
        str | None, typer.Option(help="Use this detector.", show_default=False, autocompletion=models)
    ] = None,
    floor: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="Lowest object confidence to store.", show_default=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Analyse again what was analysed.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Analyse at most this many.", show_default=False)] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes.", show_default="one a core")] = None,
    provider: Annotated[
        str | None, typer.Option(help="auto, cpu, cuda, coreml, openvino or directml.", show_default="auto")
    ] = None,
    exclude: Annotated[list[str] | None, typer.Option(metavar="GLOB", help="Leave these out; repeatable.")] = None,
    follow_symlinks: Annotated[bool, typer.Option("--follow-symlinks", help="Follow links below the folder.")] = False,
    wait: Annotated[float, typer.Option(min=0.0, help="Seconds to wait for another run to end.")] = 0.0,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Try files again that failed before.")] = False,
    max_megapixels: Annotated[
        float | None,
        typer.Option(min=0.01, help="Refuse larger photos.", show_default="250 for baseline JPEG, else 120"),
    ] = None,
    on_change: Annotated[
        str | None,
        typer.Option(
            "--on-change",
            metavar="COMMAND",
            help="A program that gets the report when it brought something.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Index folders of photos: only what is new or changed, and nothing is lost by looking.

    A moved photo keeps its results, a folder that is not there counts as offline, a bad file is listed by
    `phototag errors`. Ctrl-C keeps what is done.
    """
    from phototag.app.index import IndexOptions, run_index
    from phototag.app.on_change import read_command, tell
    from phototag.cli.progress import progress

    told = read_command(on_change) if on_change is not None else ()
    settings = session.settings.with_options(
        pack=pack,
        classifier=classifier,
        detector=detector,
        floor=floor,
        workers=workers,
        provider=provider,
        exclude=(*session.settings.exclude, *exclude) if exclude else None,
        follow_symlinks=follow_symlinks or None,
        max_megapixels=max_megapixels,
    )
    options = IndexOptions(force=force, dry_run=dry_run, limit=limit, wait=wait, retry_failed=retry_failed)
    with progress(session) as listener:
        report = run_index(path or [], settings, options, listener)
    if as_json:
        session.print(json.dumps(report.to_json(), ensure_ascii=False))
    elif not session.quiet:
        from phototag.render.report import report_lines

        for line in report_lines(report, dry_run=dry_run):
            session.err.print(line, markup=False)
    if told and not dry_run:
        sys.stdout.flush()
        tell(told, report, session.note)


def add_to(app: typer.Typer) -> None:
    """Register `index`."""
    app.command("index")(command(index))
