"""An XMP packet as a tree: read with care, its arrays read and set, written back.

XMP part 1 (ISO 16684-1). Needs lxml.
"""

from collections.abc import Iterable
from typing import Any

from phototag.errors import UsageError

BEGIN = b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
END = b'\n<?xpacket end="w"?>\n'
SPACES = {
    "x": "adobe:ns:meta/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
    "stArea": "http://ns.adobe.com/xmp/sType/Area#",
    "stDim": "http://ns.adobe.com/xap/1.0/sType/Dimensions#",
    "phototag": "urn:phototag:xmp:1.0/",
}
_CONTAINERS = {"digiKam:TagsList": "rdf:Seq"}
_STRUCT = "rdf:parseType"


class BrokenPacketError(ValueError):
    """XMP that is no XML, or no XMP."""


class Packet:
    """The properties of a photo. Names are written with the prefixes of `SPACES`."""

    def __init__(self, packet: bytes) -> None:
        """Raises BrokenPacketError, and UsageError when the XML library is not installed; b"" is an empty packet."""
        self.etree = _library()
        self._tree = self._parse(packet)
        self._before = self._canonical()

    @property
    def changed(self) -> bool:
        """Whether it says something else than before."""
        return bool(self._canonical() != self._before)

    @property
    def empty(self) -> bool:
        """Whether no property is left."""
        found = self._tree.iter(qualified("rdf:Description"))
        about = {qualified("rdf:about")}
        return all(len(entry) == 0 and about.issuperset(entry.attrib) for entry in found)

    def written(self) -> bytes:
        """The packet with its wrapper, for a file of its own or to be embedded."""
        text: bytes = self.etree.tostring(self._tree, encoding="utf-8", pretty_print=True)
        return BEGIN + text.strip() + END

    def values(self, name: str) -> list[str]:
        """The texts of an array; none where it is not there."""
        entry = self.find(name)
        return [] if entry is None else [(item.text or "").strip() for item in entry.iter(qualified("rdf:li"))]

    def set_values(self, name: str, values: Iterable[str]) -> None:
        """Make an array these texts, each once; it is left alone where it has them already, and goes without any."""
        wanted = list(dict.fromkeys(values))
        if wanted == self.values(name):
            return
        items = []
        for value in wanted:
            item = self.etree.Element(qualified("rdf:li"))
            item.text = value
            items.append(item)
        self.set_items(self.add(name) if items else self.find(name), items, _CONTAINERS.get(name, "rdf:Bag"))

    def find(self, name: str) -> Any:
        """The element of a property, None where there is none."""
        return self._tree.find(f".//{qualified('rdf:Description')}/{qualified(name)}")

    def add(self, name: str) -> Any:
        """The element of a property, made where there is none."""
        found = self.find(name)
        return found if found is not None else self.element(name, self._description())

    def element(self, name: str, parent: Any, text: str | None = None, *, struct: bool = False) -> Any:
        """A new element below `parent`, with a text, or as a structure whose fields come below it."""
        prefix = name.partition(":")[0]
        attributes = {qualified(_STRUCT): "Resource"} if struct else {}
        made = self.etree.SubElement(parent, qualified(name), attributes, nsmap={prefix: SPACES[prefix]})
        made.text = text
        return made

    def new_item(self) -> Any:
        """A structure that may become an item of an array."""
        spaces = {"rdf": SPACES["rdf"]}
        return self.etree.Element(qualified("rdf:li"), {qualified(_STRUCT): "Resource"}, nsmap=spaces)

    def items(self, entry: Any) -> list[Any]:
        """The items of the array in a property's element."""
        found = [] if entry is None else entry.iter(qualified("rdf:li"))
        return [item for item in found if item.getparent().getparent() is entry]

    def set_items(self, entry: Any, items: Iterable[Any], container: str = "rdf:Bag") -> None:
        """Make the array in a property's element these items; without any the element goes."""
        listed = list(items)
        if entry is None:
            return
        if not listed:
            entry.getparent().remove(entry)
            return
        for child in list(entry):
            entry.remove(child)
        array = self.etree.SubElement(entry, qualified(container))
        for item in listed:
            array.append(item)

    def same(self, some: Iterable[Any], others: Iterable[Any]) -> bool:
        """Whether two rows of elements say the same."""
        write = self.etree.tostring
        return [write(one, method="c14n") for one in some] == [write(one, method="c14n") for one in others]

    def _canonical(self) -> Any:
        return self.etree.tostring(self._tree, method="c14n")

    def _description(self) -> Any:
        rdf = self._tree if self._tree.tag == qualified("rdf:RDF") else self._tree.find(f".//{qualified('rdf:RDF')}")
        found = rdf.find(qualified("rdf:Description"))
        if found is None:
            found = self.etree.SubElement(rdf, qualified("rdf:Description"), {qualified("rdf:about"): ""})
        return found

    def _parse(self, packet: bytes) -> Any:
        etree = self.etree
        text = packet.strip(b"\0 \r\n\t")
        if not text:
            root = etree.Element(qualified("x:xmpmeta"), nsmap={"x": SPACES["x"]})
            etree.SubElement(root, qualified("rdf:RDF"), nsmap={"rdf": SPACES["rdf"]})
            return root
        parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_blank_text=True, load_dtd=False)
        try:
            root = etree.fromstring(text, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise BrokenPacketError(f"its XMP is no XML: {error}") from error
        if root.getroottree().docinfo.doctype:
            raise BrokenPacketError("its XMP has a document type, which XMP never has")
        if root.tag != qualified("rdf:RDF") and root.find(f".//{qualified('rdf:RDF')}") is None:
            raise BrokenPacketError("its XML is no XMP")
        return root


def qualified(short: str) -> str:
    """`dc:subject` with its namespace, as lxml writes it."""
    prefix, _, local = short.partition(":")
    return f"{{{SPACES[prefix]}}}{local}"


def _library() -> Any:
    try:
        from lxml import etree
    except ImportError as error:
        raise UsageError("the XML library is not installed", hint="Run: pip install 'phototag[xmp]'") from error
    return etree
