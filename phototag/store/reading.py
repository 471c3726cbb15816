"""What functions that only read ask of a connection.

What answers a query is SQL text of our own, so that of SQLAlchemy's `Connection` only `exec_driver_sql` is needed. Such
functions take either: SQLAlchemy's connection while a command writes, else that of `phototag.store.reader`.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol


class Scalars(Protocol):
    """The first column of rows."""

    def __iter__(self) -> Iterator[Any]: ...

    def all(self) -> Sequence[Any]:
        """All that are left."""


class Rows(Protocol):
    """The rows of one statement; each can be taken apart like a tuple."""

    def __iter__(self) -> Iterator[Any]: ...

    def fetchall(self) -> Sequence[Any]:
        """All rows that are left."""

    def first(self) -> Any:
        """The first row, None without rows."""

    def one(self) -> Any:
        """The only row."""

    def scalars(self) -> Scalars:
        """The first column."""

    def scalar_one(self) -> Any:
        """The first value of the only row."""

    def scalar_one_or_none(self) -> Any:
        """The first value of the only row, None without rows."""


class Connection(Protocol):
    """What reading needs of a connection."""

    def exec_driver_sql(self, statement: str, parameters: Any = None, /) -> Rows:
        """Run a statement with its parameters, a sequence for `?` or a mapping for `:name`."""
