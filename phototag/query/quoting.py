"""How words, values and numbers are written in a query, so that they read back as they were."""

import re

BARE = re.compile(r"[^\W_][\w'’\-]*", re.UNICODE)
RELATIONS = ("left-of", "right-of", "above", "below", "inside", "overlaps", "near")
CONNECTIVES = ("and", "or", "not")
SOURCES = ("tag", "object", "any", "none", "only")
TEXT_FILTERS = ("camera", "lens", "path", "folder", "keyword")
FILTERS = (
    *TEXT_FILTERS,
    "taken",
    "since",
    "before",
    "weekday",
    "hour",
    "near",
    "has",
    "ext",
    "orientation",
    "is",
    "model",
)
NUMBERS = ("width", "height", "megapixels")
RESERVED = frozenset((*RELATIONS, *CONNECTIVES, *SOURCES, *FILTERS, *NUMBERS))


def word(text: str) -> str:
    """`text` as a query writes it: quoted unless it is a plain word that means nothing else."""
    plain = BARE.fullmatch(text) and text.lower() not in RESERVED and not text.isdecimal()
    return text if plain else quoted(text)


def value(text: str) -> str:
    """A filter's value: quoted if it holds a space, a quote or a parenthesis."""
    return text if re.fullmatch(r'[^\s()"“”\\]+', text) else quoted(text)


def quoted(text: str) -> str:
    """`text` between double quotes."""
    escaped = re.sub(r'[\\"“”]', r"\\\g<0>", text)  # a curly quote closes as well
    return f'"{escaped}"'


def number(value: float) -> str:
    """The shortest decimal, without exponent, that reads back as `value`."""
    text = repr(float(value))
    if "e" in text:
        text = f"{value:.20f}".rstrip("0")
    return text.removesuffix(".0").removesuffix(".")


def percent(value: float) -> str:
    """A fraction as a percentage where that reads back exactly, else as a decimal."""
    text = number(round(value * 100, 10))
    return f"{text}%" if float(text) / 100 == value else number(value)
