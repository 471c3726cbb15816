"""Sidecars that come and go again."""

from pathlib import Path

import pytest

from tests.conftest import Inside

pytest.importorskip("lxml", reason="the extra `xmp` is not installed")

OTHERS = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="5"/></rdf:RDF></x:xmpmeta>"""


def test_taking_back_leaves_no_empty_sidecar(inside: Inside, gallery: Path) -> None:
    inside("index", gallery)
    mine, others = gallery / "walk.png.xmp", gallery / "two people.jpg.xmp"
    others.write_text(OTHERS)
    inside("write", "person", "--xmp-sidecar", "--mwg", "--yes")
    assert (mine.exists(), "phototag" in others.read_text()) == (True, True)
    planned = inside("write", "person", "--xmp-sidecar", "--take-back").out
    assert mine.exists()
    assert inside("write", "person", "--xmp-sidecar", "--take-back", "--yes").out == planned
    assert planned.count("nothing else, removed") == 1
    assert not mine.exists()
    assert 'Rating="5"' in others.read_text()
    assert "phototag" not in others.read_text()
