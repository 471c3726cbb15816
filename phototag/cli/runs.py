"""`phototag runs`: what the last runs of `index` did."""

from typing import Annotated, Any

import typer

from phototag.cli.session import Session, command


def runs(
    session: Session,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List the last runs of `index`, newest first: when, how long, what they did."""
    import json

    from phototag.app.upkeep import recent_runs
    from phototag.render.tables import rows_table

    found = recent_runs(session.settings, limit)
    if as_json:
        session.print(json.dumps(found, ensure_ascii=False))
        return
    columns = (("run", "right"), ("began", "left"), ("seconds", "right"), ("seen", "right"), ("new", "right"),
               ("analysed", "right"), ("failed", "right"))  # fmt: skip
    session.table(rows_table(columns, map(_row, found)))


def _row(run: dict[str, Any]) -> tuple[object, ...]:
    began = run["started_at"][:19].replace("T", " ")
    report = run["report"]
    if report is None:
        return run["id"], began, "interrupted, or under way", None, None, None, None
    numbers = (report["seen"], report["new"], report["analysed"], len(report["failed"]))
    return run["id"], began, f"{report['seconds']:.1f}", *(f"{number:,}" for number in numbers)


def add_to(app: typer.Typer) -> None:
    """Register `runs`."""
    app.command("runs")(command(runs))
