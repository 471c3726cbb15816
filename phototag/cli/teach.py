"""`phototag teach NAME PHOTO…`: a tag of the user's own, from a few examples."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from phototag.cli.session import Session, command
from phototag.errors import UsageError

if TYPE_CHECKING:
    from phototag.app.teach import Lesson


def teach(
    session: Session,
    name: Annotated[str | None, typer.Argument(help="What to call it.", show_default=False)] = None,
    photos: Annotated[
        list[Path] | None, typer.Argument(help="Photos that show it: 5 to 50 are good.", show_default=False)
    ] = None,
    without: Annotated[
        list[Path] | None, typer.Option("--not", help="A photo that does not show it.", show_default=False)
    ] = None,
    precision: Annotated[
        float | None,
        typer.Option(min=0.0, max=1.0, help="Choose the threshold for this; else for the best F1.", show_default=False),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Apply it without asking.")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Forget what was taught as NAME.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="List what was taught.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --list: as JSON.")] = False,
) -> None:
    """Teach a tag of your own from examples: `phototag teach rex IMG_1.jpg IMG_2.jpg IMG_3.jpg IMG_4.jpg IMG_5.jpg`.

    Shows first how well it is found among photos that it was not taught by, then applies it to every photo: no model
    runs. The examples become your own tags; every later `phototag tag PHOTO +rex` or -rex is one more, which `phototag
    teach rex` learns from. New photos get the tag when they are indexed.
    """
    from phototag.app.taught import forget as drop
    from phototag.app.teach import apply, learn_tag

    if listed:
        _list(session, as_json=as_json)
    elif name is None:
        raise UsageError(
            "what is to be taught?", hint="Write `phototag teach NAME PHOTO…`, or `phototag teach --list`."
        )
    elif forget:
        drop(name, session.settings)
        session.note(f"“{name}” is forgotten; your own tags stay")
    else:
        lesson = learn_tag(name, photos or [], without or [], precision, session.settings)
        _show(session, lesson)
        if yes or (sys.stdin.isatty() and typer.confirm("Apply it?", err=True)):
            apply(lesson, session.settings)
            session.note(f"“{lesson.tag.name}” is taught: `phototag search {json.dumps(lesson.tag.name)}`")
        else:
            session.note("nothing was changed; add --yes to apply it")


def _show(session: Session, lesson: "Lesson") -> None:
    from phototag.render.text import counted, path_text, printable

    rates, tag = lesson.rates, lesson.tag
    shows, others = len(lesson.examples.shows), len(lesson.examples.others) + len(lesson.examples.lacks)
    session.print(f"{tag.name}: {counted(shows, 'example')}, {counted(others, 'other photo')}, by {tag.model}")
    found = f"{rates.right} of {shows} found, {rates.wrong} of {others} others taken for it"
    rate = f"precision at least {rates.precision or 0:.0%}, recall {rates.recall or 0:.0%}"
    session.print(f"held out: {found}: {rate} at a confidence of {tag.threshold:.2f}")
    for hit, confidence in lesson.mistaken:
        session.print(f"  taken for it: {printable(path_text(hit.path))} ({confidence:.2f})")
    if lesson.mistaken:
        session.note(
            "Those that do show it raise the precision: name them as examples, too. Name the others with --not."
        )
    session.print(f"it would tag {lesson.found:,} of {counted(lesson.photos, 'photo')}")


def _list(session: Session, *, as_json: bool) -> None:
    from phototag.app.taught import all_taught
    from phototag.render.tables import rows_table

    tags = all_taught(session.settings)
    reports = [json.loads(tag.report) for tag in tags]
    if as_json:
        rows = [
            {
                "name": t.name,
                "classifier": t.model,
                "current": t.current,
                "threshold": t.threshold,
                "photos": t.photos,
                **r,
            }
            for t, r in zip(tags, reports, strict=True)
        ]
        session.print(json.dumps(rows, ensure_ascii=False))
        return
    if not tags:
        session.note("No tag was taught yet: `phototag teach NAME PHOTO...` teaches one.")
        return
    columns = (("tag", "left"), ("examples", "right"), ("precision", "right"), ("recall", "right"), ("photos", "right"))
    session.table(
        rows_table(
            (*columns, ("classifier", "left")),
            [
                (t.name, r["examples"], _percent(r["precision"]), _percent(r["recall"]), t.photos, t.model)
                for t, r in zip(tags, reports, strict=True)
            ],
        )
    )
    current = {tag.name for tag in tags if tag.current}
    for name in dict.fromkeys(tag.name for tag in tags if tag.name not in current):
        session.note(f"“{name}” was taught for another classifier than the current one: `phototag teach {name}` again")


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def add_to(app: typer.Typer) -> None:
    """Register `teach`."""
    app.command("teach", no_args_is_help=True)(command(teach))
