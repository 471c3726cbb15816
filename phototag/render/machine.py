"""Hits for programs: JSON, JSON lines, CSV, paths. Names are promises; unknown values are null, never left out."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from phototag.geometry import Box
from phototag.render.text import path_text
from phototag.types import Detection, Hit, Label

CSV_COLUMNS = ("path", "copies", "offline", "score", "width", "height", "taken_at", "camera", "latitude", "longitude")


def hit_document(hit: Hit) -> dict[str, Any]:
    """A hit as the contract's JSON object; boxes are pixels of the upright image."""
    return {
        **hit_facts(hit),
        "labels": [label_document(label) for label in hit.labels],
        "objects": [object_document(found, hit.width, hit.height) for found in hit.objects],
        "keywords": list(hit.metadata.keywords),
    }


def hit_facts(hit: Hit) -> dict[str, Any]:
    """The part of a hit that has one value a photo."""
    return {
        "path": path_text(hit.path),
        "copies": hit.copies,
        "offline": hit.offline,
        "score": _rounded(hit.score),
        "width": hit.width,
        "height": hit.height,
        "taken_at": hit.metadata.taken_at,
        "camera": hit.metadata.camera,
        "latitude": hit.metadata.latitude,
        "longitude": hit.metadata.longitude,
    }


def label_document(label: Label) -> dict[str, Any]:
    """A label as the contract's JSON object."""
    return {"name": label.name, "confidence": _rounded(label.confidence)}


def object_document(found: Detection, width: int, height: int) -> dict[str, Any]:
    """An object as the contract's JSON object, in an image of `width` x `height` pixels."""
    return {
        "label": found.label,
        "confidence": _rounded(found.confidence),
        "box": box_document(found.box, width, height),
    }


def box_document(box: Box, width: int, height: int) -> dict[str, float]:
    """A box in pixels of an image of `width` x `height`."""
    x1, y1, x2, y2 = box.to_pixels(width, height)
    return {"x": round(x1, 1), "y": round(y1, 1), "width": round(x2 - x1, 1), "height": round(y2 - y1, 1)}


def json_array(documents: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """A JSON array, a document a line, written as it comes."""
    before = b"["
    for document in documents:
        yield before + b"\n " + _encoded(document)
        before = b","
    yield b"[]\n" if before == b"[" else b"\n]\n"


def json_lines(documents: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """One JSON document a line."""
    for document in documents:
        yield _encoded(document) + b"\n"


def csv_rows(hits: Iterable[Hit]) -> Iterator[bytes]:
    """A header, and a row a hit; labels and objects as `name:confidence`, these and keywords joined by `;`."""
    yield csv_row((*CSV_COLUMNS, "labels", "objects", "keywords"))
    for hit in hits:
        facts = hit_facts(hit)
        labels = ";".join(f"{label.name}:{label.confidence:.3f}" for label in hit.labels)
        objects = ";".join(f"{found.label}:{found.confidence:.3f}" for found in hit.objects)
        keywords = ";".join(hit.metadata.keywords)
        yield csv_row((*(_csv_value(facts[column]) for column in CSV_COLUMNS), labels, objects, keywords))


def csv_row(values: Iterable[object]) -> bytes:
    """A line of CSV. A value with a line break of any kind is quoted."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(values)  # before Python 3.13, it quotes its own line breaks only
    return line.getvalue().removesuffix("\r\n").encode("utf-8", "backslashreplace") + b"\n"


def paths(hits: Iterable[Hit], end: bytes) -> Iterator[bytes]:
    """The raw bytes of each path, followed by `end`."""
    for hit in hits:
        yield hit.path + end


def _encoded(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace")


def _csv_value(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
