"""The keywords that people, and programs other than phototag, gave a photo: in XMP and in IPTC.

Sources: XMP part 1 (ISO 16684-1) with `dc:subject`, `lr:hierarchicalSubject` and `digiKam:TagsList`; IPTC-IIM 4.2,
record 2 dataset 25. Every step of a hierarchy is a keyword.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from xml.parsers import expat

from phototag.media.fault import plain
from phototag.query.folding import folded

LONGEST = 100
MOST = 500
SIDECAR_BYTES = 4 << 20
SIDECAR_EXTENSIONS = (b".xmp", b".XMP")

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_OWN = "urn:phototag:xmp:1.0/ Keywords"
_HIERARCHIES = {
    "http://ns.adobe.com/lightroom/1.0/ hierarchicalSubject": "|",
    "http://www.digikam.org/ns/1.0/ TagsList": "/",
}
_PROPERTIES = {"http://purl.org/dc/elements/1.1/ subject", _OWN, *_HIERARCHIES}
_OWN_ROOT = "phototag"
_UTF8 = b"\x1b%G"


def read_keywords(packets: Iterable[bytes], iptc: bytes) -> tuple[str, ...]:
    """The keywords in XMP packets and a block of IPTC datasets, each once, in the order they stand in.

    What `phototag write` added is left out. At most 500 of 100 letters. Never raises: of broken metadata what can be
    read is read.
    """
    found: list[str] = []
    own: set[str] = set()
    for packet in packets:
        values = _Reader().read(packet)
        own |= {folded(word) for word in values.get(_OWN, ())}
        for name, words in values.items():
            if name in _HIERARCHIES:
                found += _steps(words, _HIERARCHIES[name])
            elif name != _OWN:
                found += words
    found += _iptc_keywords(iptc)
    kept: dict[str, str] = {}
    for word in found:
        text = plain(word)[:LONGEST].strip()
        if text and folded(text) not in own:
            kept.setdefault(folded(text), text)
    return tuple(kept.values())[:MOST]


def read_sidecars(path: bytes) -> list[bytes]:
    """The XMP beside a photo, in `a.jpg.xmp` and in `a.xmp`, as far as it is there and can be read."""
    found = []
    for name in dict.fromkeys((path, os.path.splitext(path)[0])):
        for extension in SIDECAR_EXTENSIONS:
            with suppress(OSError), open(name + extension, "rb") as file:  # noqa: PTH123  (bytes path)
                found.append(file.read(SIDECAR_BYTES))
                break
    return found


def _steps(paths: Iterable[str], separator: str) -> Iterator[str]:
    for path in paths:
        steps = path.split(separator)
        if steps[0].strip() != _OWN_ROOT:
            yield from steps


def _iptc_keywords(block: bytes) -> list[str]:
    words: list[bytes] = []
    coding = "latin-1"
    at = 0
    while block[at : at + 1] == b"\x1c" and at + 5 <= len(block):
        record, dataset = block[at + 1], block[at + 2]
        size = int.from_bytes(block[at + 3 : at + 5], "big")
        if size > 0x7FFF:  # an extended dataset, larger than any keyword
            break
        value = block[at + 5 : at + 5 + size]
        if (record, dataset) == (1, 90) and value == _UTF8:
            coding = "utf-8"
        elif (record, dataset) == (2, 25):
            words.append(value)
        at += 5 + size
    return [_text(word, coding) for word in words]


def _text(word: bytes, coding: str) -> str:
    """Many programs write UTF-8 without saying so; Latin text is hardly ever valid UTF-8 by chance."""
    try:
        return word.decode("utf-8")
    except UnicodeDecodeError:
        return word.decode(coding, "replace")


class _Reader:
    """Takes the values of the wanted arrays out of one packet."""

    def __init__(self) -> None:
        self._values: dict[str, list[str]] = {}
        self._inside = ""
        self._text: list[str] | None = None
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._refuse  # entities are how small XML becomes large

    def read(self, packet: bytes) -> dict[str, list[str]]:
        with suppress(expat.ExpatError, ValueError):
            self._parser.Parse(packet.strip(b"\0 \r\n\t"), True)
        return self._values

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        if name in _PROPERTIES:
            self._inside = name
        elif self._inside and name == f"{_RDF} li":
            self._text = []

    def _end(self, name: str) -> None:
        if name == self._inside:
            self._inside = ""
        elif self._text is not None and name == f"{_RDF} li":
            self._values.setdefault(self._inside, []).append("".join(self._text))
            self._text = None

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _refuse(self, *_: object) -> None:
        raise ValueError("XMP has no document type")
