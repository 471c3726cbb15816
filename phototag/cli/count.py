"""`phototag count`: how many objects, in how many photos."""

import json
from enum import StrEnum
from typing import Annotated

import typer

from phototag.cli.queries import QueryCommand
from phototag.cli.search import Exists, MinConfidence, Online, Query
from phototag.cli.session import Session, command


class By(StrEnum):
    """What to group a count by."""

    YEAR = "year"
    MONTH = "month"
    DAY = "day"
    FOLDER = "folder"
    CAMERA = "camera"
    LABEL = "label"


class Dedupe(StrEnum):
    """What to count once."""

    BURST = "burst"


def count(
    session: Session,
    query: Query,
    by: Annotated[By | None, typer.Option(help="One row a group.", show_default=False)] = None,
    dedupe: Annotated[
        Dedupe | None,
        typer.Option(help="Count each scene once: photos of one camera, seconds apart.", show_default=False),
    ] = None,
    min_confidence: MinConfidence = None,
    online: Online = False,
    exists: Exists = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Count objects and photos.

    `photos` are the photos that match; `objects` are the distinct boxes in them that an object word of the query asks
    for, at its threshold. With `--dedupe burst` the photos that one camera took within two seconds of one another are
    one scene, and of their boxes those of the photo that has most count: `phototag count person --dedupe burst`.
    """
    from phototag.app.answers import open_answers
    from phototag.render.counts import count_document, count_lines

    with open_answers(session.settings.with_options(min_confidence=min_confidence), session.note) as answers:
        question = answers.ask(query, online=online)
        if exists:
            raise typer.Exit(0 if question.exists() else 1)
        counted = question.count(by=by.value if by else None, scenes=dedupe is not None)
    if as_json:
        session.print(json.dumps(count_document(question.text, counted), ensure_ascii=False))
    else:
        for line in count_lines(question.text, counted):
            session.print(line)


def add_to(app: typer.Typer) -> None:
    """Register `count`."""
    app.command("count", no_args_is_help=True, cls=QueryCommand)(command(count))
