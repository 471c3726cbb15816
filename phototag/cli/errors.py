"""`phototag errors`: which files failed, why, and since when."""

from typing import Annotated

import typer

from phototag.cli.session import Session, command


def errors(session: Session, as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """List what failed, why, and since when. `phototag index --retry-failed` tries them again."""
    import json

    from phototag.app.problems import all_problems
    from phototag.render.tables import rows_table
    from phototag.render.text import path_text

    problems = all_problems(session.settings)
    if as_json:
        rows = [
            {"path": path_text(p.path), "stage": p.stage, "reason": p.reason, "since": p.since, "tries": p.tries}
            for p in problems
        ]
        session.print(json.dumps(rows, ensure_ascii=False))
        return
    columns = (("since", "left"), ("stage", "left"), ("reason", "left"), ("path", "left"))
    session.out.print(rows_table(columns, ((p.since[:10], p.stage, p.reason, path_text(p.path)) for p in problems)))


def add_to(app: typer.Typer) -> None:
    """Register `errors`."""
    app.command("errors")(command(errors))
