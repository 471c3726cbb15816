"""What the reliability tests share: photos in numbers, waiting, and what an index holds."""

import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
Start = Callable[..., "subprocess.Popen[bytes]"]


def fill(folder: Path, count: int) -> None:
    """Add `count` small photos, no two alike."""
    from tests.onnx_models import CELLS, OBJECTS, paint

    names = list(OBJECTS)
    for number in range(count):
        cell = (number % CELLS, number // CELLS % CELLS)
        image = paint({cell: names[number % len(names)]}, side=64 + number % 7)
        image.putpixel((0, 63), (number % 256, number // 256, 7))
        place = folder / f"set {number % 3}"
        place.mkdir(exist_ok=True)
        image.save(place / f"{number:05}.png")


def wait_until(what: Callable[[], object], seconds: float = 60.0) -> None:
    """Return as soon as `what()` is true."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def rows(database: Path, statement: str) -> list[tuple[Any, ...]]:
    """What a reader with a connection of its own sees; nothing where there is no index yet."""
    if not database.exists():
        return []
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=30)) as connection:
        try:
            return connection.execute(statement).fetchall()
        except sqlite3.OperationalError as error:
            assert "no such table" in str(error), error  # before its first transaction  # noqa: PT017
            return []


def analysed(database: Path) -> int:
    """How many photos both models have seen."""
    found = rows(database, "SELECT count(*) FROM (SELECT 1 FROM analyses GROUP BY photo_id HAVING count(*) = 2)")
    return found[0][0] if found else 0


_CONTENT = {
    "files": """SELECT d.path, f.name, f.state, p.content, f.taken_at, f.camera FROM files f
        JOIN folders d ON d.id = f.folder_id LEFT JOIN photos p ON p.id = f.photo_id ORDER BY 1, 2""",
    "photos": """SELECT p.content, p.width, p.height, p.format, p.offline, d.path, f.name FROM photos p
        LEFT JOIN files f ON f.id = p.file_id LEFT JOIN folders d ON d.id = f.folder_id ORDER BY 1""",
    "analyses": """SELECT p.content, m.name, a.floor, a.live FROM analyses a JOIN photos p ON p.id = a.photo_id
        JOIN models m ON m.id = a.model_id ORDER BY 1, 2""",
    "words": """SELECT p.content, m.name, n.name, round(w.confidence, 4), round(w.own, 4), w.live FROM words w
        JOIN photos p ON p.id = w.photo_id JOIN models m ON m.id = w.model_id JOIN names n ON n.id = w.name_id
        ORDER BY 1, 2, 3""",
    "objects": """SELECT p.content, m.name, n.name, round(t.confidence, 4), round(t.x1, 4), round(t.y1, 4),
        round(t.x2, 4), round(t.y2, 4), t.live FROM detections t JOIN photos p ON p.id = t.photo_id
        JOIN models m ON m.id = t.model_id JOIN names n ON n.id = t.name_id ORDER BY 1, 2, t.number""",
    "problems": """SELECT d.path, p.name, p.stage, p.reason FROM problems p JOIN folders d ON d.id = p.folder_id
        ORDER BY 1, 2""",
    "corrections": """SELECT p.content, c.kind, n.name, c.effective FROM corrections c
        JOIN photos p ON p.id = c.photo_id JOIN names n ON n.id = c.name_id ORDER BY c.id""",
}  # fmt: skip


def content(database: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All that an index says, without the numbers and times that differ from run to run."""
    return {name: rows(database, statement) for name, statement in _CONTENT.items()}


def sound(database: Path) -> bool:
    """Whether SQLite finds nothing wrong with the file."""
    return rows(database, "PRAGMA integrity_check") in ([("ok",)], []) and not rows(
        database, "PRAGMA foreign_key_check"
    )
