"""Keywords and regions in real photos and in the samples of cameras, read back by exiftool."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageOps

from tests.conftest import Inside
from tests.onnx_models import paint

pytest.importorskip("lxml", reason="the extra `xmp` is not installed")
pytestmark = pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs the program exiftool")


METADATA = ("-EXIF:all", "-IPTC:all", "--*Offset*", "--*Start", "--*Length")  # all but where things lie in the file


def exiftool(*arguments: str | Path) -> list[dict[str, Any]]:
    done = subprocess.run(["exiftool", "-struct", "-n", "-j", *arguments], capture_output=True, check=True)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.fixture
def samples(shared: Path, tmp_path: Path) -> Path:
    """Photos of coco-dev and files of cameras, in a folder of the test's own."""
    folder = tmp_path / "samples"
    folder.mkdir()
    data = shared / "data"
    for photo in sorted((data / "coco-dev" / "images").iterdir())[:2]:
        shutil.copy(photo, folder)
    for name in ("gps/DSCN0010.jpg",):
        shutil.copy(data / "formats" / "exif" / "jpg" / name, folder)
    for photo in sorted((data / "formats" / "exif" / "tiff").glob("*.tiff"))[:1]:
        shutil.copy(photo, folder)
    return folder


def test_real_photos_keep_their_picture_and_their_metadata(inside: Inside, samples: Path) -> None:
    inside("index", samples, "--pack", "tiny")
    before = exiftool(*METADATA, samples)
    pictures = {path: Image.open(path).convert("RGB").tobytes() for path in samples.iterdir()}
    planned = inside("write", "width>0", "--embed", "--mwg", "--min-confidence", "0.1")
    assert pictures == {path: Image.open(path).convert("RGB").tobytes() for path in samples.iterdir()}
    assert "would be written (add --yes)" in planned.err
    done = inside("write", "width>0", "--embed", "--mwg", "--min-confidence", "0.1", "--yes")
    assert done.out == planned.out
    assert pictures == {path: Image.open(path).convert("RGB").tobytes() for path in samples.iterdir()}
    assert exiftool(*METADATA, samples) == before
    hits = json.loads(inside("search", "width>0", "--min-confidence", "0.1", "--json").out)
    read = {one["SourceFile"]: one for one in exiftool("-XMP:all", samples)}
    assert sum(len(hit["objects"]) for hit in hits) > 5
    for hit in hits:
        found = read[hit["path"]]
        words = {label["name"] for label in hit["labels"]} | {one["label"] for one in hit["objects"]}
        subject = found.get("Subject", [])
        assert words <= set([subject] if isinstance(subject, str) else subject)
        assert len(found.get("ImageRegion", [])) == len(hit["objects"])
        areas = found.get("RegionInfo", {}).get("RegionList", [])
        assert [region["Name"] for region in areas] == [one["label"] for one in hit["objects"]]
        for region, one in zip(areas, hit["objects"], strict=True):
            middle = (one["box"]["x"] + one["box"]["width"] / 2) / hit["width"]
            assert region["Area"]["X"] == pytest.approx(middle, abs=1e-3)
            assert "Type" not in region
    report = json.loads(inside("index", "--json").out)
    assert (report["analysed"], report["failed"]) == (0, [])
    inside("write", "path:DSCN0010", "--embed", "--take-back", "--yes")
    [back] = exiftool("-XMP-dc:all", "-XMP-mwg-rs:all", samples / "DSCN0010.jpg")
    assert back.keys() == {"SourceFile"}


def test_boxes_are_those_of_the_stored_picture(
    inside: Inside, tmp_path: Path, tiny_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person in the second cell of the first row of the stored picture, whichever way it is turned."""
    monkeypatch.setenv("PHOTOTAG_CATALOG", str(tiny_models))
    folder = tmp_path / "turned"
    folder.mkdir()
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        paint({(1, 0): "person"}).crop((0, 0, 256, 128)).resize((256, 256)).save(
            folder / f"{orientation}.png", exif=exif
        )
        with Image.open(folder / f"{orientation}.png") as stored:
            assert stored.size == (256, 256)
            assert ImageOps.exif_transpose(stored) is not None
    inside("index", folder)
    inside("write", "width>0", "--xmp-sidecar", "--mwg", "--yes")
    found = exiftool("-XMP:all", "-ext", "xmp", folder)
    assert len(found) == 8
    for one in found:
        regions = one["ImageRegion"]
        corners = {(region["RegionBoundary"]["RbX"], region["RegionBoundary"]["RbY"]) for region in regions}
        assert corners == {(0.25, 0.0), (0.25, 0.25)}, one["SourceFile"]
        middles = {(region["Area"]["X"], region["Area"]["Y"]) for region in one["RegionInfo"]["RegionList"]}
        assert middles == {(0.375, 0.125), (0.375, 0.375)}


def test_what_cannot_be_written_is_told_and_left_alone(inside: Inside, gallery: Path) -> None:
    inside("index", gallery)
    (gallery / "walk.cr2").write_bytes(b"raw")
    refused = inside("write", "object:dog", "--xmp-sidecar", "--stem", "--yes", code=1)
    assert "walk.xmp would belong to walk.cr2 as well as to walk.png" in refused.err
    assert not (gallery / "walk.xmp").exists()
    inside("write", "person", "--xmp-sidecar", "--stem", "--yes")  # the other photo has a name of its own
    assert (gallery / "two people.xmp").exists()
    sidecar = gallery / "walk.png.xmp"
    for broken in ("<x:xmpmeta", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<html></html>"):
        sidecar.write_text(broken)
        assert "walk.png: its X" in inside("write", "object:dog", "--xmp-sidecar", "--yes", code=1).err
        assert sidecar.read_text() == broken
    sidecar.unlink()
    sidecar.mkdir()
    assert "nothing was changed" in inside("write", "object:dog", "--xmp-sidecar", "--yes", code=1).err
    sidecar.rmdir()
    (gallery / "walk.png").unlink()
    assert "vanished" in inside("write", "object:dog", "--xmp-sidecar", "--yes", code=1).err
    assert sorted(path.name for path in gallery.iterdir() if path.is_file()) == [
        "two people.jpg", "two people.xmp", "walk.cr2",
    ]  # fmt: skip
    inside("write", "object:dog", "--xmp-sidecar", "--embed", code=2)


def test_own_sidecars_bring_no_keywords_back(inside: Inside, gallery: Path) -> None:
    inside("index", gallery)
    inside("write", "object:dog", "--xmp-sidecar", "--yes")
    report = json.loads(inside("index", "--json").out)
    assert (report["changed"], report["analysed"]) == (1, 0)
    assert inside("search", "has:keyword").out == ""
    subprocess.run(
        ["exiftool", "-q", "-overwrite_original", "-XMP-dc:Subject+=summer", gallery / "walk.png.xmp"], check=True
    )
    inside("index")
    assert inside("search", "keyword:summer").out.strip() == str(gallery / "walk.png")
    assert inside("search", "keyword:dog").out == ""


def test_xmp_that_goes_on_elsewhere_is_not_cut_off(inside: Inside, gallery: Path) -> None:
    jpeg = gallery / "two people.jpg"
    long = "word " * 20_000
    subprocess.run(["exiftool", "-q", "-overwrite_original", f"-XMP-dc:Description={long}", jpeg], check=True)
    before = jpeg.read_bytes()
    inside("index", gallery)
    told = inside("write", "path:people", "--embed", "--yes", code=1).err
    assert "longer than one segment" in told
    assert jpeg.read_bytes() == before
