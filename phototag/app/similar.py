"""`phototag similar PHOTO`: the photos most like one, by the classifier's feature vectors."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from phototag.app.answers import Answers, find_photo
from phototag.errors import UsageError
from phototag.inference.vectors import ranked
from phototag.store import vectors
from phototag.store.details import hits_of
from phototag.store.models import current_model
from phototag.types import Hit, Task

PAGE = 200


def similar(answers: Answers, path: Path, query: str | None = None) -> Iterator[Hit]:
    """The photos most like the one at `path`, best first, without itself; `score` is their vectors' cosine.

    With `query` only what answers it. Every vector of the current classifier is compared. Raises UsageError for a photo
    that is not in the index or has no vector, QueryError.
    """
    conn = answers.conn
    photo = find_photo(conn, path)
    model = current_model(conn, Task.CLASSIFY)
    wanted = vectors.of_photos(conn, model.id, [photo]).get(photo)
    if wanted is None:
        raise UsageError(
            f"{path} has no feature vector of {model.model.name} yet",
            hint="Run `phototag index`, or `phototag index --force` for photos that an older phototag indexed.",
        )
    allowed = None if query is None else {row[0] for row in answers.ask([query]).question.select(None, "path")}
    order = (
        one
        for one in ranked(vectors.read(conn, model.id), vectors.SLOTS, wanted)
        if one[0] != photo and (allowed is None or one[0] in allowed)
    )
    while page := list(islice(order, PAGE)):
        hits = hits_of(conn, [number for number, _ in page], answers.thresholds)
        yield from (replace(hits[number], score=min(cosine, 1.0)) for number, cosine in page if number in hits)
