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
        documents = [
            {
                "path": path_text(known.problem.path),
                "stage": known.problem.stage.value,
                "reason": known.problem.reason,
                "since": known.since,
                "tries": known.tries,
            }
            for known in problems
        ]
        session.print(json.dumps(documents, ensure_ascii=False))
        return
    columns = (("since", "left"), ("stage", "left"), ("reason", "left"), ("path", "path"))
    told = ((known.since[:10], known.problem) for known in problems)
    rows = ((since, problem.stage.value, problem.reason, path_text(problem.path)) for since, problem in told)
    session.table(rows_table(columns, rows))


def add_to(app: typer.Typer) -> None:
    """Register `errors`."""
    app.command("errors")(command(errors))
