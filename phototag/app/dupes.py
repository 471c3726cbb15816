"""`phototag dupes`: photos that are there more than once, or nearly so. A report: nothing is ever deleted."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from phototag.app.answers import Answers
from phototag.app.pictures import decode_original, read_original
from phototag.errors import PhototagError
from phototag.media.fingerprint import SIDE, fingerprint, groups_near
from phototag.settings import Settings
from phototag.store.bursts import bursts
from phototag.store.details import copies_of, hits_of


@dataclass(frozen=True, slots=True)
class Group:
    """Files that show the same; the first is the largest picture, or the first by path that is not offline."""

    paths: tuple[bytes, ...]


def exact(answers: Answers, query: str | None) -> list[Group]:
    """Files with the same content, whatever their names and metadata; with `query` of photos that answer it."""
    hits = answers.ask(["is:duplicate", *([] if query is None else [f"({query})"])]).search(sort="path")
    return [Group(copies_of(answers.conn, hit.path)) for hit in hits]


def burst(answers: Answers, query: str | None, seconds: int) -> list[Group]:
    """Photos that one camera took within `seconds` of one another, in the order they were taken; with `query`, of each
    burst only those that answer it."""
    allowed = None if query is None else {row[0] for row in answers.ask([query]).question.select(None, "path")}
    kept = [[photo for photo in one if allowed is None or photo in allowed] for one in bursts(answers.conn, seconds)]
    hits = hits_of(answers.conn, [photo for one in kept for photo in one], answers.thresholds)
    return [Group(tuple(hits[photo].path for photo in one)) for one in kept if len(one) > 1]


def near(
    answers: Answers, query: str | None, most: int, settings: Settings, failed: Callable[[PhototagError], None]
) -> list[Group]:
    """Photos (of those that answer `query`, if there is one) whose fingerprints differ in at most `most` bits of 64:
    the same picture in another size, format or quality. Every one of them is read and decoded."""
    question = answers.ask([query or "width>0"])
    hits = []
    numbers = []
    for hit in list(question.search(sort="path")):
        try:
            image = decode_original(hit, read_original(hit), settings, minimum=SIDE * 2)
        except PhototagError as error:
            failed(error)
            continue
        hits.append(hit)
        numbers.append(fingerprint(image))
    found = []
    for members in groups_near(numbers, most):
        ordered = sorted((hits[place] for place in members), key=lambda hit: (-hit.width * hit.height, hit.path))
        found.append(Group(tuple(hit.path for hit in ordered)))
    return sorted(found, key=lambda group: os.fsdecode(group.paths[0]))
