"""Keywords and regions in an XMP packet, beside whatever others wrote there.

Keywords go to `dc:subject`, with their place in the hierarchy to `lr:hierarchicalSubject` and `digiKam:TagsList` below
one root of phototag's own; objects become regions (`phototag.media.regions`). A property of phototag's own keeps which
keywords it added: only those are ever taken back.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from phototag.media.packet import BrokenPacketError, Packet
from phototag.media.regions import Region, set_iptc, set_mwg, stored_box
from phototag.query.folding import folded

__all__ = ["BrokenPacketError", "Content", "Keyword", "Merged", "Region", "merge", "stored_box"]

ROOT = "phototag"
_SUBJECT, _OWN = "dc:subject", "phototag:Keywords"


@dataclass(frozen=True, slots=True)
class Keyword:
    """A word, and the words above it from the top down."""

    name: str
    above: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """What phototag has to say of a photo. `mwg` is the size in pixels of the stored picture, where its objects are to
    be MWG regions, too; None: only IPTC's."""

    keywords: Sequence[Keyword] = ()
    regions: Sequence[Region] = ()
    mwg: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Merged:
    """A packet after merging. `packet` is None where nothing changes, and `empty` where it says nothing any more;
    `added` and `removed` are keywords in `dc:subject`, `regions` the numbers of phototag's regions before and after."""

    packet: bytes | None
    added: tuple[str, ...]
    removed: tuple[str, ...]
    regions: tuple[int, int]
    empty: bool = False


def merge(packet: bytes, content: Content) -> Merged:
    """The packet (or none: b"") with this content as phototag's, and all else as it was.

    Raises BrokenPacketError, and UsageError when the XML library is not installed.
    """
    tree = Packet(packet)
    found, own = tree.values(_SUBJECT), tree.values(_OWN)
    there = {folded(word) for word in found if word not in own}
    wanted = {keyword.name: keyword for keyword in content.keywords}
    mine = [word for word in wanted if folded(word) not in there]  # what others wrote, in whatever case, is enough
    kept = [word for word in found if word not in own or word in mine]
    added = [word for word in mine if word not in found]
    tree.set_values(_SUBJECT, kept + added)
    tree.set_values(_OWN, mine)
    for name, separator in (("lr:hierarchicalSubject", "|"), ("digiKam:TagsList", "/")):
        others = [entry for entry in tree.values(name) if entry.split(separator)[0] != ROOT]
        tree.set_values(name, others + [_path(keyword, separator) for keyword in wanted.values()])
    before = set_iptc(tree, content.regions)
    set_mwg(tree, content.regions if content.mwg else (), content.mwg or (0, 0))
    regions = (before, len(content.regions))
    if not tree.changed:
        return Merged(None, (), (), regions)
    gone = tuple(word for word in found if word not in kept)
    return Merged(tree.written(), tuple(added), gone, regions, tree.empty)


def _path(keyword: Keyword, separator: str) -> str:
    return separator.join(word.replace(separator, " ") for word in (ROOT, *keyword.above, keyword.name))
