"""`phototag models`: which there are, which are installed, and installing more."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from phototag.cli.completion import models, packs_and_models
from phototag.cli.models_add import add
from phototag.cli.models_fuse import fuse
from phototag.cli.models_optimize import optimize
from phototag.cli.session import Session, command
from phototag.errors import ModelBrokenError

if TYPE_CHECKING:
    from phototag.inference.spec import ModelSpec

Name = Annotated[
    str, typer.Argument(help="A model, as `phototag models list` shows it.", show_default=False, autocompletion=models)
]


def list_models(session: Session, as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """List every model of the catalog, and the packs."""
    from phototag.app.models import model_states, open_library
    from phototag.render.tables import rows_table
    from phototag.types import Task

    states = model_states(session.settings)
    catalog = open_library(session.settings).catalog
    packs = catalog.packs.values()
    if as_json:
        listed = [
            {
                "name": spec.name,
                "task": spec.task.value,
                "state": state.value,
                "licence": spec.licence,
                "accuracy": spec.accuracy,
                "tested": spec.builds_tested == len(spec.builds),
                "own": spec.name in catalog.own,
                "note": spec.note,
            }
            for spec, state in states
        ]
        pairs = [{"name": p.name, "classifier": p.classifier, "detector": p.detector, "note": p.note} for p in packs]
        document = {"models": listed, "packs": pairs}
        session.print(json.dumps(document, ensure_ascii=False))
        return
    for task, heading in ((Task.DETECT, "detector"), (Task.CLASSIFY, "classifier")):
        columns = (
            (heading, "whole"),
            ("state", "left"),
            ("accuracy", "left"),
            ("tested", "left"),
            ("licence", "left"),
        )
        rows = (
            (
                spec.name,
                state.value + (", yours" if spec.name in catalog.own else ""),
                spec.accuracy,
                "" if spec.name in catalog.own else _tried(spec),
                spec.licence,
            )
            for spec, state in states
            if spec.task is task
        )
        session.table(rows_table(columns, rows))
    pack_columns = (("pack", "whole"), ("classifier", "whole"), ("detector", "whole"), ("", "left"))
    session.table(rows_table(pack_columns, ((p.name, p.classifier, p.detector, p.note) for p in packs)))


def _tried(spec: "ModelSpec") -> str:
    """Whether phototag's authors ran the model's real weights."""
    tested, builds = spec.builds_tested, len(spec.builds)
    return "yes" if tested == builds else f"{tested} of {builds} files" if tested else "never"


def show(session: Session, name: Name) -> None:
    """Show everything the catalog says of one model."""
    from phototag.app.models import open_library
    from phototag.inference.recipe import FAMILY
    from phototag.render.tables import rows_table

    library = open_library(session.settings)
    spec = library.catalog.model(name)
    fused = spec.head.raw.get("family") == FAMILY  # its members have inputs of their own
    facts = [
        ("task", spec.task.value),
        ("state", library.state(name).value),
        ("licence", spec.licence),
        ("source", spec.source),
        ("accuracy", spec.accuracy),
        *(() if fused else (("input", f"{spec.input.width}x{spec.input.height}, {spec.input.fit.value}"),)),
        ("labels", f"{len(spec.labels)}"),
        ("threshold", f"{spec.confidences.threshold}"),
        *((("note", spec.note),) if spec.note else ()),
    ]
    for build in spec.builds:
        size = f"{build.size:,} bytes" if build.size else "size not published"
        facts.append(("build", f"{build.file}, {size}, sha256 {build.sha256 or 'not published'}"))
        facts.append(("", build.url or "published nowhere"))
        if name not in library.catalog.own:
            facts.append(("", "run by phototag's authors" if build.tested else "never run by phototag's authors"))
    session.table(rows_table((("", "left"), (name, "path")), facts))


def install(
    session: Session,
    pack: Annotated[
        str,
        typer.Argument(
            help="A pack, or one model, as `phototag models list` shows it.",
            show_default=False,
            autocompletion=packs_and_models,
        ),
    ],
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="DIR_OR_URL", help="Take the files from here.", show_default=False),
    ] = None,
) -> None:
    """Install a pack (one classifier and one detector) or a single model, checked against the catalog's checksums."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

    from phototag.app.models import install as install_pack

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=session.err, transient=True, disable=session.quiet) as bar:
        tasks: dict[str, TaskID] = {}

        def draw(model: str, done: int, total: int) -> None:
            if model not in tasks:
                tasks[model] = bar.add_task(model, total=total)
            bar.update(tasks[model], completed=done, total=total or None)

        installed = install_pack(session.settings, pack, source, draw)
    for found in installed:
        pinned = "" if found.build.sha256 else "; no checksum is published: this one is pinned from now on"
        session.note(f"{found.spec.name} is installed. Licence: {found.spec.licence}{pinned}")
        if found.spec.note:
            session.note(f"  {found.spec.note}")


def verify(session: Session) -> None:
    """Check the files of every installed model against their checksums."""
    from phototag.app.models import model_states
    from phototag.inference.library import State

    states = model_states(session.settings)
    damaged = [spec.name for spec, state in states if state is State.DAMAGED]
    for spec, state in states:
        if state is not State.MISSING:
            session.print(f"{spec.name}: {state.value}")
    if damaged:
        raise ModelBrokenError(
            f"damaged: {', '.join(damaged)}",
            hint=f"`phototag models remove {damaged[0]}`, then install its pack again.",
        )


def remove(session: Session, name: Name) -> None:
    """Delete a model's files. What it found stays in the index."""
    from phototag.app.models import open_library

    open_library(session.settings).remove(name)
    session.note(f"{name} is removed")


def add_to(app: typer.Typer) -> None:
    """Register `models …`."""
    group = typer.Typer(no_args_is_help=True, help="Models: which there are, which are installed, installing more.")
    group.command("list")(command(list_models))
    group.command("show")(command(show))
    group.command("install")(command(install))
    group.command("add")(command(add))
    group.command("fuse", no_args_is_help=True)(command(fuse))
    group.command("optimize")(command(optimize))
    group.command("verify")(command(verify))
    group.command("remove")(command(remove))
    app.add_typer(group, name="models")
