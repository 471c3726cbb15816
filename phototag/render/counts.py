"""Counts as text and as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from phototag.render.text import counted, printable


class Group(Protocol):
    """One row of a grouped count."""

    @property
    def key(self) -> str:
        """The group: a year, a folder, a label; `unknown` where there is none."""
        ...

    @property
    def objects(self) -> int | None:
        """Distinct boxes, None if the query asks for no object."""
        ...

    @property
    def photos(self) -> int:
        """Photos that match."""
        ...


class Counted(Protocol):
    """What a query counts to."""

    @property
    def objects(self) -> int | None:
        """Distinct boxes, None if the query asks for no object."""
        ...

    @property
    def photos(self) -> int:
        """Photos that match."""
        ...

    @property
    def by_word(self) -> Mapping[str, int]:
        """Objects per word, where the query has several."""
        ...

    @property
    def groups(self) -> Sequence[Group] | None:
        """The rows of a grouped count."""
        ...


def count_lines(query: str, count: Counted) -> Iterator[str]:
    """`person: 128 objects in 54 photos`, then a row a word or a group."""
    yield f"{printable(query)}: {_told(count.objects, count.photos)}"
    if count.groups is not None:
        for group in count.groups:
            yield f"  {printable(group.key)}: {_told(group.objects, group.photos)}"
    elif len(count.by_word) > 1:
        for word, objects in count.by_word.items():
            yield f"  {printable(word)}: {counted(objects, 'object')}"


def count_document(query: str, count: Counted) -> dict[str, Any]:
    """The contract's JSON object."""
    document: dict[str, Any] = {"query": query, "objects": count.objects, "photos": count.photos}
    if len(count.by_word) > 1:
        document["by_word"] = dict(count.by_word)
    if count.groups is not None:
        document["by"] = [{"key": g.key, "objects": g.objects, "photos": g.photos} for g in count.groups]
    return document


def _told(objects: int | None, photos: int) -> str:
    where = counted(photos, "photo")
    return where if objects is None else f"{counted(objects, 'object')} in {where}"
