"""The index follows a folder: with real events, real files and the tiny models."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest

from phototag.app.index import IndexOptions, run_index
from phototag.app.watch.loop import WatchOptions, watch
from phototag.errors import UsageError
from phototag.settings import Settings, load_settings
from phototag.store.engine import open_index
from phototag.store.lock import writer_lock


@pytest.fixture
def settings(tmp_path: Path, gallery: Path) -> Settings:
    return replace(load_settings(), db=str(tmp_path / "index.db"), workers=1)


def online(settings: Settings) -> set[str]:
    with open_index(settings.db, write=False) as index, index.read() as conn:
        rows = conn.exec_driver_sql("SELECT path FROM v_files WHERE online AND photo_id IS NOT NULL")
        return {Path(str(path)).name for path in rows.scalars()}


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen within 30 seconds")


@contextmanager
def watching(paths: list[Path], settings: Settings, options: WatchOptions) -> Iterator[list[str]]:
    """`watch` in a thread; gives what it tells."""
    told: list[str] = []
    stop = Event()
    thread = Thread(target=watch, args=(paths, settings, options, told.append, stop))
    thread.start()
    try:
        wait_for(lambda: any(line.startswith("watching") for line in told) or not thread.is_alive())
        yield told
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()


def test_the_index_follows(gallery: Path, settings: Settings, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(gallery)
    away = tmp_path / "elsewhere"
    (away / "deeper").mkdir(parents=True)
    report = tmp_path / "report.json"
    with watching([link], settings, WatchOptions(on_change=("tee", str(report)))) as told:
        assert online(settings) == {"two people.jpg", "walk.png", "car.webp", "nothing.jpg"}
        data = (gallery / "trip" / "car.webp").read_bytes()
        with (gallery / "slow.webp").open("wb") as file:  # half a photo, which nobody may look at yet
            file.write(data[: len(data) // 2])
            file.flush()
            shutil.copy(gallery / "walk.png", gallery / "trip" / "copy.png")
            (gallery / "trip").rename(gallery / "journey")
            wait_for(lambda: "copy.png" in online(settings))
            assert "slow.webp" not in online(settings)
            file.write(data[len(data) // 2 :])
        wait_for(lambda: "slow.webp" in online(settings))
        (gallery / "two people.jpg").unlink()
        os.utime(shutil.copy(gallery / "walk.png", away / "deeper" / "new.png"), (1e9, 1e9))
        away.rename(gallery / "deep")
        wait_for(lambda: "new.png" in online(settings) and "two people.jpg" not in online(settings))
        wait_for(report.exists)
    assert [line for line in told if "failed:" in line] == []
    with open_index(settings.db, write=False) as index, index.read() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM problems").scalar_one() == 0
        moved = conn.exec_driver_sql("SELECT path FROM v_files WHERE path LIKE '%/journey/car.webp' AND online")
        assert moved.scalar_one() == str(link / "journey" / "car.webp")


def test_polling_and_waiting_for_another_run(gallery: Path, settings: Settings) -> None:
    with watching([], with_roots(settings, gallery), WatchOptions(interval=0.2, polling=True)) as told:
        assert f"{gallery} is looked at every 0.2 seconds" in told
        with writer_lock(Path(settings.db)):
            os.utime(gallery / "walk.png")
            (gallery / "walk.png").rename(gallery / "stroll.png")
            wait_for(lambda: any("another run" in line for line in told))
        wait_for(lambda: "stroll.png" in online(settings))


def with_roots(settings: Settings, gallery: Path) -> Settings:
    run_index([gallery], settings, IndexOptions(), lambda _: None)
    return settings


def test_a_folder_that_is_not_there_is_refused_at_once(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        watch([tmp_path / "nowhere"], settings, WatchOptions(), lambda _: None, Event())


def test_a_folder_alone_is_looked_at_without_what_lies_below(gallery: Path, settings: Settings) -> None:
    with_roots(settings, gallery)
    shutil.copy(gallery / "walk.png", gallery / "a.png")
    shutil.copy(gallery / "walk.png", gallery / "writing.png")
    shutil.copy(gallery / "walk.png", gallery / "trip" / "b.png")
    (gallery / "two people.jpg").unlink()
    options = IndexOptions(folders=(os.fsencode(gallery),), writing=frozenset((os.fsencode(gallery / "writing.png"),)))
    report = run_index([], settings, options, lambda _: None)
    assert online(settings) == {"a.png", "walk.png", "car.webp", "nothing.jpg"}
    assert (report.seen, report.missing) == (3, 1)
