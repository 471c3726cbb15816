"""The user's own `vocabulary.toml`: hidden names, synonyms, translations and further links of the hierarchy."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from phototag.errors import UsageError
from phototag.query.words import key

TABLES = ("hide", "synonyms", "below")


@dataclass(frozen=True, slots=True)
class OwnWords:
    """What the file at `path` says: names to hide, (word, name) and (name, parent) pairs in the file's order."""

    path: Path
    hide: tuple[str, ...]
    synonyms: tuple[tuple[str, str], ...]
    below: tuple[tuple[str, str], ...]


def read(path: Path) -> OwnWords:
    """The user's file. Raises UsageError, naming the file and the fault, when it can't be read or understood."""
    import tomllib

    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: {error}", hint="docs/vocabulary.md shows what it may hold.") from error
    unknown = sorted(set(content) - set(TABLES))
    if unknown:
        raise fault(path, f"“{unknown[0]}” is none of {', '.join(TABLES)}")
    hide = content.get("hide", [])
    if not isinstance(hide, list) or not all(isinstance(name, str) for name in hide):
        raise fault(path, "hide must be a list of words")
    return OwnWords(path, tuple(hide), tuple(_pairs(path, content, "synonyms")), tuple(_pairs(path, content, "below")))


def _pairs(path: Path, content: Mapping[str, object], table: str) -> Iterator[tuple[str, str]]:
    entries = content.get(table, {})
    if not isinstance(entries, dict):
        raise fault(path, f"{table} must be a table, written [{table}]")
    for word, meant in entries.items():
        targets = meant if isinstance(meant, list) and table == "below" else [meant]
        if not key(word) or not all(isinstance(target, str) and key(target) for target in targets):
            raise fault(path, f"[{table}] “{word}” must be a word between quotes")
        yield from ((" ".join(word.split()), target) for target in targets)


def fault(path: Path, message: str) -> UsageError:
    """The error to raise for a fault in the user's file."""
    return UsageError(f"{path}: {message}", hint="docs/vocabulary.md shows what it may hold.")
