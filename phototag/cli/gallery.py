"""`phototag gallery`: the gallery as files, for sharing."""

from pathlib import Path
from typing import Annotated

import typer

from phototag.cli.progress import counting
from phototag.cli.queries import QueryCommand
from phototag.cli.search import MinConfidence, Query
from phototag.cli.session import Session, command


def gallery(
    session: Session,
    query: Query,
    out: Annotated[Path, typer.Option("--out", help="A new folder for the site.", show_default=False)],
    strip_gps: Annotated[
        bool, typer.Option("--strip-gps/--keep-gps", help="Leave out where photos were taken, or tell it.")
    ] = True,
    min_confidence: MinConfidence = None,
) -> None:
    """Write the hits as a site that opens from disk: OUT/index.html, with search, boxes and keyboard.

    At most 5,000 photos, the best ones. The pictures are reduced copies without metadata; paths do not appear. A
    gallery that was written there before is replaced.
    """
    try:
        from phototag.web.written import MOST, write_gallery
    except ImportError as error:
        from phototag.errors import UsageError

        hint = "Get it: pip install 'phototag[serve]'"
        raise UsageError("`phototag gallery` needs an extra that is not installed", hint=hint) from error
    from phototag.app.gallery import Gallery
    from phototag.app.setup import available_cores
    from phototag.app.thumbnails import Thumbnails
    from phototag.errors import PhototagError
    from phototag.query.parser import join_arguments
    from phototag.render.text import counted

    settings = session.settings.with_options(min_confidence=min_confidence)
    thumbnails = Thumbnails(settings, settings.folders.cache / "thumbnails", workers=available_cores())
    written = failed = 0
    text = join_arguments(query)
    with counting(session, "photo") as tell:
        for done in write_gallery(Gallery(settings), thumbnails, text, out, keep_gps=not strip_gps):
            if isinstance(done, PhototagError):
                failed += 1
                session.warn(done.message)
            else:
                written += 1
                tell(written)
    session.print(str(out / "index.html"))
    session.note(
        f"wrote {counted(written, 'photo')}" + (", the most that one gallery holds" if written == MOST else "")
    )
    if failed and not written:
        raise typer.Exit(1)


def add_to(app: typer.Typer) -> None:
    """Register `gallery`."""
    app.command("gallery", no_args_is_help=True, cls=QueryCommand)(command(gallery))
