"""What people say about the photo itself: the camera, the folder, the format, the place on earth."""

from phototag.query import quoting
from phototag.query.sentence.cursor import Cursor, any_of
from phototag.query.sentence.draft import Draft
from phototag.query.sentence.lexicon import MAKERS, MODEL, PHOTOS, STOP

PHONES = ("iphone", "ipad")
MAKER = any_of((*MAKERS, *PHONES))
OWNER = "a|an|my|the|our|his|her"
TAKEN_WITH = "(?:taken|shot|made|captured|photographed|recorded) (?:with|on|by|using|from|through)"
EXTENSIONS = "jpe?g|png|heic|heif|webp|tiff?|gif|avif|bmp"
ORIENTATIONS = {"vertical": "portrait", "upright": "portrait", "horizontal": "landscape"}
MORE = "more than|over|at least|larger than|bigger than|above"
LESS = "less than|under|at most|smaller than|below"
NUMBER = r"(\d+(?:\.\d+)?)"
COORDINATE = r"(-?\d{1,3}(?:\.\d+)?)"


def read_photo(cursor: Cursor, draft: Draft) -> bool:
    """A filter about the photo, read; False, with nothing read, if none comes."""
    start = cursor.position
    for reader in (_lens, _camera, _folder, _place_on_earth, _kind, _orientation, _extension, _resolution):
        text = reader(cursor)
        if text:
            draft.add(text)
            return True
        cursor.position = start
    return False


def read_own_camera(cursor: Cursor, draft: Draft) -> bool:
    """ "taken with my phone" names no camera, and no phone in the picture either."""
    start = cursor.position
    if not cursor.match(f"{TAKEN_WITH} (?:{OWNER}) (?:phone|smartphone|cell phone|mobile|mobile phone|camera)"):
        return False
    draft.ignored.append(cursor.since(start))
    return True


def _camera(cursor: Cursor) -> str:
    said = cursor.match(TAKEN_WITH)
    used = said or cursor.match("with|on|from|by|using")
    cursor.match(OWNER)
    words: list[str] = []
    if cursor.sees(MAKER):
        # A phone is also a thing in the picture: "photos of my iphone".
        if not used and not cursor.sees(rf"(?:{any_of(MAKERS)})|(?:{any_of(PHONES)})(?: \w+){{0,3}} (?:{PHOTOS})"):
            return ""
        words.append(cursor.word())
        while model := cursor.match(MODEL):
            words.append(model[0])
    elif said:
        words = _name(cursor, 5)
        if cursor.text.isupper() or not any(word != word.lower() or any(map(str.isdigit, word)) for word in words):
            return ""
    cursor.match("camera|phone")
    return f"camera:{quoting.value(' '.join(words))}" if words else ""


def _name(cursor: Cursor, longest: int) -> list[str]:
    """The words of a name: up to one that begins something else."""
    words: list[str] = []
    while not cursor.at_end() and len(words) < longest and cursor.upcoming(1)[0].lower() not in STOP:
        if cursor.sees(f"camera|phone|{PHOTOS}"):
            break
        words.append(cursor.word().strip('"'))
    return words


def _lens(cursor: Cursor) -> str:
    found = cursor.match(rf"(?:{TAKEN_WITH}|with|using|through) (?:(?:{OWNER}) )?((?:[\w./-]+ ){{1,3}}?)lens")
    return f"lens:{quoting.value(found[1].strip())}" if found else ""


def _folder(cursor: Cursor) -> str:
    inside = "(?:in|from|inside|under|within) "
    if cursor.match(rf"{inside}(?:(?:{OWNER}) )?(?:folder|directory)(?: called| named)?"):
        name = " ".join(_name(cursor, 4))
        return f"folder:{quoting.value(name)}" if name else ""
    found = cursor.match(rf'(?:{inside}(?:(?:{OWNER}) )?|(?:{OWNER}) )((?:[\w"-]+ ){{1,3}}?)(?:folder|directory)')
    return "folder:" + quoting.value(found[1].strip(' "')) if found else ""


def _place_on_earth(cursor: Cursor) -> str:
    within = rf"within {NUMBER} ?(km|kilometers?|kilometres?|m|meters?|metres?) of"
    if found := cursor.match(rf"(?:{within}|near|around) {COORDINATE}(?: ?, ?| ){COORDINATE}"):
        unit = "m" if (found[2] or "km").lower().startswith("m") else "km"
        return f"near:{found[3]},{found[4]},{found[1] or 10}{unit}"
    place = r"(?:a )?(?:gps|location|coordinates|geotags?)(?: data| coordinates| position| information)?"
    said = cursor.match(rf"(?:with|having|have|has) {place}|geo-?tagged|gps(?: data| coordinates| position)?|geotags?")
    return "has:gps" if said or cursor.match(rf"{place}(?= (?:{PHOTOS})|$)") else ""


def _kind(cursor: Cursor) -> str:
    if cursor.match("duplicates?|duplicated|that exist twice"):
        return "is:duplicate"
    if cursor.match("(?:i |we )?corrected|(?:i |we )?retagged"):
        return "is:corrected"
    return "has:date" if cursor.match("(?:with|having|have|has) (?:a |any )?(?:date|dates)") else ""


def _orientation(cursor: Cursor) -> str:
    found = cursor.match(
        r"(?:in )?(portrait|landscape|square|vertical|horizontal)[ -](?:orientation|format|mode|oriented)"
    )
    found = found or cursor.match(rf"(portrait|landscape)(?= (?:{PHOTOS}))")
    found = found or cursor.match("in (portrait|landscape)(?= [.,;!?]|$)")
    found = found or cursor.match(rf"(square|vertical|horizontal|upright)(?= (?:{PHOTOS})|$)")
    return f"orientation:{ORIENTATIONS.get(found[1].lower(), found[1].lower())}" if found else ""


def _extension(cursor: Cursor) -> str:
    found = cursor.match(rf"(?:in |as )?({EXTENSIONS})s?(?: format)?")
    return f"ext:{found[1].lower()}" if found else ""


def _resolution(cursor: Cursor) -> str:
    cursor.match("with|of")
    if found := cursor.match(rf"(?:({MORE})|{LESS}) {NUMBER} ?(?:megapixels?|mpx?|mpix)"):
        return f"megapixels{'>' if found[1] else '<'}{found[2]}"
    if found := cursor.match(rf"(?:({MORE})|{LESS}) (\d+) (?:pixels|px) (?:(wide|across)|tall|high)"):
        return f"{'width' if found[3] else 'height'}{'>' if found[1] else '<'}{found[2]}"
    if found := cursor.match(r"(wider|taller|higher) than (\d+)(?: pixels| px)?"):
        return f"{'width' if found[1].lower() == 'wider' else 'height'}>{found[2]}"
    return ""
