"""Counting with each scene once: the photos of a burst show the same."""

from collections.abc import Iterator
from dataclasses import dataclass

from phototag.store.answers import Question
from phototag.store.bursts import SECONDS, bursts
from phototag.store.counts import GROUPS, Counted, Group, object_groups, shown_key


@dataclass(slots=True)
class _Scene:
    """What is known of one scene: the smallest key of its photos, their number, and the most boxes of each kind."""

    key: str | bytes | None
    photos: int
    most: list[int]


def count_scenes(question: Question, by: str | None = None, seconds: int = SECONDS) -> Counted:
    """As `phototag.store.counts.count`, but of a burst only the photo with the most boxes counts, for each object word;
    `by` is a key of `GROUPS`. Reads every photo's time, and every hit."""
    leaves, several = object_groups(question)
    scenes = list(_scenes(question, GROUPS[by] if by else "NULL", seconds))
    objects = [sum(scene.most[place] for scene in scenes) for place in range(len(several))]
    groups: dict[str | bytes | None, list[_Scene]] = {}
    for scene in scenes:
        groups.setdefault(scene.key, []).append(scene)
    rows = tuple(
        Group(
            shown_key(key),
            sum(one.most[0] for one in members) if leaves else None,
            sum(one.photos for one in members),
            len(members),
        )
        for key, members in sorted(groups.items(), key=lambda one: (one[0] is None, one[0] or ""))
    )
    by_word = dict(zip(leaves, objects[1:], strict=True)) if len(leaves) > 1 else {}
    photos = sum(scene.photos for scene in scenes)
    return Counted(objects[0] if leaves else None, photos, by_word, rows if by else None, len(scenes))


def _scenes(question: Question, key: str, seconds: int) -> Iterator[_Scene]:
    scene_of = {photo: several[0] for several in bursts(question.conn, seconds) for photo in several}
    _, several = object_groups(question)
    compiler = question.compiler()
    boxes = "".join(f", {compiler.boxes_of(leaves)}" for leaves in several)
    found: dict[int, _Scene] = {}
    rows = question.rows(f"SELECT p.id, {key}{boxes} {question.frame(compiler).text(show=True)}", compiler)
    for photo, value, *numbers in rows:
        if photo not in scene_of:
            yield _Scene(value, 1, numbers)
            continue
        scene = found.setdefault(scene_of[photo], _Scene(value, 0, numbers))
        scene.key = value if scene.key is None else scene.key if value is None else min(scene.key, value)
        scene.photos += 1
        scene.most = list(map(max, scene.most, numbers))
    yield from found.values()
