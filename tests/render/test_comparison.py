"""Two packs compared, as tables."""

from typing import Any

import pytest
from rich.console import Console

from phototag.render.comparison import comparison_tables


@pytest.mark.parametrize(("photos", "heading"), [(1, "1 photo "), (2, "2 photos "), (1200, "1,200 photos ")])
def test_the_heading_counts_photos(photos: int, heading: str) -> None:
    nothing: dict[str, list[Any]] = {"boxes": [], "labels": [], "changed": []}
    document = {"packs": ["tiny", "small"], "photos": photos, "photos_per_second": [10.0, 5.0], **nothing}
    console = Console(width=80)
    with console.capture() as shown:
        console.print(next(comparison_tables(document)))
    assert heading in shown.get()
