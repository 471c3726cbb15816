"""What the tests of the index share."""

from pathlib import Path

import pytest

from tests.store.library import Library


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """An empty folder of photos with an index beside it, not yet made."""
    (tmp_path / "top").mkdir()
    return Library(tmp_path / "top", tmp_path / "data" / "index.db")
