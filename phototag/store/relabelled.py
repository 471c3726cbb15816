"""What the models, and the user, say of photos otherwise than at an earlier moment."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from phototag.query.thresholds import Thresholds
from phototag.store.compile_filters import PATH
from phototag.store.pieces import chunks
from phototag.types import Task

Named = Counter[tuple[Task, str]]
"""How often each label (once) and each object stands on a photo, at the thresholds."""


@dataclass(frozen=True, slots=True)
class Recount:
    """A label or an object that stands on a photo more or less often than before."""

    task: Task
    name: str
    then: int
    now: int


@dataclass(frozen=True, slots=True)
class Relabelled:
    """A photo, by the path of its first reachable file, and what changed on it."""

    path: bytes
    recounts: tuple[Recount, ...]


def relabelled(
    conn: Connection, since: str, models_then: Mapping[str, str], replaced: Iterable[tuple[int, int]], thr: Thresholds
) -> Iterator[Relabelled]:
    """The photos on which other labels or objects stand than at `since`, in the order of ids.

    `models_then` are the names of the models that answered then, by task; `replaced` the (photo then, photo now) of
    files whose content changed. A correction counts from when it was made; one that was undone as never made.
    """
    corrected = _corrected(conn, since)
    pairs = {photo: photo for photo in (*_candidates(conn, since, models_then), *corrected)}
    pairs |= {now: then for then, now in replaced}
    for part in chunks(sorted(pairs.items())):
        now_sources = _answering(conn, [now for now, _ in part], None, since)
        then_sources = _answering(conn, [then for _, then in part], models_then, since)
        paths = _paths(conn, [now for now, _ in part])
        for now, then in part:
            old, new, names = then_sources[then], now_sources[now], corrected.get(now)
            # A task that had not been done is no change of labels, and one model says the same of one photo again.
            both = [t for t in old.keys() & new.keys() if names or then != now or old[t] != new[t]]
            before = _named(conn, then, {task: old[task] for task in both}, thr)
            after = _named(conn, now, {task: new[task] for task in both}, thr)
            if names:
                after = Counter({key: count for key, count in after.items() if key[1] not in names})
                after += _answered(conn, now, names, thr)
            changed = tuple(
                Recount(*key, before[key], after[key])
                for key in sorted(before.keys() | after.keys())
                if before[key] != after[key]
            )
            if changed and now in paths:
                yield Relabelled(paths[now], changed)


def _candidates(conn: Connection, since: str, models_then: Mapping[str, str]) -> list[int]:
    """Reachable photos, known before, that were analysed since or whose answer of then gave way to another model's."""
    rows = conn.exec_driver_sql(
        "SELECT a.photo_id FROM analyses a JOIN photos p ON p.id = a.photo_id "
        "WHERE a.live AND a.at >= ? AND p.added_at < ? UNION "
        "SELECT a.photo_id FROM analyses a JOIN models m ON m.id = a.model_id JOIN photos p ON p.id = a.photo_id "
        "WHERE NOT a.live AND m.name IN (?, ?) AND a.at < ? AND p.file_id IS NOT NULL",
        (since, since, models_then.get(Task.CLASSIFY), models_then.get(Task.DETECT), since),
    )
    return list(rows.scalars())


def _answering(
    conn: Connection, photos: Sequence[int], models_then: Mapping[str, str] | None, since: str
) -> defaultdict[int, dict[Task, tuple[int, str]]]:
    """By photo and task the (id, name) of the model that answers: now, or (with `models_then`) at that moment."""
    rows = conn.exec_driver_sql(
        "SELECT a.photo_id, a.task, a.at, a.live, m.id, m.name FROM analyses a JOIN models m ON m.id = a.model_id "
        f"WHERE a.photo_id IN ({', '.join('?' * len(photos))}) ORDER BY a.at",
        tuple(photos),
    ).fetchall()
    found: defaultdict[int, dict[Task, tuple[int, str]]] = defaultdict(dict)
    if models_then is None:
        for row in rows:
            if row.live:
                found[row.photo_id][Task(row.task)] = (row.id, row.name)
        return found
    named = [row for row in rows if models_then.get(row.task) == row.name]
    for row in (*(row for row in rows if row.at < since), *named):  # the later word wins: the latest, then the named
        found[row.photo_id][Task(row.task)] = (row.id, row.name)
    return found


def _named(conn: Connection, photo: int, sources: Mapping[Task, tuple[int, str]], thr: Thresholds) -> Named:
    """What these models say of a photo, whether or not the user has put it right."""
    counts: Named = Counter()
    for task, (model, name) in sources.items():
        for label, confidence in conn.exec_driver_sql(_SAID[task], (photo, model)):
            if confidence >= thr.of(task, name, label):
                counts[task, label] += 1
    return counts


_SAID = {
    Task.CLASSIFY: "SELECT n.name, w.own FROM words w JOIN names n ON n.id = w.name_id "
    "WHERE w.photo_id = ? AND w.model_id = ? AND w.own IS NOT NULL",
    Task.DETECT: "SELECT n.name, b.confidence FROM detections b JOIN names n ON n.id = b.name_id "
    "WHERE b.photo_id = ? AND b.model_id = ?",
}


def _corrected(conn: Connection, since: str) -> dict[int, set[str]]:
    """By photo the words that the user put right since then, with what lies below them."""
    rows = conn.exec_driver_sql(
        "SELECT c.photo_id, k.name FROM corrections c JOIN relatives k ON k.name_id = c.name_id AND k.below "
        "WHERE c.at >= ?",
        (since,),
    )
    found: dict[int, set[str]] = {}
    for photo, name in rows:
        found.setdefault(photo, set()).add(name)
    return found


def _answered(conn: Connection, photo: int, names: set[str], thr: Thresholds) -> Named:
    """How often these words stand on a photo now, with all that was put right."""
    counts: Named = Counter()
    for task, statement in _LIVE.items():
        for label, confidence, model in conn.exec_driver_sql(statement, (photo,)):
            if label in names and confidence >= thr.of(task, model, label):
                counts[task, label] += 1
    return counts


_LIVE = {
    Task.CLASSIFY: "SELECT n.name, w.own, m.name FROM words w JOIN names n ON n.id = w.name_id "
    "JOIN models m ON m.id = w.model_id WHERE w.photo_id = ? AND w.live AND w.own IS NOT NULL",
    Task.DETECT: "SELECT n.name, b.confidence, m.name FROM detections b JOIN names n ON n.id = b.name_id "
    "JOIN models m ON m.id = b.model_id WHERE b.photo_id = ? AND b.live",
}


def _paths(conn: Connection, photos: Sequence[int]) -> dict[int, bytes]:
    rows = conn.exec_driver_sql(
        f"SELECT p.id, {PATH} AS path FROM photos p JOIN files f ON f.id = p.file_id "
        "JOIN folders d ON d.id = f.folder_id JOIN roots r ON r.id = d.root_id "
        f"WHERE p.id IN ({', '.join('?' * len(photos))})",
        tuple(photos),
    )
    return {row.id: row.path for row in rows}
