"""What the hits of a question have in common: counts of photos per label, object, month, camera, folder and keyword."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from phototag.query.tree import Things
from phototag.store.answers import Question
from phototag.store.compile_filters import FOLDER_PATH
from phototag.store.paths import shown
from phototag.types import Task


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet, and how many of the hits have it."""

    value: str
    photos: int


@dataclass(frozen=True, slots=True)
class Facets:
    """The values that the hits have, the most frequent first; `months` (`YYYY-MM`) are complete and in order."""

    labels: tuple[Choice, ...]
    objects: tuple[Choice, ...]
    months: tuple[Choice, ...]
    cameras: tuple[Choice, ...]
    folders: tuple[Choice, ...]
    keywords: tuple[Choice, ...]

    @property
    def years(self) -> tuple[Choice, ...]:
        """The photos of each year, in order."""
        years: dict[str, int] = {}
        for month in self.months:
            years[month.value[:4]] = years.get(month.value[:4], 0) + month.photos
        return tuple(Choice(year, photos) for year, photos in years.items())


def facets(question: Question, photos: Iterable[int], most: int = 12) -> Facets:
    """Count the hits with these numbers by what they show, when, with what and where; `most` values of each facet but
    months."""
    compiler = question.compiler()
    numbers = compiler.parameters.add(f"[{','.join(map(str, photos))}]")
    leaves = compiler.leaves
    tag = f"{leaves.own_rows(Task.CLASSIFY, 'w', 'h.id')} AND {leaves.own_label('w')}"
    box = f"{leaves.own_rows(Task.DETECT, 'b', 'h.id')} AND {leaves.described(Things(None), 'b', indexed=False)}"
    limit = compiler.parameters.add(most)
    groups: Mapping[str, str] = {
        "labels": _named(f"SELECT w.name_id AS name, count(*) AS n FROM hits h JOIN words w ON {tag}", limit),
        "objects": _named(
            f"SELECT name, count(*) AS n FROM (SELECT DISTINCT h.id, b.name_id AS name FROM hits h "
            f"JOIN detections b ON {box})",
            limit,
        ),
        "months": "SELECT substr(taken_at, 1, 7), count(*) FROM hits WHERE taken_at IS NOT NULL GROUP BY 1 ORDER BY 1",
        "cameras": "SELECT camera, count(*) AS n FROM hits WHERE camera IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1",
        "keywords": "SELECT min(k.keyword), count(*) AS n FROM hits h JOIN keywords k ON k.file_id = h.file_id "
        f"GROUP BY k.folded ORDER BY n DESC, 1 LIMIT {limit}",
        "folders": f"SELECT CAST({FOLDER_PATH} AS BLOB), g.n FROM (SELECT folder_id, count(*) AS n FROM hits "
        "GROUP BY 1) g JOIN folders d ON d.id = g.folder_id "
        "JOIN roots r ON r.id = d.root_id ORDER BY g.n DESC, 1",
    }
    counts = " UNION ALL ".join(f"SELECT '{name}' AS facet, * FROM ({select})" for name, select in groups.items())
    statement = (
        "WITH hits AS MATERIALIZED (SELECT p.id, f.id AS file_id, f.taken_at, f.camera, f.folder_id "
        f"FROM json_each({numbers}) j JOIN photos p ON p.id = j.value JOIN files f ON f.id = p.file_id) {counts}"
    )
    found: dict[str, list[Choice]] = {name: [] for name in groups}
    for facet, value, number in question.rows(statement, compiler):
        found[facet].append(Choice(shown(value) if isinstance(value, bytes) else value, number))
    for facet in ("cameras", "folders"):
        found[facet] = [_containing(choice, found[facet]) for choice in found[facet][:most]]
    return Facets(**{name: tuple(choices) for name, choices in found.items()})


def _containing(choice: Choice, choices: Iterable[Choice]) -> Choice:
    """The choice with the photos that its filter finds: `folder:` and `camera:` find whatever contains their text."""
    text = choice.value.lower()
    return Choice(choice.value, sum(other.photos for other in choices if text in other.value.lower()))


def _named(select: str, limit: str) -> str:
    return (
        f"SELECT n.name, g.n FROM ({select} GROUP BY name ORDER BY n DESC LIMIT {limit}) g "
        "JOIN names n ON n.id = g.name ORDER BY g.n DESC, n.name"
    )
