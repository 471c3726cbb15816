"""Several detectors in one index: fused as one of their own, or asked by name."""

import json
from pathlib import Path

from tests.conftest import Inside


def test_detectors_are_fused_and_each_can_still_be_asked(inside: Inside, gallery: Path, tiny_models: Path) -> None:
    inside("index", gallery)
    alone = json.loads(inside("count", "person", "--json").out)
    inside("models", "install", "squares-separate", "--from", tiny_models.parent)
    assert "0.24" in inside("models", "fuse", "both", "squares", "squares-separate").err
    assert "already" in inside("models", "fuse", "both", "squares", "squares-separate", code=2).err
    assert "fuses the boxes of squares, squares-separate" in " ".join(inside("models", "show", "both").out.split())
    report = json.loads(inside("index", gallery, "--detector", "both", "--json").out)
    assert report["models"]["detect"] == "both"
    assert report["analysed"] == 4
    fused, asked = (
        json.loads(inside("count", *query, "--json").out) for query in (["person"], ["model:squares", "person"])
    )
    assert (fused["objects"], fused["photos"]) == (asked["objects"], asked["photos"])
    assert (asked["objects"], asked["photos"]) == (alone["objects"], alone["photos"])
    assert "Models that ran here: colours, squares, both" in inside("count", "model:other", "person", code=2).err
    assert "can't both answer" in inside("search", "model:both", "model:squares", "person", code=2).err
