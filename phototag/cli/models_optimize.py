"""`phototag models optimize`: a smaller, faster copy of a model."""

from typing import Annotated

import typer

from phototag.cli.session import Session


def optimize(
    session: Session,
    model: Annotated[str, typer.Argument(help="An installed model.", show_default=False)],
    name: Annotated[
        str | None, typer.Option(help="What to call the copy.", show_default="MODEL-int8 or MODEL-simple")
    ] = None,
    int8: Annotated[bool, typer.Option("--int8", help="8-bit weights and activations, instead of the same.")] = False,
    photos: Annotated[
        int, typer.Option(min=16, help="Photos of the index: half to learn from, half to compare.")
    ] = 100,
    agreement: Annotated[float, typer.Option(min=0.0, max=1.0, help="Keep the copy from here on.")] = 0.9,
) -> None:
    """Make a smaller, faster copy of a model, and keep it if it still says the same on your photos.

    The original stays. Whether 8 bits are faster depends on the processor: the command measures it.
    """
    from phototag.app.optimise import Wish, optimise
    from phototag.cli.progress import progress
    from phototag.render.tables import rows_table

    wish = Wish(name or f"{model}-{'int8' if int8 else 'simple'}", int8, photos, agreement)
    with progress(session) as listener:
        result = optimise(session.settings, model, wish, listener)
    columns = (("", "left"), (model, "right"), (wish.name, "right"))
    rows = (
        ("ms a photo", *(f"{1000 * seconds:.1f}" for seconds in result.seconds)),
        ("MB", *(f"{size / 1e6:.2f}" for size in result.sizes)),
        ("agreement", "", f"{100 * result.agreement:.1f} %"),
    )
    session.table(rows_table(columns, rows))
    session.note(
        f"Compared on {result.photos:,} photos that it did not learn from: {result.speedup:.2f} times as fast."
    )
    if result.sizes[1] > result.sizes[0]:
        session.note("It is no smaller than the original, whose weights were stored compactly already.")
    if result.speedup < 1:
        session.note(f"It is no faster here; `phototag models remove {wish.name}` drops it.")
