"""The FROM and WHERE of a statement: which photos, and only the tables that the query needs."""

from dataclasses import dataclass

from phototag.query.conditions import Contains, Has, OneOf, Size
from phototag.query.tree import Node, filters_of
from phototag.store.compile import Compiler
from phototag.store.compile_leaves import joined
from phototag.store.sources import Source, rest

FILES = "files f ON f.id = p.file_id"
PLACES = "folders d ON d.id = f.folder_id CROSS JOIN roots r ON r.id = d.root_id"


@dataclass(frozen=True, slots=True)
class Frame:
    """Photos `p` that answer a query. With `show`, their file `f`, folder `d` and root `r` are there as well."""

    compiler: Compiler
    node: Node
    source: Source | None
    online: bool = False
    told: bool = False  # whether what is asked of the score is condition enough

    def text(self, *, show: bool, newest: bool = False) -> str:
        """`FROM … WHERE …`; with `newest` (and without a source) photos come from the newest on."""
        filters = [one.condition for part in self._asked() for one in filters_of(part)]
        files = show or any(not _of_photo(one) for one in filters)
        places = show or any(isinstance(one, Contains) and one.field in ("path", "folder") for one in filters)
        photos = files or bool(filters) or self.online
        tables = self._tables(photos=photos, files=files, newest=newest)
        if places:
            tables.append(PLACES)
        return f"FROM {' CROSS JOIN '.join(tables)} WHERE {self._condition()}"

    def _tables(self, *, photos: bool, files: bool, newest: bool) -> list[str]:
        if self.source is None:
            if newest:
                return ["files f", "photos p ON p.file_id = f.id"]
            return ["photos p", FILES] if files else ["photos p"]
        # Once each, and in order: neighbours lie beside each other in the file.
        once = "" if self.source.distinct else " GROUP BY photo_id"
        select = f"(SELECT photo_id AS id FROM ({self.source.select}){once})"
        if not photos:
            return [f"{select} p"]
        tables = [f"{select} c", "photos p ON p.id = c.id"]
        return [*tables, FILES] if files else tables

    def _asked(self) -> tuple[Node, ...]:
        """What is to be asked of each photo."""
        return () if self.told else (self.node,) if self.source is None else rest(self.node, self.source)

    def _condition(self) -> str:
        conditions = [self.compiler.true(part) for part in self._asked()]
        if self.source is None:
            conditions.append("p.file_id IS NOT NULL")
        if self.online:
            conditions.append("NOT p.offline")
        return joined("AND", conditions) if conditions else "1"


def _of_photo(condition: object) -> bool:
    """Whether the row of `photos` alone can tell."""
    if isinstance(condition, OneOf):
        return condition.field == "orientation"
    return isinstance(condition, Size) or (
        isinstance(condition, Has) and condition.name in ("offline", "duplicate", "failed")
    )
