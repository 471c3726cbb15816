"""Merging into XMP: others' words stay, own ones come and go, and exiftool reads the result."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from phototag.geometry import Box
from phototag.media.xmp import BrokenPacketError, Content, Keyword, Region, merge, stored_box

pytest.importorskip("lxml", reason="the extra `xmp` is not installed")

OTHERS = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:lr="http://ns.adobe.com/lightroom/1.0/">
<dc:subject><rdf:Bag><rdf:li>holiday</rdf:li><rdf:li>dog</rdf:li></rdf:Bag></dc:subject>
<lr:hierarchicalSubject><rdf:Bag><rdf:li>places|Spain</rdf:li></rdf:Bag></lr:hierarchicalSubject>
</rdf:Description></rdf:RDF></x:xmpmeta>"""
DOG = Keyword("dog", ("animal",))
REGION = Region("dog", Box(0.1, 0.2, 0.3, 0.5))


def read(packet: bytes | None, folder: Path) -> dict[str, Any]:
    """What exiftool reads."""
    if shutil.which("exiftool") is None:
        pytest.skip("needs the program exiftool")
    assert packet is not None
    file = folder / "a.xmp"
    file.write_bytes(packet)
    done = subprocess.run(["exiftool", "-struct", "-n", "-j", "-XMP:all", file], capture_output=True, check=True)
    assert done.stderr == b""
    document: dict[str, Any] = json.loads(done.stdout)[0]
    return document


def test_others_words_stay_and_own_ones_can_be_taken_back(tmp_path: Path) -> None:
    first = merge(OTHERS, Content([DOG, Keyword("beach")], [REGION]))
    assert (first.added, first.removed, first.regions) == (("beach",), (), (0, 1))
    seen = read(first.packet, tmp_path)
    assert seen["Subject"] == ["holiday", "dog", "beach"]
    assert seen["HierarchicalSubject"] == ["places|Spain", "phototag|animal|dog", "phototag|beach"]
    assert seen["TagsList"] == ["phototag/animal/dog", "phototag/beach"]
    assert seen["Rating"] == 4
    [region] = seen["ImageRegion"]
    assert region["Name"] == "dog"
    assert region["RegionBoundary"] == {
        "RbShape": "rectangle", "RbUnit": "relative", "RbX": 0.1, "RbY": 0.2, "RbW": 0.2, "RbH": 0.3,
    }  # fmt: skip
    assert first.packet is not None
    assert merge(first.packet, Content([DOG, Keyword("beach")], [REGION])).packet is None
    back = merge(first.packet, Content([], []))
    assert back.removed == ("beach",)
    seen = read(back.packet, tmp_path)
    assert (seen["Subject"], seen["HierarchicalSubject"]) == (["holiday", "dog"], ["places|Spain"])
    assert "ImageRegion" not in seen
    assert "TagsList" not in seen


def test_others_regions_stay(tmp_path: Path) -> None:
    first = merge(b"", Content([], [REGION, REGION]))
    assert first.packet is not None
    theirs = first.packet.replace(b"phototag-1", b"face-7").replace(b">dog<", b">Anna<", 1)
    seen = read(merge(theirs, Content([DOG], [REGION])).packet, tmp_path)
    assert sorted(region["RId"] for region in seen["ImageRegion"]) == ["face-7", "phototag-1"]


def test_foreign_letters_and_nothing_to_do(tmp_path: Path) -> None:
    names = ["größe & <b>", "ねこ", "a/b|c"]
    seen = read(merge(b"", Content([Keyword(name) for name in names], [])).packet, tmp_path)
    assert seen["Subject"] == names
    assert seen["HierarchicalSubject"][2] == "phototag|a/b c"
    assert merge(b"", Content([], [])).packet is None


@pytest.mark.parametrize(
    "packet",
    [
        b"<x:xmpmeta",
        b"<html/>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>',
    ],
)
def test_broken_packets_are_refused(packet: bytes) -> None:
    with pytest.raises(BrokenPacketError):
        merge(packet, Content([DOG], []))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_boxes_are_turned_back_to_the_stored_picture(orientation: int) -> None:
    """Against Pillow: a white box in the stored picture, turned upright, and its box turned back."""
    from PIL import ImageOps

    stored = Image.new("L", (40, 20))
    stored.paste(255, (4, 2, 12, 8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.info["exif"] = exif.tobytes()
    stored.getexif().load(exif.tobytes())
    upright = ImageOps.exif_transpose(stored)
    assert upright is not None
    corners = upright.getbbox()
    assert corners is not None
    box = Box.from_pixels(corners, *upright.size)
    back = stored_box(box, orientation).to_pixels(40, 20)
    assert back == pytest.approx((4, 2, 12, 8))


def test_mwg_regions_lie_by_their_centre_and_have_no_type(tmp_path: Path) -> None:
    first = merge(OTHERS, Content([DOG], [REGION], (4000, 3000)))
    info = read(first.packet, tmp_path)["RegionInfo"]
    assert info["AppliedToDimensions"] == {"W": 4000, "H": 3000, "Unit": "pixel"}
    [region] = info["RegionList"]
    area = {"X": 0.2, "Y": 0.35, "W": 0.2, "H": 0.3, "Unit": "normalized"}
    assert (region["Name"], region["Area"]) == ("dog", area)
    assert "Type" not in region
    assert first.packet is not None
    assert merge(first.packet, Content([DOG], [REGION], (4000, 3000))).packet is None
    without = merge(first.packet, Content([DOG], [REGION]))
    assert "RegionInfo" not in read(without.packet, tmp_path)


FACES = b"""<mwg-rs:Regions rdf:parseType="Resource" xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"
 xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#" xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#">
<mwg-rs:AppliedToDimensions stDim:w="400" stDim:h="300" stDim:unit="pixel"/>
<mwg-rs:RegionList><rdf:Bag><rdf:li><rdf:Description mwg-rs:Name="Anna" mwg-rs:Type="Face">
<mwg-rs:Area stArea:x="0.5" stArea:y="0.5" stArea:w="0.1" stArea:h="0.1" stArea:unit="normalized"/>
</rdf:Description></rdf:li></rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions></rdf:Description>"""


def test_others_faces_stay(tmp_path: Path) -> None:
    theirs = OTHERS.replace(b"</rdf:Description>", FACES)
    before = read(theirs, tmp_path)["RegionInfo"]
    merged = merge(theirs, Content([DOG], [REGION, REGION], (4000, 3000))).packet
    found = read(merged, tmp_path)["RegionInfo"]
    assert found["AppliedToDimensions"] == before["AppliedToDimensions"]
    assert [(region["Name"], region.get("Type")) for region in found["RegionList"]] == [
        ("Anna", "Face"), ("dog", None), ("dog", None),
    ]  # fmt: skip
    assert merged is not None
    assert read(merge(merged, Content()).packet, tmp_path)["RegionInfo"] == before


def test_a_word_that_others_wrote_in_another_case_is_not_written_again() -> None:
    merged = merge(OTHERS.replace(b">dog<", b">Dog<"), Content([DOG]))
    assert merged.added == ()
    assert merged.packet is not None
    assert b">dog<" not in merged.packet
