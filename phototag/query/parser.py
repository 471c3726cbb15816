"""From text to tree.

    or      = and, { "or", and }
    and     = unary, { [ "and" ], unary }
    unary   = ( "not" | "-" ), unary | "(", or, ")" | term
    term    = "@" name | filter | [ whole number ] things [ relation things ]

The text is bounded in length, in terms and in depth, so that no query can exhaust Python's stack or SQLite's parser.
"""

from collections.abc import Callable

from phototag.errors import QueryError
from phototag.query.scanner import Scanner
from phototag.query.terms import term
from phototag.query.tree import And, Node, Not, Or

MAX_LENGTH = 8000
MAX_TERMS = 500
MAX_DEPTH = 40


def parse(text: str, phrases: Callable[[str], bool] | None = None) -> Node:
    """The tree of a query.

    `phrases` says whether words that stand side by side are one phrase of the vocabulary ("cell phone"); without it,
    and for all others, side by side means `and`. Raises QueryError with the position of the fault.
    """
    if len(text) > MAX_LENGTH:
        raise QueryError(
            f"the query is too long: {len(text)} characters, of at most {MAX_LENGTH}", hint="Ask for less."
        )
    parser = Parser(Scanner(text, phrases or (lambda _: False)))
    return parser.query()


def join_arguments(arguments: list[str]) -> str:
    """One query text from a command line's words.

    The shell has taken its quotes: `camera:"iPhone 12"` arrives as `camera:iPhone 12`, and gets them back.
    """
    return " ".join(map(_requoted, arguments))


def _requoted(argument: str) -> str:
    from phototag.query.quoting import TEXT_FILTERS, quoted

    name, colon, value = argument.partition(":")
    one_value = colon and name.lower() in TEXT_FILTERS and " " in value and not set(value) & set('":()<>=@')
    if one_value and not {"and", "or", "not"} & set(value.lower().split()):
        return f"{name}:{quoted(value)}"
    return argument


class Parser:
    """Recursive descent over a `Scanner`."""

    def __init__(self, scanner: Scanner) -> None:
        self.scanner = scanner
        self.depth = 0
        self.terms = 0

    def query(self) -> Node:
        """The whole text as one tree."""
        scanner = self.scanner
        if "\0" in scanner.text:
            raise scanner.error("a query can't hold a NUL byte", scanner.text.index("\0"))
        if scanner.at_end():
            raise scanner.error("the query is empty", 0, hint="Write what to look for, like: cat, or person>=2.")
        node = self.alternatives()
        if not scanner.at_end():
            raise scanner.error(
                "this parenthesis closes nothing" if scanner.peek() == ")" else "this can't be read here"
            )
        return node

    def alternatives(self) -> Node:
        """`a or b or c`."""
        parts = [self.conjunction()]
        while self.scanner.keyword("or"):
            parts.append(self.conjunction())
        return _flat(Or, parts)

    def conjunction(self) -> Node:
        """`a and b c`."""
        parts = [self.unary()]
        while self.scanner.keyword("and") or self._another():
            parts.append(self.unary())
        return _flat(And, parts)

    def _another(self) -> bool:
        return not self.scanner.at_end() and self.scanner.peek() != ")" and not self.scanner.sees_keyword("or")

    def unary(self) -> Node:
        """A term, a group, or the opposite of one."""
        scanner = self.scanner
        start = scanner.skip_spaces()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise scanner.error(f"the query is nested too deeply (at most {MAX_DEPTH})", start)
        try:
            if scanner.keyword("not") or scanner.take("-"):
                return Not(self.unary())
            if scanner.take("("):
                inside = self.alternatives()
                if not scanner.take(")"):
                    raise scanner.error("this parenthesis is never closed", start)
                return inside
            return self.term(start)
        finally:
            self.depth -= 1

    def term(self, start: int) -> Node:
        """One word, count, relation or filter."""
        self.terms += 1
        if self.terms > MAX_TERMS:
            raise self.scanner.error(f"the query has too many parts (at most {MAX_TERMS})", start)
        return term(self.scanner)


def _flat(kind: type[And] | type[Or], parts: list[Node]) -> Node:
    """One node of `kind`; parts of the same kind (from parentheses) are taken into it."""
    if len(parts) == 1:
        return parts[0]
    flat: list[Node] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, kind) else (part,))
    return kind(tuple(flat))
