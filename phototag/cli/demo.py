"""`phototag demo`: a first look, on photos that everybody may use."""

from pathlib import Path
from typing import Annotated

import typer

from phototag.cli.session import Session, command


def demo(
    session: Session,
    folder: Annotated[Path, typer.Argument(help="Where to put the photos.")] = Path("phototag-demo"),
    pack: Annotated[str | None, typer.Option(help="The pack of models to use.", show_default=False)] = None,
) -> None:
    """Copy sample photos to a folder, index it, search it, count in it.

    The photos come with `pip install 'phototag[demo]'`. Without --db the demo has an index of its own, in that folder,
    and leaves yours alone.
    """
    from phototag.app.answers import open_answers
    from phototag.app.demo import copy_photos
    from phototag.app.index import IndexOptions, run_index
    from phototag.app.models import choose_models
    from phototag.cli.progress import progress
    from phototag.render.counts import count_lines
    from phototag.render.report import report_lines
    from phototag.render.tables import hits_table

    settings = session.settings.with_options(pack=pack)
    if settings.db == settings.default_db:
        settings = settings.with_options(db=str(folder / "index.db"))
    choose_models(settings)  # before anything is copied
    photos = copy_photos(folder)
    session.print(f"{len(photos)} photos are in {folder}")
    with progress(session) as listener:
        report = run_index([folder], settings, IndexOptions(), listener)
    for line in report_lines(report):
        session.print(line)
    with open_answers(settings, session.note) as answers:
        for word in ("cat", "motorcycle", "person"):
            session.print(f"\n$ phototag --db {settings.db} search {word}")
            session.table(hits_table(list(answers.ask([word]).search())))
        session.print(f"\n$ phototag --db {settings.db} count person")
        for line in count_lines("person", answers.ask(["person"]).count()):
            session.print(line)
    session.print(f"\nphotos: {folder}\nindex:  {settings.db}\nmodels: {settings.folders.models}")


def add_to(app: typer.Typer) -> None:
    """Register `demo`."""
    app.command("demo")(command(demo))
