"""A sentence, read from left to right by regular expressions that match whole words."""

import re
from collections.abc import Iterable
from functools import cache

QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-"})


@cache
def pattern(source: str) -> re.Pattern[str]:
    """`source` compiled; a space in it stands for the space between two words, and it ends at the end of a word."""
    return re.compile(f"(?:{source})(?![\\w'])", re.IGNORECASE)


def any_of(words: Iterable[str]) -> str:
    """A regular expression for one of these words or phrases, the longest that fits."""
    return "|".join(re.escape(word).replace(r"\ ", " ") for word in sorted(words, key=len, reverse=True))


class Cursor:
    """A place in `text`: the sentence with one space between words, and with its commas and marks as words."""

    def __init__(self, sentence: str) -> None:
        spaced = re.sub(r"([,;:!?()…&])(?!\d)|(?<!\d)([,;:&])|(\.)(?=\s|$)", r" \1\2\3 ", sentence.translate(QUOTES))
        self.text = " ".join(re.sub(r"(^|\s)-(?=[^\W\d])", r"\1not ", spaced).split())
        self.position = 0

    def at_end(self) -> bool:
        """Whether every word has been read."""
        return self.position >= len(self.text)

    def match(self, source: str) -> re.Match[str] | None:
        """Read what the regular expression matches here, and the space after it."""
        found = pattern(source).match(self.text, self.position)
        if not found or found.end() == self.position:
            return None
        self.position = found.end()
        self._skip_space()
        return found

    def sees(self, source: str) -> bool:
        """Whether the regular expression matches here."""
        return pattern(source).match(self.text, self.position) is not None

    def word(self) -> str:
        """Read one word, or a text between double quotes, or a mark; empty at the end."""
        end = self.text.find(" ", self.position)
        if self.text.startswith('"', self.position):
            closing = self.text.find('"', self.position + 1)
            end = closing + 1 if closing > 0 else end
        end = len(self.text) if end < 0 else end
        word = self.text[self.position : end]
        self.position = end
        self._skip_space()
        return word

    def upcoming(self, number: int) -> list[str]:
        """The next words, at most `number`, as `word` would give them, without reading them."""
        start = self.position
        words: list[str] = []
        while len(words) < number and not self.at_end():
            words.append(self.word())
        self.position = start
        return words

    def since(self, start: int) -> str:
        """What has been read from `start` on."""
        return self.text[start : self.position].strip()

    def _skip_space(self) -> None:
        if self.text[self.position : self.position + 1] == " ":
            self.position += 1
