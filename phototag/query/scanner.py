"""The text of a query, read from left to right."""

import re
from collections.abc import Callable

from phototag.errors import QueryError
from phototag.query.quoting import BARE, CONNECTIVES, RELATIONS

OPENING, CLOSING = '"“”', '"“”'
LONGEST_PHRASE = 5
COMPARISON = re.compile(r"(<=|>=|<|>|=)\s*([^\s()\"]*)")

# How other languages write it, and how it is written here.
OTHER_COMPARISONS = {"=>": ">=", "=<": "<="}
OTHER_SIGNS = {
    "|": "For one or the other write “or”: cat or dog.",
    "&": "For both write “and”, or nothing: cat and dog.",
    ",": "For both write “and”, for one or the other “or”: cat and dog, cat or dog.",
    "!": "For the opposite write “not”: not dog.",
}


class Scanner:
    """A cursor over `text`; every method that reads skips leading spaces, unless it says otherwise."""

    def __init__(self, text: str, phrases: Callable[[str], bool]) -> None:
        self.text = text
        self.phrases = phrases
        self.position = 0

    def error(self, message: str, position: int | None = None, hint: str = "") -> QueryError:
        """A QueryError at `position`, or here."""
        return QueryError(message, text=self.text, position=self.position if position is None else position, hint=hint)

    def skip_spaces(self) -> int:
        """Move to the next character that is no space, and return its position."""
        while self.position < len(self.text) and self.text[self.position].isspace():
            self.position += 1
        return self.position

    def at_end(self) -> bool:
        """Whether nothing but spaces is left."""
        return self.skip_spaces() == len(self.text)

    def peek(self) -> str:
        """The next character, spaces included; empty at the end."""
        return self.text[self.position : self.position + 1]

    def take(self, text: str) -> bool:
        """Read `text` if it comes next."""
        self.skip_spaces()
        return self.take_close(text)

    def take_close(self, text: str) -> bool:
        """Read `text` if it comes next, without a space before it."""
        found = self.text.startswith(text, self.position)
        self.position += len(text) if found else 0
        return found

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Read what `pattern` matches here, without skipping spaces."""
        found = pattern.match(self.text, self.position)
        if found:
            self.position = found.end()
        return found

    def sees_keyword(self, *words: str) -> str:
        """Which of these words comes next, as a whole word in either case; empty if none."""
        self.skip_spaces()
        found = BARE.match(self.text, self.position)
        following = self.text[found.end() : found.end() + 1] if found else ""
        word = found[0].lower() if found else ""
        return word if word in words and following not in (":", "=", "<", ">", "@", ".") else ""

    def keyword(self, *words: str) -> str:
        """Read one of these words if it comes next."""
        word = self.sees_keyword(*words)
        self.position += len(word)
        return word

    def quoted(self) -> str | None:
        """A text between double quotes, straight or curly, if one comes next; a backslash keeps the next character."""
        if self.peek() not in tuple(OPENING):
            return None
        start = self.position
        letters: list[str] = []
        self.position += 1
        while self.position < len(self.text):
            letter = self.text[self.position]
            self.position += 1
            if letter in CLOSING:
                return "".join(letters)
            if letter == "\\" and self.position < len(self.text):
                letter = self.text[self.position]
                self.position += 1
            letters.append(letter)
        raise self.error("this quote is never closed", start)

    def word(self) -> str:
        """A word or a quoted phrase; bare words that make a phrase of the vocabulary are read together."""
        self.skip_spaces()
        start = self.position
        quoted = self.quoted()
        if quoted is not None:
            text = " ".join(quoted.split())
            if not text:
                raise self.error("there is nothing between these quotes", start)
            return text
        found = self.match(BARE)
        if not found:
            raise self.error(*_not_a_word(self.peek(), start))
        if found[0].lower() in (*CONNECTIVES, *RELATIONS):
            raise self.error(f"“{found[0]}” needs something to stand {_missing(found[0].lower())}", start)
        return self._phrase(found[0])

    def _phrase(self, first: str) -> str:
        words, ends = [first], [self.position]
        end = self.position
        while len(words) < LONGEST_PHRASE:
            found = re.compile(rf"[ \t]+({BARE.pattern})").match(self.text, end)
            if not found or found[1].lower() in (*CONNECTIVES, *RELATIONS):
                break
            end = found.end()
            words.append(found[1])
            ends.append(end)
        for number in range(len(words), 1, -1):
            if self.phrases(" ".join(words[:number])):
                self.position = ends[number - 1]
                return " ".join(words[:number])
        return first

    def comparison(self) -> tuple[str, int] | None:
        """A comparison such as `>=2` or `=2..4` as text, with its position, if one comes next."""
        mark = self.position
        start = self.skip_spaces()
        found = self.match(COMPARISON)
        if found and found[2][:1] in ("=", "<", ">"):
            twice = found[1] + found[2][0]
            hint = f"Write {OTHER_COMPARISONS.get(twice, found[1])} there, as in person=2 or person>=2."
            raise self.error(f"“{twice}” is no comparison", start, hint=hint)
        if found:
            return found[1] + found[2], start
        self.position = mark
        return None


def _missing(word: str) -> str:
    return "before it" if word in RELATIONS else "beside it" if word != "not" else "after it"


def _not_a_word(letter: str, start: int) -> tuple[str, int] | tuple[str, int, str]:
    if not letter:
        return "the query ends where a word should come", start
    if letter == ")":
        return "there is nothing between these parentheses, or one is missing", start
    told = f"“{letter}” can't begin a word", start
    return (*told, OTHER_SIGNS[letter]) if letter in OTHER_SIGNS else told
