"""Several detectors in one index: fused as one of their own, or asked by name."""

import json
from pathlib import Path

from tests.conftest import Run


def test_detectors_are_fused_and_each_can_still_be_asked(phototag: Run, gallery: Path, tiny_models: Path) -> None:
    phototag("index", gallery)
    alone = json.loads(phototag("count", "person", "--json").stdout)
    phototag("models", "install", "squares-separate", "--from", tiny_models.parent)
    assert b"0.24" in phototag("models", "fuse", "both", "squares", "squares-separate").stderr
    assert b"already" in phototag("models", "fuse", "both", "squares", "squares-separate", code=2).stderr
    assert b"fuses the boxes of squares, squares-separate" in b" ".join(
        phototag("models", "show", "both").stdout.split()
    )
    report = json.loads(phototag("index", gallery, "--detector", "both", "--json").stdout)
    assert report["models"]["detect"] == "both"
    assert report["analysed"] == 4
    fused, asked = (
        json.loads(phototag("count", *query, "--json").stdout) for query in (["person"], ["model:squares", "person"])
    )
    assert (fused["objects"], fused["photos"]) == (asked["objects"], asked["photos"])
    assert (asked["objects"], asked["photos"]) == (alone["objects"], alone["photos"])
    assert b"Models that ran here: colours, squares, both" in phototag("count", "model:other", "person", code=2).stderr
    assert b"can't both answer" in phototag("search", "model:both", "model:squares", "person", code=2).stderr
