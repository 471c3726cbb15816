"""Keywords and regions in an XMP packet, beside whatever others wrote there.

Keywords go to `dc:subject`, with their place in the hierarchy to `lr:hierarchicalSubject` and `digiKam:TagsList` below
one root of phototag's own. Objects become IPTC image regions (IPTC Photo Metadata Standard 2023.2), top-left and
relative to the picture as it is stored. A property of phototag's own keeps which keywords it added: only those are ever
taken back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from phototag.errors import UsageError
from phototag.geometry import Box

ROOT = "phototag"
BEGIN = b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
END = b'\n<?xpacket end="w"?>\n'
SPACES = {
    "x": "adobe:ns:meta/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "phototag": "urn:phototag:xmp:1.0/",
}
_CONTAINERS = {"digiKam:TagsList": "rdf:Seq"}


@dataclass(frozen=True, slots=True)
class Keyword:
    """A word, and the words above it from the top down."""

    name: str
    above: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Region:
    """An object; its box is in fractions of the picture as it is stored."""

    name: str
    box: Box


@dataclass(frozen=True, slots=True)
class Merged:
    """A packet after merging. `packet` is None where nothing changes; `added` and `removed` are keywords in
    `dc:subject`, `regions` the number of phototag's regions."""

    packet: bytes | None
    added: tuple[str, ...]
    removed: tuple[str, ...]
    regions: int


class BrokenPacketError(ValueError):
    """XMP that is no XML, or no XMP."""


def merge(packet: bytes, keywords: Sequence[Keyword], regions: Sequence[Region]) -> Merged:
    """The packet (or none: b"") with these keywords and regions as phototag's, and all else as it was.

    Raises BrokenPacketError, and UsageError when the XML library is not installed.
    """
    etree = _library()
    tree = _parse(etree, packet)
    before = etree.tostring(tree, method="c14n")
    description = _description(etree, tree)
    found = _values(tree, "dc:subject")
    own = _values(tree, "phototag:Keywords")
    wanted = list(dict.fromkeys(keyword.name for keyword in keywords))
    kept = [word for word in found if word not in own or word in wanted]
    added = [word for word in wanted if word not in found]
    _set_bag(etree, tree, description, "dc:subject", kept + added)
    _set_bag(etree, tree, description, "phototag:Keywords", [w for w in wanted if w in own or w not in found])
    for name, separator in (("lr:hierarchicalSubject", "|"), ("digiKam:TagsList", "/")):
        others = [entry for entry in _values(tree, name) if entry.split(separator)[0] != ROOT]
        _set_bag(etree, tree, description, name, others + [_path(keyword, separator) for keyword in keywords])
    _set_regions(etree, tree, description, regions)
    after = etree.tostring(tree, method="c14n")
    removed = tuple(word for word in found if word not in kept)
    if after == before or not (packet or keywords or regions):
        return Merged(None, (), (), len(regions))
    text = etree.tostring(tree, encoding="utf-8", pretty_print=True)
    return Merged(BEGIN + text.strip() + END, tuple(added), removed, len(regions))


def stored_box(box: Box, orientation: int) -> Box:
    """A box of the upright picture as a box of the picture as it is stored; `orientation` as EXIF counts, 1..8."""
    left, top, right, bottom = box.x1, box.y1, box.x2, box.y2
    if orientation >= 5:  # stored on its side
        left, top, right, bottom = top, left, bottom, right
    if orientation in (2, 3, 7, 8):
        left, right = 1 - right, 1 - left
    if orientation in (3, 4, 6, 7):
        top, bottom = 1 - bottom, 1 - top
    return Box(left, top, right, bottom)


def _library() -> Any:
    try:
        from lxml import etree
    except ImportError as error:
        raise UsageError("the XML library is not installed", hint="Run: pip install 'phototag[xmp]'") from error
    return etree


def _name(short: str) -> str:
    prefix, _, local = short.partition(":")
    return f"{{{SPACES[prefix]}}}{local}"


def _parse(etree: Any, packet: bytes) -> Any:
    text = packet.strip(b"\0 \r\n\t")
    if not text:
        root = etree.Element(_name("x:xmpmeta"), nsmap={"x": SPACES["x"]})
        etree.SubElement(root, _name("rdf:RDF"), nsmap={"rdf": SPACES["rdf"]})
        return root
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_blank_text=True, load_dtd=False)
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BrokenPacketError(f"its XMP is no XML: {error}") from error
    if root.getroottree().docinfo.doctype:
        raise BrokenPacketError("its XMP has a document type, which XMP never has")
    if root.tag != _name("rdf:RDF") and root.find(f".//{_name('rdf:RDF')}") is None:
        raise BrokenPacketError("its XML is no XMP")
    return root


def _description(etree: Any, tree: Any) -> Any:
    rdf = tree if tree.tag == _name("rdf:RDF") else tree.find(f".//{_name('rdf:RDF')}")
    found = rdf.find(_name("rdf:Description"))
    if found is None:
        found = etree.SubElement(rdf, _name("rdf:Description"), {_name("rdf:about"): ""})
    return found


def _property(tree: Any, name: str) -> Any:
    return tree.find(f".//{_name('rdf:Description')}/{_name(name)}")


def _values(tree: Any, name: str) -> list[str]:
    entry = _property(tree, name)
    if entry is None:
        return []
    return [(item.text or "").strip() for item in entry.iter(_name("rdf:li"))]


def _set_bag(etree: Any, tree: Any, description: Any, name: str, values: Iterable[str]) -> None:
    """Make the property these values; it is left alone where it has them already."""
    wanted = list(dict.fromkeys(values))
    if wanted == _values(tree, name):
        return
    bag = _emptied_bag(etree, tree, description, name, keep=bool(wanted))
    for value in wanted:
        etree.SubElement(bag, _name("rdf:li")).text = value


def _emptied_bag(etree: Any, tree: Any, description: Any, name: str, *, keep: bool) -> Any:
    entry = _property(tree, name)
    if entry is None:
        prefix = name.partition(":")[0]
        entry = etree.SubElement(description, _name(name), nsmap={prefix: SPACES[prefix]}) if keep else None
    elif not keep:
        entry.getparent().remove(entry)
    else:
        for child in list(entry):
            entry.remove(child)
    return etree.SubElement(entry, _name(_CONTAINERS.get(name, "rdf:Bag"))) if keep else None


def _path(keyword: Keyword, separator: str) -> str:
    return separator.join(word.replace(separator, " ") for word in (ROOT, *keyword.above, keyword.name))


def _set_regions(etree: Any, tree: Any, description: Any, regions: Sequence[Region]) -> None:
    """Put phototag's regions (those whose id begins with its name) in the place of its earlier ones."""
    name = "Iptc4xmpExt:ImageRegion"
    entry = _property(tree, name)
    items = [] if entry is None else list(entry.iter(_name("rdf:li")))
    items = [item for item in items if item.getparent().getparent() is entry]
    own = [item for item in items if _region_id(item).startswith(f"{ROOT}-")]
    fresh = [_region(etree, number, region) for number, region in enumerate(regions, 1)]
    if [etree.tostring(item, method="c14n") for item in own] == [etree.tostring(i, method="c14n") for i in fresh]:
        return
    others = [item for item in items if item not in own]
    bag = _emptied_bag(etree, tree, description, name, keep=bool(others or fresh))
    for item in (*others, *fresh):
        bag.append(item)


def _region_id(item: Any) -> str:
    found = item.find(f".//{_name('Iptc4xmpExt:rId')}")
    return (found.text or "") if found is not None else ""


def _region(etree: Any, number: int, region: Region) -> Any:
    spaces = {prefix: SPACES[prefix] for prefix in ("rdf", "Iptc4xmpExt")}
    item = etree.Element(_name("rdf:li"), {_name("rdf:parseType"): "Resource"}, nsmap=spaces)
    boundary = etree.SubElement(item, _name("Iptc4xmpExt:RegionBoundary"), {_name("rdf:parseType"): "Resource"})
    box = region.box
    parts = {"rbShape": "rectangle", "rbUnit": "relative"}
    sides = {"rbX": box.x1, "rbY": box.y1, "rbW": box.width, "rbH": box.height}
    for name, value in (parts | {side: f"{value:.5f}" for side, value in sides.items()}).items():
        etree.SubElement(boundary, _name(f"Iptc4xmpExt:{name}")).text = value
    etree.SubElement(item, _name("Iptc4xmpExt:rId")).text = f"{ROOT}-{number}"
    names = etree.SubElement(etree.SubElement(item, _name("Iptc4xmpExt:Name")), _name("rdf:Alt"))
    language = {"{http://www.w3.org/XML/1998/namespace}lang": "x-default"}
    etree.SubElement(names, _name("rdf:li"), language).text = region.name
    return item
