"""Keywords for other programs, written by the real command and read back by exiftool."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run

pytest.importorskip("lxml", reason="the extra `xmp` is not installed")
pytestmark = pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs the program exiftool")


def read(path: Path) -> dict[str, Any]:
    done = subprocess.run(["exiftool", "-struct", "-j", "-XMP:all", path], capture_output=True, check=True)
    document: dict[str, Any] = json.loads(done.stdout)[0]
    return document


def test_sidecars(phototag: Run, gallery: Path) -> None:
    phototag("index", gallery)
    sidecar = gallery / "walk.png.xmp"
    planned = phototag("write", "object:dog", "--xmp-sidecar").stdout
    assert b"walk.png.xmp: +" in planned
    assert not sidecar.exists()
    assert phototag("write", "object:dog", "--xmp-sidecar", "--yes").stdout == planned
    seen = read(sidecar)
    assert {"dog", "person"} <= set(seen["Subject"])
    assert any(entry.startswith("phototag|") and entry.endswith("|dog") for entry in seen["HierarchicalSubject"])
    assert sorted(region["Name"] for region in seen["ImageRegion"]) == ["dog", "person"]
    time = sidecar.stat().st_mtime_ns
    assert phototag("write", "object:dog", "--xmp-sidecar", "--yes").stdout == b""
    assert sidecar.stat().st_mtime_ns == time
    phototag("write", "object:dog", "--xmp-sidecar", "--take-back", "--yes")
    assert not sidecar.exists()
    sidecar.write_text("<x:xmpmeta")
    assert b"no XML" in phototag("write", "object:dog", "--xmp-sidecar", "--yes", code=1).stderr
    assert sidecar.read_text() == "<x:xmpmeta"
    phototag("write", "object:dog", code=2)


def test_writing_into_a_photo_does_not_make_it_new(phototag: Run, gallery: Path) -> None:
    phototag("index", gallery)
    jpeg = gallery / "two people.jpg"
    subprocess.run(["exiftool", "-q", "-overwrite_original", "-XMP-dc:Subject=holiday", jpeg], check=True)
    phototag("index")
    phototag("write", "person", "--embed", "--yes")
    for photo in (jpeg, gallery / "walk.png"):
        assert "person" in read(photo)["Subject"], photo
    assert "holiday" in read(jpeg)["Subject"]
    report = json.loads(phototag("index", "--json").stdout)
    assert (report["changed"], report["analysed"], report["failed"]) == (2, 0, [])
