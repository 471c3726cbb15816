"""The verb that people begin with: "find dog" and "count cars" mean dog and cars."""

from collections.abc import Sequence

VERBS = frozenset(("find", "show", "search", "list", "get", "display", "count"))


def strip_verb(words: Sequence[str]) -> list[str]:
    """A query's words without a leading "find", "show", "count" …; a verb that stands alone stays."""
    texts = list(words)
    if not texts:
        return texts
    first, _, rest = texts[0].strip().partition(" ")
    if first.lower() not in VERBS or not (rest.strip() or texts[1:]):
        return texts
    return [rest.strip(), *texts[1:]] if rest.strip() else texts[1:]
