"""The words that can be asked for, and which of them stand above which.

A *canonical name* is what an index holds ("car"); words that mean it lead to it ("automobile", "cars", "Autos"). Names
form a hierarchy without cycles ("golden retriever" below "retriever" below … "dog" … "animal"). The tables are data:
`models/vocabulary.tsv` (generated), `models/translations.tsv`, and the user's own `vocabulary.toml`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import final

from phototag.errors import UnknownWordError
from phototag.query import own_words, words
from phototag.query.words import key

TABLE = "vocabulary.tsv"
TRANSLATIONS = "translations.tsv"
SUGGESTIONS = 3
MAX_DISTANCE = 6


@final
@dataclass(frozen=True)
class Vocabulary:
    """Canonical names, the words for them, their hierarchy, and the labels that models use for them.

    `parents` has every canonical name. The keys of `meanings` (words) and `labels` (models' own labels) are in the form
    of `words.key`; a label that leads to None is left out of every index. `objects` are the classes that detectors
    are taught. `folder` has the translations, read only when no English word fits.
    """

    parents: Mapping[str, tuple[str, ...]]
    meanings: Mapping[str, str]
    labels: Mapping[str, str | None] = field(default_factory=dict)
    objects: frozenset[str] = frozenset()
    folder: Path | None = None

    @classmethod
    def load(cls, folder: Path, user: Path | None = None) -> "Vocabulary":
        """The vocabulary in `folder` (the one called models), with the user's `vocabulary.toml` if there is one.

        Raises UsageError naming what is wrong with the user's file.
        """
        parents: dict[str, tuple[str, ...]] = {}
        meanings: dict[str, str] = {}
        labels: dict[str, str | None] = {}
        synonyms: list[tuple[str, str]] = []
        objects: set[str] = set()
        for line in (folder / TABLE).read_text(encoding="utf-8").splitlines():
            if line.startswith("#"):
                continue
            name, above, others, raw, kind = line.split("\t")
            if kind:
                objects.add(name)
            if name:
                parents[name] = tuple(above.split("|")) if above else ()
                meanings[key(name)] = name
            if others:
                synonyms += [(word, name) for word in others.split("|")]
            if raw:
                labels.update((label, name or None) for label in raw.split("|"))
        for word, name in synonyms:
            meanings.setdefault(key(word), name)
        shipped = cls(parents, meanings, labels, frozenset(objects), folder)
        return shipped.with_own_words(own_words.read(user)) if user is not None and user.exists() else shipped

    def resolve(self, word: str) -> str:
        """The canonical name of a word in any case, spelled with hyphens or spaces, singular or plural.

        Raises UnknownWordError with the nearest words.
        """
        found = self._find(word)
        if found is None:
            raise UnknownWordError(word, self.suggestions(word))
        return found

    def knows(self, phrase: str) -> bool:
        """Whether `resolve` would find this word or phrase."""
        return self._find(phrase) is not None

    def below(self, name: str) -> frozenset[str]:
        """The canonical names at or below a canonical name, itself included; only itself for a name that is unknown."""
        return _reach(name, self._children)

    def ancestors(self, name: str) -> tuple[str, ...]:
        """The canonical names at or above a canonical name: itself first, then sorted."""
        return (name, *sorted(_reach(name, self.parents) - {name}))

    def has_boxes(self, name: str) -> bool:
        """Whether detectors draw boxes around what the name means: they know a class at or below it."""
        return not self.objects.isdisjoint(self.below(name))

    def canonical(self, label: str, identity: str = "") -> str | None:
        """The canonical name for a model's label; None if the vocabulary drops it as noise.

        `identity` is the label's id in its data set, where it has one: "n02012849" says which crane is meant. A label
        that the vocabulary does not have stands for itself.
        """
        for raw in (identity, label):
            if raw in self.labels:
                return self.labels[raw]
        spaced = key(label)
        if spaced in self._spaced_labels:
            return self._spaced_labels[spaced]
        return self._find(label) or " ".join(label.replace("_", " ").split())

    def extended(self, names: Iterable[str]) -> "Vocabulary":
        """This vocabulary with further names, such as an index's own tags; those that it has are left as they are."""
        new = {name for name in names if self._find(name) is None}
        if not new:
            return self
        meanings = dict(self.meanings) | {key(name): name for name in new}
        return Vocabulary({**self.parents, **dict.fromkeys(new, ())}, meanings, self.labels, self.objects, self.folder)

    def suggestions(self, word: str) -> tuple[str, ...]:
        """The canonical names whose words are spelled most like `word`, at most three, nearest first."""
        asked = key(word)[:40]
        best: dict[str, tuple[int, bool, int]] = {}
        limit = MAX_DISTANCE
        for known, name in self.meanings.items():
            steps = words.distance(asked, known, limit)
            if steps <= limit:
                rank = (steps, known[:1] != asked[:1], abs(len(known) - len(asked)))
                best[name] = min(rank, best.get(name, rank))
                # Three names this near: farther ones need not be measured out.
                limit = (
                    sorted(entry[0] for entry in best.values())[:SUGGESTIONS][-1] if len(best) >= SUGGESTIONS else limit
                )
        return tuple(sorted(best, key=lambda name: (best[name], name)))[:SUGGESTIONS]

    def with_own_words(self, own: own_words.OwnWords) -> "Vocabulary":
        """This vocabulary with the user's words laid over it: new names and links, then synonyms, then what is hidden.

        Raises UsageError for a synonym of nothing, a link that closes a circle, and an unknown name to hide.
        """
        known = self.extended(name for name, _ in own.below)
        parents, meanings = dict(known.parents), dict(known.meanings)
        for word, upper in own.below:
            name, parent = known.resolve(word), known._own(upper, own)
            if name in _reach(parent, parents):
                raise own_words.fault(own.path, f"[below] {word} = “{upper}” closes a circle")
            parents[name] = tuple(dict.fromkeys((*parents[name], parent)))
        meanings |= {key(word): known._own(meant, own) for word, meant in own.synonyms}
        hidden = {known._own(name, own) for name in own.hide}
        return Vocabulary(parents, meanings, self.labels, self.objects, self.folder)._without(hidden)

    def _own(self, word: str, own: own_words.OwnWords) -> str:
        found = self._find(word)
        if found is None:
            near = ", ".join(self.suggestions(word)) or "none"
            raise own_words.fault(own.path, f"there is no word “{word}” (near it: {near})")
        return found

    def _without(self, hidden: set[str]) -> "Vocabulary":
        """This vocabulary without these names: what was below them is below what was above."""
        if not hidden:
            return self
        parents = {
            name: tuple(dict.fromkeys(_visible(above, self.parents, hidden)))
            for name, above in self.parents.items()
            if name not in hidden
        }
        meanings = {word: name for word, name in self.meanings.items() if name not in hidden}
        labels = {label: None if name in hidden else name for label, name in self.labels.items()}
        return Vocabulary(parents, meanings, {**labels, **dict.fromkeys(hidden)}, self.objects - hidden, self.folder)

    def _find(self, word: str) -> str | None:
        asked = key(word)
        return (
            self._singular_or_plural(self.meanings, asked)
            or self._singular_or_plural(self._joined, asked.replace(" ", ""))
            or self._singular_or_plural(self._translations, asked)
        )

    @staticmethod
    def _singular_or_plural(meanings: Mapping[str, str], asked: str) -> str | None:
        if asked in meanings:
            return meanings[asked]
        return next((meanings[form] for form in words.singulars(asked) if form in meanings), None)

    @cached_property
    def _children(self) -> dict[str, tuple[str, ...]]:
        children: dict[str, tuple[str, ...]] = {}
        for name, above in self.parents.items():
            for parent in above:
                children[parent] = (*children.get(parent, ()), name)
        return children

    @cached_property
    def _joined(self) -> dict[str, str]:
        """ "icecream" for "ice cream": only phrases, so that no word is taken apart."""
        return {word.replace(" ", ""): name for word, name in self.meanings.items() if " " in word}

    @cached_property
    def _spaced_labels(self) -> dict[str, str | None]:
        return {key(label): name for label, name in self.labels.items()}

    @cached_property
    def _translations(self) -> dict[str, str]:
        """Words of other languages; where two languages share one, the first column's wins."""
        path = self.folder / TRANSLATIONS if self.folder else None
        meanings: dict[str, str] = {}
        if path is None or not path.exists():
            return meanings
        rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        for column in range(1, max((len(row) for row in rows), default=0)):
            for row in rows:
                for word in row[column].split("|"):
                    meanings.setdefault(key(word), row[0])
        return meanings


def _reach(name: str, links: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """`name` and everything that `links` leads to from it."""
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting += links.get(current, ())
    return frozenset(seen)


def _visible(above: tuple[str, ...], parents: Mapping[str, tuple[str, ...]], hidden: set[str]) -> Iterator[str]:
    """`above`, with what stands above a hidden name in that name's place."""
    for parent in above:
        if parent in hidden:
            yield from _visible(parents[parent], parents, hidden)
        else:
            yield parent
