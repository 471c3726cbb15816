"""Two packs compared, as tables for a person."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from phototag.render.tables import PlainTable, rows_table
from phototag.render.text import counted

SHOWN = 12


def comparison_tables(document: Mapping[str, Any], most: int = SHOWN) -> Iterator[PlainTable]:
    """The speeds, what changes by label, and the photos that change most."""
    first, second = document["packs"]
    speeds = (f"{speed:.1f}" for speed in document["photos_per_second"])
    yield rows_table(
        ((counted(document["photos"], "photo"), "left"), (first, "right"), (second, "right")),
        (("photos a second", *speeds),),
    )
    for kind in ("boxes", "labels"):
        if not document[kind]:
            continue
        yield rows_table(
            ((f"{kind} of {second} against {first}", "left"), ("gained", "right"), ("lost", "right")),
            ((row["label"], f"{row['gained']:,}", f"{row['lost']:,}") for row in document[kind][:most]),
        )
    yield rows_table(
        (("gained and lost", "left"), ("photo", "path")),
        ((_told(change), change["path"]) for change in document["changed"][:most]),
    )


def _told(change: Mapping[str, Any]) -> str:
    parts = [f"+{name}" for name in (*_counted(change["boxes_gained"]), *(f"#{n}" for n in change["labels_gained"]))]
    parts += [f"−{name}" for name in (*_counted(change["boxes_lost"]), *(f"#{n}" for n in change["labels_lost"]))]
    return ", ".join(parts[:4]) + (f" … {len(parts) - 4} more" if len(parts) > 4 else "")


def _counted(boxes: Iterable[str]) -> list[str]:
    return [f"{number} {name}" for name, number in Counter(boxes).most_common()]
