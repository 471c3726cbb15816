"""What the models say of one word, whatever the user said since: for going through their likely mistakes."""

from collections.abc import Iterable
from dataclasses import dataclass

from phototag.store.names import find
from phototag.store.reading import Connection


@dataclass(frozen=True, slots=True)
class Claim:
    """What is claimed of a reachable photo: the classifier's confidence in the word, and the largest among the
    detector's boxes of it; None where a model does not say it at all."""

    photo: int
    tag: float | None
    box: float | None

    @property
    def score(self) -> float:
        """The larger of the two, as a search takes it."""
        return max(self.tag or 0.0, self.box or 0.0)


def claims(conn: Connection, word: str, labels: Iterable[str]) -> tuple[Claim, ...]:
    """The photos of which the answering models say `word`, or that it has a box with one of `labels`; by id."""
    ids = find(conn, {word, *labels})
    boxed = ", ".join(str(ids[label]) for label in labels if label in ids) or "NULL"
    analysed = "FROM analyses a JOIN {0} x ON x.photo_id = a.photo_id AND x.model_id = a.model_id WHERE a.live"
    rows = conn.exec_driver_sql(
        "SELECT photo_id, max(tag), max(box) FROM ("
        f"SELECT x.photo_id, x.confidence AS tag, NULL AS box {analysed.format('words')} AND x.name_id = ? UNION ALL "
        f"SELECT x.photo_id, NULL, x.confidence {analysed.format('detections')} AND x.name_id IN ({boxed})"
        ") GROUP BY photo_id ORDER BY photo_id",
        (ids.get(word),),
    )
    return tuple(Claim(*row) for row in rows)
