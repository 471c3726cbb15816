import os
import shutil
import subprocess
from pathlib import Path

import pytest

from phototag.media.content import identify
from phototag.media.examine import open_photo
from phototag.media.keywords import read_keywords, read_sidecars
from phototag.media.parts import photoshop_iptc
from phototag.media.xmp import Content, Keyword, merge
from tests.media.pictures import encode, gradient

XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:lr="http://ns.adobe.com/lightroom/1.0/"
 xmlns:digiKam="http://www.digikam.org/ns/1.0/" xmlns:phototag="urn:phototag:xmp:1.0/">
<dc:subject><rdf:Bag><rdf:li>Holiday</rdf:li><rdf:li> New  York </rdf:li><rdf:li>dog</rdf:li></rdf:Bag></dc:subject>
<dc:title><rdf:Alt><rdf:li>no keyword</rdf:li></rdf:Alt></dc:title>
<lr:hierarchicalSubject><rdf:Bag><rdf:li>People|Anna</rdf:li><rdf:li>phototag|animal|dog</rdf:li></rdf:Bag>
</lr:hierarchicalSubject>
<digiKam:TagsList><rdf:Seq><rdf:li>Places/Rome</rdf:li><rdf:li>HOLIDAY</rdf:li></rdf:Seq></digiKam:TagsList>
<phototag:Keywords><rdf:Bag><rdf:li>dog</rdf:li></rdf:Bag></phototag:Keywords>
</rdf:Description></rdf:RDF></x:xmpmeta>"""


def dataset(record: int, number: int, value: bytes) -> bytes:
    return bytes((0x1C, record, number)) + len(value).to_bytes(2, "big") + value


def resource(kind: int, value: bytes, name: bytes = b"") -> bytes:
    pascal = bytes((len(name),)) + name + b"\0" * ((len(name) + 1) % 2)
    return b"8BIM" + kind.to_bytes(2, "big") + pascal + len(value).to_bytes(4, "big") + value + b"\0" * (len(value) % 2)


def test_xmp_without_what_phototag_wrote() -> None:
    words = read_keywords([XMP], b"")
    assert sorted(words) == ["Anna", "Holiday", "New York", "People", "Places", "Rome"]


def test_what_phototag_adds_to_a_packet_is_no_keyword() -> None:
    packet = merge(XMP, Content([Keyword("cat", ("animal",))])).packet
    assert packet is not None
    assert "cat" not in read_keywords([packet], b"")
    assert "Holiday" in read_keywords([packet], b"")


@pytest.mark.parametrize(
    "broken", [b"", b"<x", XMP[:480], b"\xff\xfe", XMP.replace(b"<x:xmp", b"<!DOCTYPE a><x:xmp", 1)]
)
def test_broken_xmp_is_passed_over(broken: bytes) -> None:
    assert set(read_keywords([broken], b"")) <= {"Holiday", "New York", "dog"}
    assert "Anna" in read_keywords([broken, XMP], b"")


def test_iptc_in_either_coding() -> None:
    latin = dataset(2, 25, "Grüße".encode("latin-1")) + dataset(2, 5, b"title") + dataset(2, 25, b"b\0\x07c")
    assert read_keywords([], latin) == ("Grüße", "b c")
    assert read_keywords([], dataset(1, 90, b"\x1b%G") + dataset(2, 25, "Grüße".encode())) == ("Grüße",)
    assert read_keywords([], latin[:-3]) == ("Grüße", "b c"[:1])
    assert read_keywords([], b"\x1c\x02\x19\xff\xff") == ()


def test_iptc_in_a_jpeg_and_long_lists() -> None:
    block = resource(0x03ED, b"abc", b"name") + resource(0x0404, dataset(2, 25, b"harbour"))
    assert photoshop_iptc(block) == dataset(2, 25, b"harbour")
    assert photoshop_iptc(block[:-9]) != b""
    assert photoshop_iptc(b"8BIM") == b""
    plain = encode(gradient(), "JPEG")
    body = b"Photoshop 3.0\0" + block
    data = plain[:2] + b"\xff\xed" + (len(body) + 2).to_bytes(2, "big") + body + plain[2:]
    assert identify(data).content == identify(plain).content
    assert read_keywords([], identify(data).iptc) == ("harbour",)
    many = read_keywords([], b"".join(dataset(2, 25, b"%d" % n + b"x" * 300) for n in range(2000)))
    assert len(many) == 500
    assert max(map(len, many)) == 100


def test_sidecars_of_both_names(tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_bytes(encode(gradient(), "JPEG"))
    (tmp_path / "a.jpg.xmp").write_bytes(XMP)
    (tmp_path / "a.XMP").write_bytes(XMP.replace(b"Holiday", b"Work"))
    (tmp_path / "b.xmp").write_bytes(b"other")
    assert len(read_sidecars(os.fsencode(photo))) == 2
    assert open_photo(os.fsencode(photo)).metadata.keywords == ()
    assert {"Holiday", "Work"} <= set(open_photo(os.fsencode(photo), sidecars=True).metadata.keywords)


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs the program exiftool")
@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "PNG"])
def test_what_exiftool_writes(tmp_path: Path, kind: str) -> None:
    photo = tmp_path / f"a.{kind.lower()}"
    photo.write_bytes(encode(gradient(), kind))
    tags = ["-XMP-dc:Subject=été", "-XMP-lr:HierarchicalSubject=Places|Rome"]
    tags += [] if kind == "PNG" else ["-IPTC:Keywords=Hafen", "-codedcharacterset=utf8"]
    subprocess.run(["exiftool", "-q", "-overwrite_original", *tags, photo], check=True)
    found = set(open_photo(os.fsencode(photo)).metadata.keywords)
    assert found == {"été", "Places", "Rome"} | (set() if kind == "PNG" else {"Hafen"})
