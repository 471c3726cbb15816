"""SQL for the filters: conditions on a photo `p`, its first reachable file `f`, and the folder `d` and root `r`."""

from phototag.query.conditions import Asked, Condition, Contains, Has, HasKeyword, OneOf, Size, TakenBetween, Within
from phototag.query.places import latitude_band
from phototag.store.compile_leaves import Leaves, joined

FOLDER_PATH = (
    "rtrim(CAST(r.path AS TEXT), '/') || CASE WHEN length(d.path) = 0 THEN '' ELSE '/' || CAST(d.path AS TEXT) END"
)
PATH = f"CAST({FOLDER_PATH} || '/' || CAST(f.name AS TEXT) AS BLOB)"

_FOLDERS = "SELECT d.id FROM folders d JOIN roots r ON r.id = d.root_id WHERE "
_ORIENTATION = {"portrait": "p.height > p.width", "landscape": "p.width > p.height", "square": "p.width = p.height"}
_SIZES = {"width": "p.width", "height": "p.height", "megapixels": "(p.width * p.height / 1e6)"}
_HAS = {
    "gps": "f.latitude IS NOT NULL AND f.longitude IS NOT NULL",
    "date": "f.taken_at IS NOT NULL",
    "camera": "f.camera IS NOT NULL",
    "lens": "f.lens IS NOT NULL",
    "keyword": "EXISTS (SELECT 1 FROM keywords k WHERE k.file_id = f.id)",
    "offline": "p.offline",
    "duplicate": "(SELECT count(*) FROM files g WHERE g.photo_id = p.id AND g.state = 0) > 1",
    "failed": "EXISTS (SELECT 1 FROM files g JOIN problems e ON e.folder_id = g.folder_id AND e.name = g.name "
    "WHERE g.photo_id = p.id AND g.state = 0)",
    "corrected": "EXISTS (SELECT 1 FROM corrections c WHERE c.photo_id = p.id AND c.effective)",
}

_ASKED = (
    "EXISTS (SELECT 1 FROM analyses a JOIN models m ON m.id = a.model_id "
    "WHERE a.photo_id = p.id AND a.live AND m.name = {0})"
)


def passes(condition: Condition | None, leaves: Leaves) -> str:
    """A condition that is true where the photo passes the filter, and false or NULL elsewhere."""
    add = leaves.parameters.add
    if isinstance(condition, TakenBetween):
        ends = [("f.taken_at >= ", condition.low), ("f.taken_at < ", condition.high)]
        return " AND ".join(text + add(end) for text, end in ends if end is not None) or "f.taken_at IS NOT NULL"
    if isinstance(condition, Size):
        return leaves.bounded(_SIZES[condition.field], condition.bounds)
    if isinstance(condition, Contains):
        return _contains(condition, leaves)
    if isinstance(condition, HasKeyword):
        return f"EXISTS (SELECT 1 FROM keywords k WHERE k.file_id = f.id AND k.folded = {add(condition.keyword)})"
    if isinstance(condition, Within):
        return _within(condition, leaves)
    if isinstance(condition, OneOf):
        return _one_of(condition, leaves)
    if isinstance(condition, Has):
        return _HAS[condition.name]
    if isinstance(condition, Asked):
        return _ASKED.format(leaves.parameters.add(condition.model))
    raise ValueError("the tree is not resolved")


def _one_of(condition: OneOf, leaves: Leaves) -> str:
    add = leaves.parameters.add
    if condition.field == "orientation":
        return joined("OR", (_ORIENTATION[value] for value in condition.values))
    if condition.field == "ext":
        ends = [(len(value) + 1, add(f".{value}")) for value in condition.values]
        return joined("OR", (f"lower(substr(CAST(f.name AS TEXT), -{size})) = {end}" for size, end in ends))
    value = "substr(f.taken_at, 12, 2)" if condition.field == "hour" else "strftime('%w', f.taken_at)"
    return f"{value} IN ({', '.join(map(add, condition.values))})"


def _contains(condition: Contains, leaves: Leaves) -> str:
    if condition.field not in ("path", "folder"):
        return _found(f"f.{condition.field}", condition.text, leaves)
    # `+`: the photos stay in the order that they come in.
    inside = f"+f.folder_id IN ({folders_with(condition.text, leaves)})"
    return inside if condition.field == "folder" else f"({inside} OR {_reaches_name(condition.text, leaves)})"


def folders_with(text: str, leaves: Leaves) -> str:
    """The folders whose path has a text. There are far fewer than files, and a statement looks at each once."""
    return _FOLDERS + _found(FOLDER_PATH, text, leaves)


def _reaches_name(text: str, leaves: Leaves) -> str:
    """The name has the text; or of one with slashes what is behind the last begins it, and the rest ends the folder."""
    folder, slash, name = text.rpartition("/")
    if not slash:
        return _found("f.name", text, leaves)
    ends = [(f"substr({_lowered('f.name')}, 1, {{}})", name), (f"substr({_lowered(FOLDER_PATH)}, -{{}})", folder)]
    begins, closes = (
        f"{part.format(len(_bytes(end)))} = {leaves.parameters.add(_bytes(end))}" if end else "1" for part, end in ends
    )
    return f"({begins} AND +f.folder_id IN ({_FOLDERS}{closes}))"


def _found(column: str, text: str, leaves: Leaves) -> str:
    return f"instr({_lowered(column)}, {leaves.parameters.add(_bytes(text))}) > 0"


def _lowered(column: str) -> str:
    # Bytes are compared with bytes: paths need not be UTF-8. `lower` changes ASCII letters only, as bytes.lower does.
    return f"CAST(lower(CAST({column} AS TEXT)) AS BLOB)"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape").lower()


def _within(condition: Within, leaves: Leaves) -> str:
    """`distance_km` is phototag's own function, registered on the connection; the band spares most calls."""
    add = leaves.parameters.add
    south, north = latitude_band(condition.latitude, condition.km)
    center = f"{add(condition.latitude)}, {add(condition.longitude)}"
    return (
        f"f.latitude BETWEEN {add(south)} AND {add(north)} AND f.longitude IS NOT NULL "
        f"AND distance_km({center}, f.latitude, f.longitude) <= {add(condition.km)}"
    )
