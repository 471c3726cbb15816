"""Whether a photo passes a filter, in plain Python: the reference for the SQL."""

from datetime import datetime

from phototag.query.conditions import Asked, Condition, Contains, Has, HasKeyword, OneOf, Size, TakenBetween, Within
from phototag.query.folding import folded
from phototag.query.places import distance_km
from phototag.query.record import Record


def holds(condition: Condition | None, record: Record) -> bool:
    """Whether the photo passes. What a photo does not say (no date, no camera) passes no filter that asks for it."""
    if isinstance(condition, TakenBetween):
        return _taken(condition, record.metadata.taken_at)
    if isinstance(condition, OneOf):
        return _field(condition.field, record) in condition.values
    if isinstance(condition, Contains):
        return _contains(condition, record)
    if isinstance(condition, HasKeyword):
        return condition.keyword in map(folded, record.metadata.keywords)
    if isinstance(condition, Within):
        latitude, longitude = record.metadata.latitude, record.metadata.longitude
        if latitude is None or longitude is None:
            return False
        return distance_km(condition.latitude, condition.longitude, latitude, longitude) <= condition.km
    if isinstance(condition, Size):
        pixels = record.width * record.height
        value = {"width": record.width, "height": record.height, "megapixels": pixels / 1e6}[condition.field]
        return value in condition.bounds
    if isinstance(condition, Asked):
        return condition.model in (record.classifier, record.detector)
    if condition is None:
        raise ValueError("the tree is not resolved")
    return _has(condition, record)


def _taken(condition: TakenBetween, taken: str | None) -> bool:
    if taken is None or (condition.low is not None and taken < condition.low):
        return False
    return condition.high is None or taken < condition.high


def _field(field: str, record: Record) -> str | None:
    if field == "ext":
        name = record.path.rpartition(b"/")[2]
        return name.rpartition(b".")[2].lower().decode("utf-8", "replace") if b"." in name else None
    if field == "orientation":
        if record.width == record.height:
            return "square"
        return "portrait" if record.height > record.width else "landscape"
    taken = record.metadata.taken_at
    if taken is None:
        return None
    return taken[11:13] if field == "hour" else datetime.fromisoformat(taken).strftime("%w")


def _contains(condition: Contains, record: Record) -> bool:
    wanted = condition.text.encode("utf-8", "surrogateescape").lower()
    if condition.field in ("path", "folder"):
        text = record.path if condition.field == "path" else record.path.rpartition(b"/")[0]
        return wanted in text.lower()
    value = record.metadata.camera if condition.field == "camera" else record.metadata.lens
    return value is not None and wanted in value.encode("utf-8", "surrogateescape").lower()


def _has(condition: Has, record: Record) -> bool:
    metadata = record.metadata
    return {
        "gps": metadata.latitude is not None and metadata.longitude is not None,
        "date": metadata.taken_at is not None,
        "camera": metadata.camera is not None,
        "lens": metadata.lens is not None,
        "keyword": bool(metadata.keywords),
        "duplicate": record.copies > 1,
        "failed": record.failed,
        "offline": record.offline,
        "corrected": record.corrected,
    }[condition.name]
