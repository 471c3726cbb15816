"""Queries under a name: `search @NAME`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from phototag.app.answers import open_answers
from phototag.errors import UsageError
from phototag.query.parser import join_arguments
from phototag.query.verbs import strip_verb
from phototag.settings import Settings
from phototag.store.engine import open_index
from phototag.store.saved import SavedQuery, find_query, forget_query, list_queries, save_query

NAME = re.compile(r"[\w][\w.-]{0,63}")


@dataclass(frozen=True, slots=True)
class Kept:
    """A query as text, and another one that had its name until now."""

    query: str
    replaced: str | None


def save(name: str, words: Sequence[str], settings: Settings) -> Kept:
    """Keep a query under a name.

    Raises UsageError for a name that `@NAME` can't hold, QueryError for a query that can't be read.
    """
    name = name.removeprefix("@")
    if not NAME.fullmatch(name):
        raise UsageError(f"“{name}” can't be a name", hint="Letters, digits, `.`, `_` and `-`, at most 64 of them.")
    with open_answers(settings, lambda _: None) as answers:
        answers.ask(words)
    text = join_arguments(strip_verb(list(words)))
    with open_index(settings.db, write=True) as index, index.begin() as conn:
        before = find_query(conn, name)
        save_query(conn, name, text)
    return Kept(text, None if before == text else before)


def forget(name: str, settings: Settings) -> None:
    """Drop a saved query. Raises UsageError when there is none of that name."""
    with open_index(settings.db, write=True) as index, index.begin() as conn:
        if not forget_query(conn, name.removeprefix("@")):
            raise UsageError(f"there is no saved query “{name}”", hint="`phototag saved` lists them.")


def all_saved(settings: Settings) -> tuple[SavedQuery, ...]:
    """Every saved query, by name."""
    with open_index(settings.db, write=False) as index, index.read() as conn:
        return list_queries(conn)
