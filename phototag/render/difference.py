"""What `phototag diff` found, told to a person."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from phototag.render.text import counted, printable

SHOWN = 20
_PATHS = ("new", "changed", "returned", "missing", "ignored")


def difference_lines(found: Mapping[str, Any], *, everything: bool) -> Iterator[str]:
    """A line a change below a heading for each kind; the first `SHOWN` of a kind, unless `everything`."""
    yield f"since {found['since'].replace('T', ' ')[:16]}:"
    empty = True
    for heading, lines in _sections(found):
        if not lines:
            continue
        empty = False
        yield f"{heading} ({len(lines):,})"
        shown = lines if everything else lines[:SHOWN]
        yield from (f"  {printable(line)}" for line in shown)
        if len(shown) < len(lines):
            yield f"  … and {len(lines) - len(shown):,} more: --all or --json lists them"
    if empty:
        yield "nothing changed"


def _sections(found: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[str]]]:
    yield from ((kind, found[kind]) for kind in _PATHS[:2])
    yield "moved", [f"{move['from']} → {move['to']}" for move in found["moved"]]
    yield from ((kind, found[kind]) for kind in _PATHS[2:])
    yield "offline", [f"{place['path']}: {place['reason']}" for place in found["offline"]]
    yield "failed", [f"{one['path']}: {one['reason']}" for one in found["failed"]]
    yield "other labels", [f"{photo['path']}: {_recounts(photo)}" for photo in found["relabelled"]]


def _recounts(photo: Mapping[str, Any]) -> str:
    """`+dog, person 2 → 3, -#beach`."""
    objects = [_recount(name, then, now) for name, (then, now) in photo["objects"].items()]
    return ", ".join(objects + [_recount(f"#{name}", then, now) for name, (then, now) in photo["labels"].items()])


def _recount(name: str, then: int, now: int) -> str:
    if then and now:
        return f"{name} {then} → {now}"
    return f"{'+' if now else '-'}{counted(now or then, name, name) if max(then, now) > 1 else name}"
