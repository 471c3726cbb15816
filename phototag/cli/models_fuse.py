"""`phototag models fuse`: one detector of several."""

from typing import Annotated

import typer

from phototag.cli.session import Session


def fuse(
    session: Session,
    name: Annotated[str, typer.Argument(help="What to call the new detector.", show_default=False)],
    members: Annotated[list[str], typer.Argument(help="Two installed detectors or more.", show_default=False)],
    iou: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Boxes of a label that overlap more show one object.")
    ] = 0.55,
    threshold: Annotated[
        float | None,
        typer.Option(min=0.0, max=1.0, help="Boxes answer from here on.", show_default="0.8 of its members'"),
    ] = None,
) -> None:
    """Make one detector of several: their boxes are fused, so that what all of them see counts more.

    `phototag models fuse both yolox-nano nanodet-m`, then `phototag index --detector both`. It takes as long as all of
    them together; with another file for a member it is another model, and photos are analysed again.
    """
    from phototag.app.models import fuse as fuse_models

    spec = fuse_models(session.settings, name, members, iou, threshold)
    session.note(f"{name} is made: its boxes answer from a confidence of {spec.confidences.threshold:g} on.")
    session.note(f"`phototag index --detector {name}` uses it; `phototag eval tune` learns better thresholds.")
