"""English words: how they are compared, their singulars and plurals, and how far apart two spellings are."""

from collections.abc import Iterator

IRREGULAR = {
    "people": "person",
    "men": "man",
    "women": "woman",
    "children": "child",
    "mice": "mouse",
    "geese": "goose",
    "feet": "foot",
    "teeth": "tooth",
    "oxen": "ox",
    "cacti": "cactus",
    "fungi": "fungus",
    "octopi": "octopus",
    "hippopotami": "hippopotamus",
    "platypi": "platypus",
    "dice": "die",
    "loaves": "loaf",
    "leaves": "leaf",
}
PLURALS = {singular: plural for plural, singular in IRREGULAR.items()}
INVARIANT = {"sheep", "fish", "deer", "bison", "salmon", "trout", "shrimp", "aircraft", "spacecraft", "watercraft"}
INVARIANT |= {"glasses", "sunglasses", "binoculars", "scissors", "skis", "jeans", "trousers", "pajamas"}
INVARIANT |= {"clothing", "furniture", "jewelry", "electronics", "hosiery", "bedding"}
VES = {"knife", "wolf", "calf", "half", "scarf", "shelf", "hoof", "wife", "life", "elf", "sheaf", "werewolf", "thief"}


def key(text: str) -> str:
    """`text` as it is compared: without case, and with one space for every run of spaces, hyphens and underscores."""
    return " ".join(text.replace("_", " ").replace("-", " ").replace("’", "'").split()).casefold()


def plural(word: str) -> str:
    """The usual English plural of a word or phrase: of its last word, or of the one before “of”."""
    head, separator, rest = word.partition(" of ")
    if separator:
        return plural(head) + separator + rest
    front, space, last = word.rpartition(" ")
    return front + space + _plural(last)


def _plural(word: str) -> str:
    if word in INVARIANT:
        return word
    if word in PLURALS:
        return PLURALS[word]
    if word in VES:
        return word.removesuffix("e")[:-1] + "ves"
    if word.endswith("man") and word not in ("human", "german", "caiman"):
        return word[:-3] + "men"
    if word.endswith("y") and word[-2:-1] not in tuple("aeiou"):
        return word[:-1] + "ies"
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    return word + "s"


def singulars(text: str) -> Iterator[str]:
    """What `text`, as `key` gives it, may be the plural of, likeliest first; `text` itself is not among them."""
    front, space, last = text.rpartition(" ")
    for candidate in _singulars(last):
        yield front + space + candidate
    first, space, rest = text.partition(" ")
    if space:
        for candidate in _singulars(first):
            yield candidate + space + rest


def _singulars(word: str) -> Iterator[str]:
    if word in IRREGULAR:
        yield IRREGULAR[word]
    if word.endswith("men"):
        yield word[:-3] + "man"
    if word.endswith("ies"):
        yield word[:-3] + "y"
    if word.endswith("ves"):
        yield word[:-3] + "f"
        yield word[:-3] + "fe"
    if word.endswith("s") and not word.endswith("ss"):
        yield word[:-1]
        if word.endswith("es"):
            yield word[:-2]
            if word.endswith(("sses", "zzes")):
                yield word[:-3]


def distance(left: str, right: str, limit: int) -> int:
    """The least number of letters to insert, drop, replace or swap with a neighbour; `limit` + 1 where it is more.

    The optimal string alignment distance: Damerau, A technique for computer detection and correction of spelling
    errors (1964), with no letter touched twice.
    """
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    before: list[int] = []
    previous = list(range(len(right) + 1))
    for row, letter in enumerate(left, 1):
        current = [row]
        for column, other in enumerate(right, 1):
            cost = min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (letter != other))
            if row > 1 and column > 1 and letter == right[column - 2] and left[row - 2] == other:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        if min(current) > limit:
            return limit + 1
        before, previous = previous, current
    return min(previous[-1], limit + 1)
