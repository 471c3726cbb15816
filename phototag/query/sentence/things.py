"""Things in the picture, as people say them: how many, how large, where, and beside what."""

from phototag.query import quoting
from phototag.query.sentence import lexicon
from phototag.query.sentence.cursor import Cursor, any_of, pattern
from phototag.query.sentence.draft import Draft, Thing
from phototag.query.vocabulary import Vocabulary

LONGEST_PHRASE = 5
PHOTO = pattern(lexicon.PHOTOS)
NUMBERS = {word: number for number, word in enumerate(lexicon.NUMBERS)}
NUMBERS |= {"dozen": 12, "a dozen": 12, "thirty": 30, "forty": 40, "fifty": 50, "hundred": 100, "a hundred": 100}
NUMBER = rf"\d{{1,5}}|{any_of(NUMBERS)}"
BOUNDS = (
    ("at least|no fewer than|no less than|not less than|not fewer than|a minimum of|minimum|min", ">="),
    ("at most|no more than|not more than|up to|a maximum of|maximum|max", "<="),
    ("more than|greater than|over|above", ">"),
    ("fewer than|less than|under|below", "<"),
    ("exactly|precisely|only|just|a total of", "="),
)
VAGUE = (
    ("a single|only one|just one", "=1"),
    ("a couple of|couple of|a pair of|pairs? of", "=2"),
    ("multiple|more than one|two or more", ">=2"),
    ("several|a few|few|a group of|groups? of|a herd of|a flock of|a pack of|a bunch of|a row of|a family of", ">=3"),
    ("many|lots of|a lot of|plenty of|loads of|tons of|so many|numerous", ">=5"),
    ("a crowd of|crowds of|dozens of|a large group of|large groups of", ">=10"),
)
NONE = "no|zero|not a single|not any|none of the"
ARTICLE = "a|an|the|some|any|my|our|your|his|her|their|its|this|that|these|those|all|every|each|both|either|one of"
SIZES = (
    ("close-ups? of|closeups? of|close ups? of|a close-up of|a closeup of|a close up of", ".area>40%"),
    ("big|large|huge|giant|enormous", ".area>25%"),
    ("small|little|tiny|distant", ".area<5%"),
)
BEING = r"(?:(?:that|which|who) )?(?:(?:is|are|was|were) )?"
POSTURES = (
    "standing|sitting|lying|laying|sleeping|parked|placed|posing|resting|perched|walking|running|jumping|looking|stands|sits|"
    "lies|sleeps|rests|walks|runs|jumps|looks"
)
DOING = f"(?:(?:{POSTURES}) )?"
RELATIONS = (
    ("left-of", r"(?:to|on|at) the left(?: side| hand side)? of|left of|left-of"),
    ("right-of", r"(?:to|on|at) the right(?: side| hand side)? of|right of|right-of"),
    (
        "overlaps",
        r"on top of|on|onto|upon|overlapping",
    ),
    ("near", "next to|near to|near|beside|besides|by|close to|alongside|adjacent to|in front of|behind|around|at"),
    ("above", "above|over"),
    ("below", "below|under|underneath|beneath"),
    ("inside", "inside of|inside|in|into|within"),
)
ACTS = (
    ("overlaps", "riding on|riding|wearing|holding|carrying|hugging|touching|eating|drinking|using"),
    ("near", "catching|chasing|throwing|kicking|walking|feeding|petting|watching|playing with|playing"),
    ("inside", "driving"),
)
SIDES = "left|right|top|bottom|middle|center|centre"
OF_PHOTO = r"(?: of (?:the|a) (?:photo|picture|image|frame|shot))?"
PLACE = (
    rf"(?:on|at|in|to|near) the (?:far |very |upper |lower )?({SIDES})(?:[ -]({SIDES}))?"
    rf"(?: side| half| edge| corner| part)?{OF_PHOTO}|(left|right)(?= (?:[,.;!?]|and|or)|$)"
)


def read_noun(cursor: Cursor, vocabulary: Vocabulary) -> str | None:
    """The canonical name of the longest word or phrase of the vocabulary that comes next, read."""
    upcoming = cursor.upcoming(LONGEST_PHRASE)
    for number in range(len(upcoming), 0, -1):
        phrase = " ".join(upcoming[:number]).strip('"').removesuffix("'s").removesuffix("'S")
        if phrase[:1].isalnum() and not PHOTO.fullmatch(phrase) and vocabulary.knows(phrase):
            for _ in range(number):
                cursor.word()
            return vocabulary.resolve(phrase)
    return None


def read_quantity(cursor: Cursor) -> str:
    """A comparison like `>=2`, read; empty if no number comes next."""
    if both := cursor.match(rf"more than ({NUMBER}) (?:but|and) (?:less|fewer) than ({NUMBER})"):
        return f"={_number(both[1]) + 1}..{_number(both[2]) - 1}"
    if between := cursor.match(rf"(?:between )?({NUMBER}) ?(?:to|and|-|or|\.\.) ?({NUMBER})"):
        low, high = _number(between[1]), _number(between[2])
        return f"={min(low, high)}..{max(low, high)}"
    for source, operator in BOUNDS:
        if found := cursor.match(rf"(?:{source}) ({NUMBER})(?: or (?:more|fewer|less))?"):
            return operator + str(_number(found[1]))
    if found := cursor.match(rf"({NUMBER}) ?(?:or more|or above|and more|\+|plus)"):
        return f">={_number(found[1])}"
    if found := cursor.match(rf"({NUMBER}) or (?:fewer|less)"):
        return f"<={_number(found[1])}"
    for source, count in VAGUE:
        if cursor.match(source):
            return count
    if not cursor.sees("one of") and (found := cursor.match(NUMBER)):
        return f"={_number(found[0])}"
    return ""


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else NUMBERS[text.lower()]


def read_thing(cursor: Cursor, draft: Draft, *, attached: bool = False) -> bool:
    """A thing with what stands before it: "at least two large dogs". Reads nothing if no word comes."""
    start = cursor.position
    none = cursor.match(NONE) is not None
    count = "" if none else read_quantity(cursor)
    article = cursor.match(ARTICLE) is not None
    count = count or ("" if none else read_quantity(cursor))
    said = cursor.since(start)
    cursor.match("of|the|of the|of my|different|other|more")
    word, measure = read_noun(cursor, draft.vocabulary), ""
    if word is None:
        measure = next((size for source, size in SIZES if cursor.match(source)), "")
        cursor.match(ARTICLE)
        word = read_noun(cursor, draft.vocabulary)
    if word is None:
        cursor.position = start
        return False
    if word == "orange" and (thing := read_noun(cursor, draft.vocabulary)):
        draft.ignored.append("orange")  # the colour
        word = thing
    if "pair" in said.lower() and word.endswith("s"):
        count = ""  # one thing with two halves: scissors, glasses
    if none or count in ("=0", "<1", "<=0"):
        draft.deny()
        count = ""
    if not draft.vocabulary.has_boxes(word) and (count or measure):
        draft.ignored.append(said if count else "the size")
        count = measure = ""
    draft.add(Thing(word, measure, count=count), determined=bool(count) or article, attached=attached)
    return True


def read_relation(cursor: Cursor, draft: Draft) -> bool:
    """Where the last thing lies to another: "on a couch". What has no box is only asked to be in the photo too."""
    start = cursor.position
    if draft.last is None:
        return False
    for relations, subject in ((RELATIONS, draft.subject), (ACTS, draft.actor())):
        for kind, source in relations:
            if cursor.match(f"{BEING}{DOING}(?:{source})"):
                if (subject and _relate(cursor, draft, subject, kind)) or read_thing(cursor, draft, attached=True):
                    return True
                cursor.position = start
    return False


def _relate(cursor: Cursor, draft: Draft, subject: Thing, kind: str) -> bool:
    """Tie `subject` to the thing that comes next, if it is one with boxes and without a number."""
    start = cursor.position
    other = _other(cursor, draft.vocabulary)
    if other is None:
        cursor.position = start
        return False
    if subject.relation or draft.negating or subject is not draft.subject:
        draft.add(Thing(subject.word, relation=f" {kind} {other}"))
    else:
        subject.relation = f" {kind} {other}"
    while _or_other(cursor, draft, subject, kind):
        pass
    return True


def _other(cursor: Cursor, vocabulary: Vocabulary) -> Thing | None:
    """The other end of a relation, read: a thing with boxes, its size at most."""
    cursor.match(ARTICLE)
    measure, word = "", read_noun(cursor, vocabulary)
    if word is None:
        measure = next((size for source, size in SIZES if cursor.match(source)), "")
        word = read_noun(cursor, vocabulary)
    return Thing(word, measure) if word is not None and vocabulary.has_boxes(word) else None


def _or_other(cursor: Cursor, draft: Draft, subject: Thing, kind: str) -> bool:
    """ "on couches or beds": a bare word after the "or" is the relation's, unless it begins one of its own."""
    start = cursor.position
    if cursor.match("or") and not cursor.sees(ARTICLE):
        other = _other(cursor, draft.vocabulary)
        if other and not cursor.sees(f"{BEING}{DOING}(?:{'|'.join(source for _, source in (*RELATIONS, *ACTS))})"):
            draft.choose()
            draft.add(Thing(subject.word, subject.measure, subject.place, subject.count, f" {kind} {other}"))
            return True
    cursor.position = start
    return False


def read_place(cursor: Cursor, draft: Draft) -> bool:
    """Where in the picture the last thing is: "on the left"."""
    start = cursor.position
    found = cursor.match(f"{BEING}{DOING}{PLACE}")
    subject = draft.subject
    if not found or subject is None or cursor.sees("of"):
        cursor.position = start
        return False
    sides = [side.lower() for side in found.groups() if side]
    subject.place += "".join(f":{'center' if side in ('middle', 'centre') else side}" for side in sides)
    return True


def read_alone(cursor: Cursor, draft: Draft) -> bool:
    """ "alone": exactly one."""
    subject = draft.subject
    if (
        subject is None
        or subject.count
        or not cursor.match("alone|all alone|by itself|by himself|by herself|on its own")
    ):
        return False
    subject.count = "=1"
    return True


def read_only(cursor: Cursor, draft: Draft) -> bool:
    """ "only dogs and cats": no other objects."""
    start = cursor.position
    words: list[str] = []
    if cursor.match("only|just|nothing but|nothing except|exclusively|solely"):
        while True:
            here = cursor.position
            linked = not words or cursor.match(", and|and|or|,")
            cursor.match(ARTICLE)
            word = read_noun(cursor, draft.vocabulary) if linked else None
            if word is None or not draft.vocabulary.has_boxes(word):
                cursor.position = here
                break
            words.append(word)
    if not words:
        cursor.position = start
        return False
    draft.add(f"only:({','.join(map(quoting.word, dict.fromkeys(words)))})")
    return True


def read_any(cursor: Cursor, draft: Draft) -> bool:
    """Whether there are objects at all."""
    if cursor.match(
        "no objects?|without objects?|without any objects?|nothing in (?:it|them)|nothing recognized|nothing recognised"
    ):
        draft.add("none:object")
        return True
    if cursor.match("any objects?|some objects?|at least one object"):
        draft.add("any:object")
        return True
    return False
