"""`phototag ask`: a plain sentence instead of a query."""

import json
from typing import Annotated

import typer

from phototag.cli.search import Format, print_hits, write_hits
from phototag.cli.session import Session, command


def ask(
    session: Session,
    sentence: Annotated[list[str], typer.Argument(help='A sentence: "how many cars in 2023".', show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, as `search` and `count` have it.")] = False,
) -> None:
    """Ask in a plain sentence; the query that was made of it is shown, and what was not understood.

    A fixed grammar reads it, no language model: "show me photos with more than two people but no dog, last summer".
    """
    from phototag.app.answers import open_answers
    from phototag.render.counts import count_document, count_lines

    with open_answers(session.settings, session.note) as answers:
        understood = answers.understand(" ".join(sentence))
        session.note(f"phototag {understood.verb} '{understood.query}'")
        if understood.ignored:
            session.note(f"understood: {', '.join(understood.used)}; not understood: {', '.join(understood.ignored)}")
        question = answers.ask([understood.query])
        if understood.verb == "count":
            counted = question.count()
            document = [json.dumps(count_document(question.text, counted), ensure_ascii=False)] if as_json else []
            for line in document or count_lines(question.text, counted):
                session.print(line)
        elif as_json:
            write_hits(session, Format.JSON, question.search())
        else:
            print_hits(session, question)


def add_to(app: typer.Typer) -> None:
    """Register `ask`."""
    app.command("ask", no_args_is_help=True)(command(ask))
