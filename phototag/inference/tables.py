"""Reading a TOML table strictly: what is missing, misspelt or of the wrong kind is named, never guessed."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from phototag.errors import ModelBrokenError

T = TypeVar("T")


class Table:
    """One table of a catalog. Every key that the code takes must be there, and every key that is there must be taken.

    All methods raise ModelBrokenError, whose message names the table (`where`) and the key.
    """

    def __init__(self, values: Mapping[str, Any], where: str) -> None:
        self._values = values
        self._taken: set[str] = set()
        self.where = where

    @property
    def raw(self) -> Mapping[str, Any]:
        """The values as the file has them, unchecked."""
        return self._values

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        """The keys in the order of the file."""
        return iter(self._values)

    def text(self, key: str) -> str:
        """A string; it may be empty."""
        return self._take(key, str, "a text")

    def choice(self, key: str, *allowed: str) -> str:
        """A string that is one of `allowed`."""
        value = self.text(key)
        if value not in allowed:
            raise self.error(key, f"must be one of {', '.join(allowed)}, not “{value}”")
        return value

    def flag(self, key: str) -> bool:
        """true or false."""
        return self._take(key, bool, "true or false")

    def integer(self, key: str) -> int:
        """A whole number, zero or more."""
        value = self._take(key, int, "a whole number")
        if isinstance(value, bool) or value < 0:
            raise self.error(key, "must be a whole number, zero or more")
        return value

    def number(self, key: str) -> float:
        """A number."""
        value = self._get(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error(key, "must be a number")
        return float(value)

    def fraction(self, key: str) -> float:
        """A number from 0 to 1."""
        value = self.number(key)
        if not 0.0 <= value <= 1.0:
            raise self.error(key, f"must lie between 0 and 1, not at {value}")
        return value

    def numbers(self, key: str, length: int) -> tuple[float, ...]:
        """A list of exactly `length` numbers."""
        values = self._take(key, list, "a list")
        if len(values) != length or not all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
            raise self.error(key, f"must be a list of {length} numbers")
        return tuple(float(value) for value in values)

    def integers(self, key: str) -> tuple[int, ...]:
        """A list of one or more whole numbers above zero."""
        values = self._take(key, list, "a list")
        if not values or not all(isinstance(v, int) and not isinstance(v, bool) and v > 0 for v in values):
            raise self.error(key, "must be a list of whole numbers above zero")
        return tuple(values)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings."""
        values = self._take(key, list, "a list")
        if not all(isinstance(value, str) for value in values):
            raise self.error(key, "must be a list of texts")
        return tuple(values)

    def table(self, key: str) -> "Table":
        """A table inside this one."""
        return Table(self._take(key, dict, "a table"), f"{self.where}.{key}")

    def tables(self, key: str) -> tuple["Table", ...]:
        """A list of tables inside this one."""
        values = self._take(key, list, "a list of tables")
        if not all(isinstance(value, dict) for value in values):
            raise self.error(key, "must be a list of tables")
        return tuple(Table(value, f"{self.where}.{key}[{place}]") for place, value in enumerate(values))

    def finish(self) -> None:
        """Call when everything is read: a key that nobody took is a misspelling."""
        unknown = [key for key in self._values if key not in self._taken]
        if unknown:
            raise self.error(unknown[0], "is not a key that belongs here")

    def error(self, key: str, what: str) -> ModelBrokenError:
        """The error to raise about `key`."""
        fault = f"the model catalog is wrong: {self.where}.{key} {what}"
        return ModelBrokenError(fault, hint="Correct the catalog file.")

    def _take(self, key: str, kind: type[T], name: str) -> T:
        value = self._get(key)
        if not isinstance(value, kind):
            raise self.error(key, f"must be {name}")
        return value

    def _get(self, key: str) -> Any:
        if key not in self._values:
            raise self.error(key, "is missing")
        self._taken.add(key)
        return self._values[key]
