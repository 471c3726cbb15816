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


GUID = b"0123456789ABCDEF0123456789ABCDEF"
NOTE = b' xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="%s"'
MAIN = b"http://ns.adobe.com/xap/1.0/\0" + XMP.replace(b' rdf:about=""', NOTE % GUID).replace(b"Rome", b"main")


def extension(text: bytes, offset: int, size: int | None = None, name: bytes = GUID) -> bytes:
    whole = len(XMP) if size is None else size
    numbers = whole.to_bytes(4, "big") + offset.to_bytes(4, "big")
    return b"http://ns.adobe.com/xmp/extension/\0" + name + numbers + text


def in_jpeg(*segments: bytes) -> bytes:
    plain = encode(gradient(), "JPEG")
    return plain[:2] + b"".join(b"\xff\xe1" + (len(s) + 2).to_bytes(2, "big") + s for s in segments) + plain[2:]


def test_xmp_in_several_segments(tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_bytes(in_jpeg(extension(XMP[500:], 500), MAIN, extension(XMP[:300], 0), extension(XMP[300:500], 300)))
    opened = open_photo(os.fsencode(photo))
    assert opened.identity.extended == XMP
    assert opened.identity.content == identify(encode(gradient(), "JPEG")).content
    assert {"main", "Rome", "Anna"} <= set(opened.metadata.keywords)
    assert "dog" not in opened.metadata.keywords
    element = MAIN.replace(NOTE % GUID, b"").replace(b"<dc:title>", b"<n:HasExtendedXMP>%s<" % GUID.lower())
    assert identify(in_jpeg(element, extension(XMP, 0))).extended == XMP


@pytest.mark.parametrize(
    ("pieces", "read"),
    [
        ([extension(XMP[:600], 0), extension(XMP[400:], 400)], XMP),  # an overlap
        ([extension(XMP[:600], 0), extension(XMP[:600], 0), extension(XMP[100:200], 100)], XMP[:600]),
        ([extension(XMP[:400], 0), extension(XMP[600:], 600)], XMP[:400]),  # one is missing
        ([extension(XMP[400:], 400)], b""),
        ([extension(XMP, 0, size=300)], XMP[:300]),
        ([extension(XMP[:400], 0), extension(XMP, 100, size=50)], XMP[:400]),
        ([extension(XMP, 0, size=0xFFFFFFFF), extension(XMP, 0xFFFFFFFF)], XMP),
        ([extension(XMP, 0, size=0)], b""),
        ([extension(b"", 0), extension(XMP, 0)[:60]], b""),
        ([extension(XMP, 0, name=GUID[::-1])], b""),  # of another packet
    ],
)
def test_hostile_pieces_of_xmp(pieces: list[bytes], read: bytes) -> None:
    assert identify(in_jpeg(MAIN, *pieces)).extended == read
    assert identify(in_jpeg(*pieces)).extended == b""


def test_xmp_in_several_segments_has_a_limit() -> None:
    pieces = [extension(b" " * 60_000, number * 60_000, size=1 << 30) for number in range(100)]
    assert len(identify(in_jpeg(MAIN, *pieces)).extended) == 4 << 20


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs the program exiftool")
def test_long_xmp_that_exiftool_writes(tmp_path: Path) -> None:
    photo, packet = tmp_path / "a.jpg", tmp_path / "long.xmp"
    photo.write_bytes(encode(gradient(), "JPEG"))
    many = b"".join(b"<rdf:li>word %d</rdf:li>" % n for n in range(4000))
    packet.write_bytes(XMP.replace(b"<rdf:li>no keyword</rdf:li>", b"").replace(b"<rdf:li>Holiday</rdf:li>", many))
    command: list[str | Path] = [
        "exiftool",
        "-q",
        "-m",
        "-overwrite_original",
        "-tagsfromfile",
        packet,
        "-xmp:all",
        photo,
    ]
    subprocess.run(command, check=True)
    opened = open_photo(os.fsencode(photo))
    assert len(opened.identity.extended) > 1 << 16
    assert "word 0" in opened.metadata.keywords


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
