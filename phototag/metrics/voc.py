"""Truth in Pascal VOC's format: one XML file a photo."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phototag.errors import UsageError
from phototag.geometry import Box
from phototag.metrics.faults import fault, inside, numbers
from phototag.metrics.scene import Truth, TruthBox, TruthPhoto

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def read_voc(folder: Path, images: Path) -> Truth:
    """The photos described by the XML files in `folder` (of `Annotations`, also below it), which lie in `images`;
    difficult objects count as crowds.

    Raises UsageError naming what is wrong, or that the parser is not installed.
    """
    parse = _parser()
    files = folder.rglob("*.xml") if folder.name == "Annotations" else folder.glob("*.xml")
    photos = tuple(_read(file, images, parse) for file in sorted(files))
    return Truth(photos, tuple(dict.fromkeys(box.label for photo in photos for box in photo.boxes)))


def _read(file: Path, images: Path, parse: Callable[[Path], Any]) -> TruthPhoto:
    root = parse(file)
    width, height = (int(value) for value in _numbers(file, root.find("size"), ("width", "height"), "size"))
    if min(width, height) < 1:
        raise fault(file, "the size of the photo is missing")
    boxes = tuple(_object(file, found, width, height) for found in root.iter("object"))
    return TruthPhoto(inside(file, images, root.findtext("filename", "").strip()), boxes, (width, height))


def _object(file: Path, found: "Element", width: int, height: int) -> TruthBox:
    label = found.findtext("name", "").strip()
    if not label:
        raise fault(file, "an object has no name")
    x1, y1, x2, y2 = _numbers(file, found.find("bndbox"), ("xmin", "ymin", "xmax", "ymax"), "bndbox")
    if x2 < x1 or y2 < y1:
        raise fault(file, f"the box of a {label} has a negative size")
    # VOC counts pixels from 1 and includes the last.
    box = Box.from_pixels((x1 - 1, y1 - 1, x2, y2), width, height)
    return TruthBox(label, box, found.findtext("difficult", "0").strip() == "1")


def _numbers(file: Path, parent: "Element | None", names: Iterable[str], where: str) -> list[float]:
    values = [None if parent is None else parent.findtext(name) for name in names]
    return numbers(file, values, len(values), where)


def _parser() -> Callable[[Path], Any]:
    try:
        from defusedxml import DefusedXmlException
        from defusedxml.ElementTree import ParseError, parse
    except ImportError as error:
        raise UsageError("the XML parser is not installed", hint="Run: pip install 'phototag[eval]'") from error

    def checked(file: Path) -> Any:
        try:
            return parse(file).getroot()
        except (ParseError, DefusedXmlException, ValueError, OSError) as error:
            raise fault(file, f"is no XML that can be read: {error}") from error

    return checked
