"""The labels of a truth and those of a model, brought together by the vocabulary."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from phototag.errors import UsageError
from phototag.query.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Categories:
    """`truth` gives the canonical name for each label of the truth, `model` that for each label of the model: its own,
    or the nearest one above it. A label that the other side does not have is in neither; `left_out` are the truth's."""

    truth: Mapping[str, str]
    model: Mapping[str, str]
    left_out: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names that both sides know, in order."""
        return tuple(sorted(set(self.truth.values())))


def bring_together(
    labels: Iterable[str], needed: Collection[str], model: Collection[str], vocabulary: Vocabulary
) -> Categories:
    """The truth's `labels` (those that photos carry are `needed`) and the canonical names that a model emits.

    Raises UsageError for a needed label that is no known word, and when the two have nothing in common.
    """
    wanted = {label: name for label in labels if (name := _canonical(label, label in needed, model, vocabulary))}
    names = frozenset(wanted.values())
    emitted = {name: found for name in model if (found := nearest(name, names, vocabulary)) is not None}
    common = frozenset(emitted.values())
    if not common:
        raise UsageError(
            "the model and the truth have no label in common",
            hint=f"The truth has {', '.join(sorted(wanted)[:5]) or 'no label that is a known word'}.",
        )
    left_out = tuple(sorted(label for label in needed if wanted.get(label) not in common))
    return Categories({label: name for label, name in wanted.items() if name in common}, emitted, left_out)


def nearest(name: str, names: Collection[str], vocabulary: Vocabulary) -> str | None:
    """The name itself if it is among `names`, else the one of them that stands nearest above it; None without one."""
    if name in names:
        return name
    above = [other for other in vocabulary.ancestors(name) if other in names]
    return max(above, key=lambda other: (len(vocabulary.ancestors(other)), other), default=None)


def everyday(name: str, vocabulary: Vocabulary) -> str:
    """The word that people would search for: the kind of object it is as detectors are taught it (a golden retriever is
    a dog), else the name directly above it (an acoustic guitar is a guitar), else itself."""
    found = nearest(name, vocabulary.objects, vocabulary)
    return found or next(iter(vocabulary.parents.get(name, ())), name)


def _canonical(label: str, needed: bool, model: Collection[str], vocabulary: Vocabulary) -> str | None:
    """The name of a label of the truth; None for one that the vocabulary leaves out."""
    name = vocabulary.canonical(label, label)
    if name is None or name in model or vocabulary.knows(name) or not needed:
        return name
    near = ", ".join(vocabulary.suggestions(label))
    raise UsageError(
        f"the truth has a label “{label}”, which is no known word" + (f"; near it are {near}" if near else ""),
        hint='Add it to vocabulary.toml, as a synonym or below another word: [synonyms] "LABEL" = "dog".',
    )
