"""`phototag prune`: the only command that deletes what was found."""

from typing import Annotated

import typer

from phototag.cli.session import Session, command


def prune(
    session: Session,
    yes: Annotated[
        bool, typer.Option("--yes", help="Delete; without it the command only says what it would do.")
    ] = False,
    wait: Annotated[float, typer.Option(min=0.0, help="Seconds to wait for another run to end.")] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Delete for good what the index keeps of photos that lie nowhere any more. Offline and ignored ones are kept."""
    import dataclasses
    import json

    from phototag.app.upkeep import prune_index

    pruned = prune_index(session.settings, dry_run=not yes, wait=wait)
    if as_json:
        session.print(json.dumps({**dataclasses.asdict(pruned), "done": yes}))
        return
    told = f"{pruned.files:,} missing files, {pruned.photos:,} photos with {pruned.objects:,} objects"
    session.note(f"deleted: {told}" if yes else f"would delete: {told}. `phototag prune --yes` does it.")


def add_to(app: typer.Typer) -> None:
    """Register `prune`."""
    app.command("prune")(command(prune))
