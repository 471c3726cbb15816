"""What `run_index` does beyond what the command line shows."""

from dataclasses import replace
from pathlib import Path

import pytest

from phototag.app import index, workers
from phototag.app.index import IndexOptions, run_index
from phototag.app.report import Event, Progress
from phototag.settings import load_settings
from phototag.store.planes import ready
from phototag.store.reader import open_reader


def test_counts_become_fast_while_a_long_run_goes_on(
    gallery: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "CHUNK_FILES", 1)
    monkeypatch.setattr(index, "BATCH_PHOTOS", 1)
    monkeypatch.setattr(index, "STALE_PHOTOS", 2)
    settings = replace(load_settings(), db=str(tmp_path / "index.db"), workers=1)
    stale: list[int] = []

    def look(event: Event) -> None:
        if isinstance(event, Progress) and event.done:
            with open_reader(settings.db) as conn:
                number = conn.exec_driver_sql("SELECT count(*) FROM stale_photos").scalar_one()
                stale.append(number if ready(conn) else -1)

    report = run_index([gallery], settings, IndexOptions(), look)
    assert report.analysed >= 3
    assert 0 in stale[:-1], f"never while it ran: {stale}"
