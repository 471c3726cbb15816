"""`phototag export QUERY` and `import FILE`: boxes for other programs, and back."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from phototag.cli.queries import QueryCommand
from phototag.cli.search import MinConfidence, Online, Query
from phototag.cli.session import Session, command
from phototag.cli.tag import NEW_WORD


class Format(StrEnum):
    """What other programs read."""

    COCO = "coco"
    YOLO = "yolo"
    VOC = "voc"
    CSV = "csv"
    JSONL = "jsonl"
    LABEL_STUDIO = "label-studio"


def export(
    session: Session,
    query: Query,
    form: Annotated[Format, typer.Option("--format", help="What to write.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="A new folder.", show_default=False)],
    copy: Annotated[bool, typer.Option("--copy", help="Copy the photos into images/.")] = False,
    accept: Annotated[bool, typer.Option("--accept", help="Take the model's boxes as ground truth, too.")] = False,
    online: Online = False,
    min_confidence: MinConfidence = None,
) -> None:
    """Write photos with their boxes for another program: `phototag export dog --format coco --out dogs --copy`.

    Boxes that you drew are ground truth; those of the model are predictions, and lie in files of their own.
    """
    from phototag.app.answers import open_answers
    from phototag.app.export import ExportOptions
    from phototag.app.export import export as write
    from phototag.render.text import counted

    with open_answers(session.settings.with_options(min_confidence=min_confidence), session.note) as answers:
        done = write(answers.ask(query, online=online), ExportOptions(form.value, out, copy, accept))
    told = f"{counted(done.truth, 'box', 'boxes')} of ground truth, {counted(done.predictions, 'prediction')}"
    session.note(f"wrote {counted(done.photos, 'photo')} to {out}: {told}")
    if done.predictions and not done.truth:
        session.note("No box of them is yours: to put the model's right in another program, export with --accept.")


def import_boxes(
    session: Session,
    truth: Annotated[
        Path, typer.Argument(help="A COCO file, a YOLO folder or its data.yaml, or a VOC folder.", show_default=False)
    ],
    images: Annotated[
        Path | None, typer.Option("--images", help="Where the photos lie, if not beside it.", show_default=False)
    ] = None,
    complete: Annotated[
        bool, typer.Option("--complete", help="It has every object of its photos: take all others out.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Also where --complete takes all objects out of most photos.")
    ] = False,
) -> None:
    """Take boxes from another program as your corrections; `phototag undo` takes all of them back."""
    from phototag.app.export import take_back
    from phototag.render.text import counted

    done = take_back(truth, images, session.settings, complete=complete, sure=yes)
    for word in done.new:
        session.note(NEW_WORD.format(word))
    told = f"{counted(done.truth, 'box', 'boxes')} drawn, {counted(done.predictions, 'box', 'boxes')} taken out"
    session.note(f"{counted(done.photos, 'photo')}: {told}")


def add_to(app: typer.Typer) -> None:
    """Register `export` and `import`."""
    app.command("export", no_args_is_help=True, cls=QueryCommand)(command(export))
    app.command("import", no_args_is_help=True)(command(import_boxes))
