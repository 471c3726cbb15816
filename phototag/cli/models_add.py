"""`phototag models add`: a model of the user's own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from phototag.cli.session import Session

if TYPE_CHECKING:
    from phototag.app.own_models import Added

MOST_FINDINGS = 20


def add(
    session: Session,
    file: Annotated[Path, typer.Argument(help="The ONNX file; it is copied.", show_default=False)],
    name: Annotated[str, typer.Option(help="What to call the model.", show_default=False)],
    labels: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its labels, one a line.", show_default="those in the file")
    ] = None,
    task: Annotated[
        str | None, typer.Option(metavar="classify|detect", help="What it is for.", show_default="guessed")
    ] = None,
    spec: Annotated[
        Path | None, typer.Option(metavar="TOML", help="A description, or a part of one.", show_default="guessed")
    ] = None,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Say one thing, like input.channels=rgb; repeatable."),
    ] = None,
    photo: Annotated[Path | None, typer.Option(help="Try it on this photo.", show_default=False)] = None,
) -> None:
    """Add a model of your own: what it is gets recognised, and can be overridden.

    `phototag index --detector NAME` or `--classifier NAME` uses it. Operators that are not onnxruntime's own are never
    loaded.
    """
    from phototag.app.own_models import add_own, read_told

    added = add_own(session.settings, file, name, read_told(labels, task, spec, change or []), photo)
    _show_description(session, added)
    _show_findings(session, added)
    option = "--detector" if added.spec.task.value == "detect" else "--classifier"
    session.note(f"{name} is added: `phototag index {option} {name}` uses it.")
    session.note(f"If that looks wrong: `phototag models remove {name}`, then add it with --labels, --set or --spec.")


def _show_description(session: Session, added: "Added") -> None:
    from phototag.render.tables import rows_table

    model, pixels = added.spec, added.spec.input
    kind = model.head.raw.get("family") or model.head.raw.get("activation", "")
    facts = [
        ("task", f"{model.task.value} ({kind})"),
        ("input", f"{pixels.width}x{pixels.height}, {pixels.layout}, {pixels.dtype}, batches of {pixels.batch}"),
        ("pixels", f"{pixels.channels}, {pixels.fit.value}, scale {pixels.scale:.6g}"),
        ("", f"mean {list(pixels.mean)}, std {list(pixels.std)}"),
        ("labels", f"{len(model.labels)}: {', '.join(model.labels[:5])}{', …' if len(model.labels) > 5 else ''}"),
        ("licence", model.licence),
        *(("" if place else "because", note) for place, note in enumerate(added.notes)),
    ]
    session.table(rows_table((("", "left"), (model.name, "left")), facts))


def _show_findings(session: Session, added: "Added") -> None:
    """What the test run found, best first; what lies below the threshold is marked."""
    from phototag.render.tables import rows_table

    if added.found is None:
        return
    threshold = added.spec.confidences.threshold
    rows = [(label.name, label.confidence, "") for label in added.found.labels]
    for found in added.found.detections:
        box = found.box
        rows.append((found.label, found.confidence, f"{box.x1:.2f} {box.y1:.2f} {box.x2:.2f} {box.y2:.2f}"))
    if not rows:
        session.print("It found nothing in the photo.")
        return
    columns = (("found", "left"), ("confidence", "right"), ("box (x1 y1 x2 y2 of 1)", "left"), ("", "left"))
    marked = (
        (name, f"{score:.2f}", box, "" if score >= threshold else f"below {threshold:g}") for name, score, box in rows
    )
    session.table(rows_table(columns, list(marked)[:MOST_FINDINGS]))
