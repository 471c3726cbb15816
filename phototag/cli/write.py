"""`phototag write QUERY`: keywords and regions for other programs."""

from typing import Annotated

import typer

from phototag.cli.queries import QueryCommand
from phototag.cli.search import MinConfidence, Query
from phototag.cli.session import Session, command
from phototag.errors import UsageError


def write(
    session: Session,
    query: Query,
    sidecar: Annotated[bool, typer.Option("--xmp-sidecar", help="Write beside each photo: a.jpg.xmp.")] = False,
    embed: Annotated[bool, typer.Option("--embed", help="Write into the photos, with the program exiftool.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Really write; without it, only say what would be.")] = False,
    stem: Annotated[bool, typer.Option("--stem", help="Call the sidecar a.xmp.")] = False,
    take_back: Annotated[
        bool,
        typer.Option("--take-back", help="Remove what phototag wrote before; also a sidecar that holds nothing else."),
    ] = False,
    mwg: Annotated[bool, typer.Option("--mwg", help="Objects as MWG regions, too: digiKam, Picasa.")] = False,
    min_confidence: MinConfidence = None,
) -> None:
    """Write words and objects where other programs read them: `phototag write dog --xmp-sidecar --yes`.

    Keywords and regions of others stay as they are; phototag changes and takes back only its own. Nothing is written
    without --yes. Writing into a photo does not make it a new one: the next `phototag index` analyses nothing.
    """
    from phototag.app.answers import open_answers
    from phototag.app.write import WriteOptions
    from phototag.app.write import write as put
    from phototag.errors import PhototagError
    from phototag.render.text import counted, path_text, printable

    if sidecar == embed:
        raise UsageError("say where to write: --xmp-sidecar or --embed", hint="One of them, not both.")
    options = WriteOptions(embed, stem, take_back, mwg, yes)
    changed = same = failed = 0
    with open_answers(session.settings.with_options(min_confidence=min_confidence), session.note) as answers:
        for done in put(answers.ask(query), answers.vocabulary, options):
            if isinstance(done, PhototagError):
                failed += 1
                session.warn(" ".join(filter(None, (done.message, done.hint))))
            elif done.merged.packet is None:
                same += 1
            else:
                changed += 1
                words = [f"+{word}" for word in done.merged.added] + [f"-{word}" for word in done.merged.removed]
                path = path_text(bytes(done.target))
                before, after = done.merged.regions
                regions = counted(after, "region") if before == after else f"{before} → {counted(after, 'region')}"
                rest = [regions, "(a sidecar with nothing else, removed)"] if done.removed else [regions]
                session.print(f"{printable(path)}: {' '.join([*words, *rest])}")
    told = "written" if yes else "would be written (add --yes)"
    session.note(f"{counted(changed, 'file')} {told}, {same:,} unchanged, {failed:,} failed")
    if failed and not changed and not same:
        raise typer.Exit(1)


def add_to(app: typer.Typer) -> None:
    """Register `write`."""
    app.command("write", no_args_is_help=True, cls=QueryCommand)(command(write))
