"""Keywords as they are compared: whoever typed them, in whatever case."""

import unicodedata


def folded(keyword: str) -> str:
    """The keyword for comparing: case, spaces and how its accents are coded make no difference."""
    return " ".join(unicodedata.normalize("NFC", unicodedata.normalize("NFC", keyword).casefold()).split())
