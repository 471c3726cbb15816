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

    @property
    def scenes(self) -> int | None:
        """Scenes that the photos show, where each was counted once."""
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

    @property
    def scenes(self) -> int | None:
        """Scenes that the photos show, where each was counted once."""
        ...


def count_lines(query: str, count: Counted) -> Iterator[str]:
    """`person: 128 objects in 54 photos`, then a row a word or a group."""
    yield f"{printable(query)}: {_told(count)}"
    if count.groups is not None:
        for group in count.groups:
            yield f"  {printable(group.key)}: {_told(group)}"
    elif len(count.by_word) > 1:
        for word, objects in count.by_word.items():
            yield f"  {printable(word)}: {counted(objects, 'object')}"


def count_document(query: str, count: Counted) -> dict[str, Any]:
    """The contract's JSON object."""
    document: dict[str, Any] = {"query": query} | _numbers(count)
    if len(count.by_word) > 1:
        document["by_word"] = dict(count.by_word)
    if count.groups is not None:
        document["by"] = [{"key": group.key} | _numbers(group) for group in count.groups]
    return document


def _numbers(one: Counted | Group) -> dict[str, int | None]:
    scenes = {} if one.scenes is None else {"scenes": one.scenes}
    return {"objects": one.objects, "photos": one.photos} | scenes


def _told(one: Counted | Group) -> str:
    where = counted(one.photos, "photo")
    if one.scenes is not None:
        where = f"{counted(one.scenes, 'scene')} ({where})"
    return where if one.objects is None else f"{counted(one.objects, 'object')} in {where}"
