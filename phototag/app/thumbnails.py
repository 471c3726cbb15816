"""Reduced copies of photos in the cache folder, made once, and no more of them than fit."""

import contextlib
import os
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from phototag.app.pictures import decode_original, read_original
from phototag.render.sheet import fitted
from phototag.settings import Settings
from phototag.types import Hit

if TYPE_CHECKING:
    from PIL import Image

THUMBNAIL = 400  # pixels of the longer side
LARGE = 2048
BUDGET = 1 << 30
SWEEP_EVERY = 500  # copies made
KEPT = 0.8  # of the budget, once it is exceeded
TOUCH_AFTER = 3600.0
PROFILE_LIMIT = 4096


@dataclass
class Thumbnails:
    """The copies in `folder`, named by content and size; those unused for longest go when they exceed `budget` bytes.

    Safe to use from several threads: each copy is made once, and at most `workers` at a time.
    """

    settings: Settings
    folder: Path
    budget: int = BUDGET
    workers: int = field(default_factory=lambda: max(1, (os.cpu_count() or 2) - 1))

    def __post_init__(self) -> None:
        self._turns = threading.BoundedSemaphore(self.workers)
        self._guard = threading.Lock()
        self._making: dict[str, threading.Lock] = {}
        self._made = 0

    def jpeg(self, hit: Hit, content: str, side: int) -> bytes:
        """The photo as JPEG, upright, its longer side at most `side` pixels. One decode, and none the next time.

        Raises PhototagError where the photo is offline, gone, another by now or can't be decoded, unless the copy is
        there already.
        """
        return self.jpegs(hit, content, (side,))[side]

    def jpegs(self, hit: Hit, content: str, sides: Sequence[int]) -> dict[int, bytes]:
        """The photo in several sizes, which together cost one decode."""
        made = self._kept(content, sides)
        if len(made) == len(sides):
            return made
        with self._guard:
            lock = self._making.setdefault(content, threading.Lock())
        try:
            with lock, self._turns:
                made = self._kept(content, sides)
                missing = [side for side in sides if side not in made]
                return made | self._make(hit, content, missing) if missing else made
        finally:
            with self._guard:
                self._making.pop(content, None)

    def _kept(self, content: str, sides: Sequence[int]) -> dict[int, bytes]:
        read = {side: _read(self._path(content, side)) for side in sides}
        return {side: data for side, data in read.items() if data}

    def _path(self, content: str, side: int) -> Path:
        return self.folder / content[:2] / f"{content}-{side}.jpg"

    def _make(self, hit: Hit, content: str, sides: Sequence[int]) -> dict[int, bytes]:
        image = decode_original(hit, read_original(hit, content), self.settings, minimum=max(sides))
        made = {}
        for side in sorted(sides, reverse=True):
            image = fitted(image, side)  # the smaller is made of the larger
            made[side] = encoded(image)
            self._keep(self._path(content, side), made[side])
        return made

    def _keep(self, path: Path, data: bytes) -> None:
        with contextlib.suppress(OSError):  # a full disk costs speed, not the picture
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, partial = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(partial).replace(path)
        self._made += 1
        if self._made % SWEEP_EVERY == 0:
            self.sweep()

    def sweep(self) -> None:
        """Delete the copies that were not used for longest, if there are too many."""
        files = []
        for path in self.folder.rglob("*"):
            with contextlib.suppress(OSError):
                status = path.stat()
                if path.is_file():
                    files.append((status.st_mtime, status.st_size, path))
        total = sum(size for _, size, _ in files)
        if total <= self.budget:
            return
        for _, size, path in sorted(files):
            if total <= self.budget * KEPT:
                break
            path.unlink(missing_ok=True)
            total -= size


def encoded(image: "Image.Image", quality: int = 82) -> bytes:
    """The picture as JPEG, with its colour profile if that is one for RGB and small; nothing else."""
    import io

    profile = image.info.get("icc_profile") or b""
    wanted = profile if profile[16:20] == b"RGB " and len(profile) <= PROFILE_LIMIT else None
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, icc_profile=wanted, progressive=True, optimize=True)
    return buffer.getvalue()


def _read(path: Path) -> bytes | None:
    try:
        data = path.read_bytes()
        if time.time() - path.stat().st_mtime > TOUCH_AFTER:
            os.utime(path)
    except OSError:
        return None
    return data or None
