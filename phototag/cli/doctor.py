"""`phototag doctor`: is everything there and sound, and how fast is this machine?"""

from typing import Annotated

import typer

from phototag.cli.session import Session, command


def doctor(
    session: Session,
    bench: Annotated[bool, typer.Option("--bench", help="Measure what the models can do on this machine.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Check versions, models, provider, index, roots and disk; exit code 1 when something is at fault."""
    if bench:
        _bench(session, as_json=as_json)
        return
    import dataclasses
    import json

    from phototag.app.doctor import Verdict, examine_installation
    from phototag.render.tables import rows_table

    checks = list(examine_installation(session.settings))
    if as_json:
        session.print(json.dumps([dataclasses.asdict(check) for check in checks], ensure_ascii=False))
    else:
        columns = (("", "left"), ("what", "left"), ("found", "left"))
        rows: list[tuple[str, str, str]] = []
        for check in checks:
            rows += [
                (check.state.value, check.name, check.found),
                *([("", "", f"→ {check.advice}")] * bool(check.advice)),
            ]
        session.table(rows_table(columns, rows))
    if any(check.state is Verdict.FAULT for check in checks):
        raise typer.Exit(1)


def _bench(session: Session, *, as_json: bool) -> None:
    import dataclasses
    import json

    from phototag.app.bench import measure
    from phototag.render.tables import rows_table

    session.note("Measuring; other work on this machine spoils the figures …")
    found = list(measure(session.settings))
    best = max(found, key=lambda speed: speed.together)
    if as_json:
        session.print(
            json.dumps({"measured": [dataclasses.asdict(s) for s in found], "best": dataclasses.asdict(best)})
        )
        return
    columns = (("provider", "left"), ("threads", "right"), ("batch", "right"), ("photos/s", "right"),
               ("processes", "right"), ("together", "right"))  # fmt: skip
    rows = (
        (s.provider, s.threads, s.batch, s.failed or f"{s.one:.1f}", s.processes, f"{s.together:.1f}") for s in found
    )
    session.table(rows_table(columns, rows))
    alone = sorted({name for speed in found for name in speed.alone})
    if alone:
        session.note(f"One photo at a time, whatever the batch: {', '.join(alone)}.")
    session.note(
        f"Recommended: --provider {best.provider} --workers {best.processes}; the best batch was {best.batch}"
        f" with {best.threads} {'thread' if best.threads == 1 else 'threads'} a process."
    )


def add_to(app: typer.Typer) -> None:
    """Register `doctor`."""
    app.command("doctor")(command(doctor))
