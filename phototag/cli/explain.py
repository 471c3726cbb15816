"""`search --explain`: why each photo matches, or what empties a query."""

from typing import TYPE_CHECKING

from phototag.cli.session import Session

if TYPE_CHECKING:
    from phototag.app.answers import Question


def show_explained(session: Session, question: "Question", limit: int | None, sort: str, *, as_json: bool) -> None:
    """The hits with the reasons for each; without hits, what each part of the query finds alone."""
    from phototag.render.machine import json_lines
    from phototag.render.reasons import reason_document, reason_lines
    from phototag.render.text import counted, printable

    empty = True
    for hit, reasons in question.explain(limit, sort):
        empty = False
        if as_json:
            session.write(b"".join(json_lines([reason_document(hit, reasons)])))
        else:
            for line in reason_lines(hit, reasons):
                session.print(line)
    if empty:
        session.note("nothing matches; alone, each part finds:")
        for part in question.emptied_by():
            session.note(f"  {printable(part.text)}: {counted(part.photos, 'photo')}")
