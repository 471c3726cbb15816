"""Objects as regions in XMP: those of IPTC, and those of the Metadata Working Group.

* IPTC Photo Metadata Standard 2023.2, Image Region: rectangles from the top-left corner.
* MWG Guidelines for Handling Image Metadata 2.0, section 5.9: areas by their centre, with the dimensions of the picture
  that they are for. Of its types (Face, Pet, Focus, BarCode) none is right for an object in general, so none is given.

Both are relative to the picture as it is stored. phototag's own carry an id that begins with its name; only those are
ever replaced.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from phototag.geometry import Box
from phototag.media.packet import Packet, qualified

OWN = "phototag-"
_IPTC, _MWG, _LIST = "Iptc4xmpExt:ImageRegion", "mwg-rs:Regions", "mwg-rs:RegionList"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True, slots=True)
class Region:
    """An object; its box is in fractions of the picture as it is stored."""

    name: str
    box: Box


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


def set_iptc(packet: Packet, regions: Sequence[Region]) -> int:
    """Put these regions in the place of phototag's earlier ones; how many there were."""
    entry = packet.find(_IPTC)
    own, others = _parted(packet, entry, f".//{qualified('Iptc4xmpExt:rId')}")
    fresh = [_iptc(packet, number, region) for number, region in enumerate(regions, 1)]
    if not packet.same(own, fresh):
        packet.set_items(packet.add(_IPTC) if fresh else entry, [*others, *fresh])
    return len(own)


def set_mwg(packet: Packet, regions: Sequence[Region], size: tuple[int, int]) -> None:
    """Put these regions in the place of phototag's earlier ones; `size` is that of the stored picture, in pixels."""
    entry = packet.find(_MWG)
    listed = None if entry is None else entry.find(f".//{qualified(_LIST)}")
    own, others = _parted(packet, listed, f".//{qualified('phototag:RegionId')}")
    fresh = [_mwg(packet, number, region) for number, region in enumerate(regions, 1)]
    if packet.same(own, fresh):
        return
    if not fresh and not others:
        entry.getparent().remove(entry)
        return
    if listed is None:
        listed = packet.element(_LIST, _struct(packet, size) if entry is None else _fields(entry))
    packet.set_items(listed, [*others, *fresh])


def _parted(packet: Packet, entry: Any, mark: str) -> tuple[list[Any], list[Any]]:
    """phototag's own items of an array, and the others."""
    items = packet.items(entry)
    own = [item for item in items if (getattr(item.find(mark), "text", None) or "").startswith(OWN)]
    return own, [item for item in items if item not in own]


def _iptc(packet: Packet, number: int, region: Region) -> Any:
    item, box = packet.new_item(), region.box
    boundary = packet.element("Iptc4xmpExt:RegionBoundary", item, struct=True)
    sides = {"rbX": box.x1, "rbY": box.y1, "rbW": box.width, "rbH": box.height}
    parts = {"rbShape": "rectangle", "rbUnit": "relative"} | {side: f"{value:.5f}" for side, value in sides.items()}
    for name, value in parts.items():
        packet.element(f"Iptc4xmpExt:{name}", boundary, value)
    packet.element("Iptc4xmpExt:rId", item, f"{OWN}{number}")
    names = packet.element("rdf:Alt", packet.element("Iptc4xmpExt:Name", item))
    packet.element("rdf:li", names, region.name).set(_LANGUAGE, "x-default")
    return item


def _struct(packet: Packet, size: tuple[int, int]) -> Any:
    """A new structure of regions, for a picture of this size."""
    entry = packet.add(_MWG)
    entry.set(qualified("rdf:parseType"), "Resource")
    applied = packet.element("mwg-rs:AppliedToDimensions", entry, struct=True)
    for name, value in (("w", str(size[0])), ("h", str(size[1])), ("unit", "pixel")):
        packet.element(f"stDim:{name}", applied, value)
    return entry


def _fields(entry: Any) -> Any:
    """Where the fields of a structure stand: in the element, or in a description of its own."""
    inner = entry.find(qualified("rdf:Description"))
    return entry if inner is None else inner


def _mwg(packet: Packet, number: int, region: Region) -> Any:
    item, box = packet.new_item(), region.box
    area = packet.element("mwg-rs:Area", item, struct=True)
    middle = {"x": (box.x1 + box.x2) / 2, "y": (box.y1 + box.y2) / 2, "w": box.width, "h": box.height}
    for name, value in middle.items():
        packet.element(f"stArea:{name}", area, f"{value:.5f}")
    packet.element("stArea:unit", area, "normalized")
    packet.element("mwg-rs:Name", item, region.name)
    packet.element("phototag:RegionId", packet.element("mwg-rs:Extensions", item, struct=True), f"{OWN}{number}")
    return item
