"""How a query may go on while it is typed."""

import re
from collections.abc import Collection, Iterator

from phototag.query.filters import READERS
from phototag.query.vocabulary import Vocabulary

MOST = 8
_LAST_WORD = re.compile(r"(?:(tag|object):)?([\w][\w' -]*|)$", re.IGNORECASE)


def completions(text: str, names: Collection[str], vocabulary: Vocabulary) -> list[str]:
    """Whole texts in which the last word of `text` is complete, eight at most.

    First come the `names` of the index, then other words for them, then filters. Several words may be one name, so the
    longest beginning of a name that the text ends in is completed.
    """
    found = _LAST_WORD.search(text)
    if found is None or not found[2].strip():
        return []
    begin, typed = text[: found.start(2)], found[2]
    for start in [0, *(place.end() for place in re.finditer(" +", typed))]:
        part = typed[start:].lower()
        words = list(dict.fromkeys(_words(part, names, vocabulary, filters=not found[1]))) if part else []
        if words:
            return [begin + typed[:start] + word for word in words[:MOST]]
    return []


def _words(part: str, names: Collection[str], vocabulary: Vocabulary, *, filters: bool) -> Iterator[str]:
    def fits(word: str) -> bool:
        return word.lower().startswith(part) and word.lower() != part

    def first(word: str) -> tuple[int, str]:
        return len(word), word

    own = sorted(filter(fits, names), key=first)
    yield from own[: MOST - 2] if filters else own  # some room for filters
    if filters:
        yield from (f"{name}:" for name in READERS if name.startswith(part))
    yield from sorted((word for word, name in vocabulary.meanings.items() if name in names and fits(word)), key=first)
    yield from own
