"""Which confidence counts, by canonical label: the user's settings and the catalog."""

import shlex
from dataclasses import replace

from phototag.app.words import canonical_names, words_above
from phototag.inference.catalog import load_catalog
from phototag.inference.labels import read_labels
from phototag.inference.library import OWN_CATALOG
from phototag.inference.spec import ModelSpec
from phototag.query.thresholds import FALLBACK, ModelThresholds, Thresholds
from phototag.query.vocabulary import Vocabulary
from phototag.settings import Settings
from phototag.store.lexicon import taught_thresholds
from phototag.store.reading import Connection
from phototag.types import Task

NEVER = 1.1  # above every confidence: a label that answers only with a threshold of its own in the query


def index_thresholds(conn: Connection, loaded: Thresholds) -> Thresholds:
    """What was loaded, and the thresholds of the tags that were taught in an index."""
    taught = taught_thresholds(conn)
    models = dict(loaded.models)
    for name, labels in taught.items():
        known = models.get(name, ModelThresholds(FALLBACK[Task.CLASSIFY]))
        models[name] = ModelThresholds(known.default, {**known.labels, **labels})
    return replace(loaded, models=models) if taught else loaded


def emitted_words(classifier: str, settings: Settings, vocabulary: Vocabulary) -> frozenset[str]:
    """The words that a classifier of the catalog can say: its labels, and those above them."""
    spec = load_catalog(own=settings.folders.models / OWN_CATALOG).models.get(classifier)
    names = canonical_names(spec, vocabulary) if spec else ()
    return frozenset(words_above(names, vocabulary)).union(*words_above(names, vocabulary).values())


def detected_words(detector: str, settings: Settings, vocabulary: Vocabulary) -> frozenset[str] | None:
    """The labels that a detector of the catalog can say; None for one that the catalog does not have."""
    spec = load_catalog(own=settings.folders.models / OWN_CATALOG).models.get(detector)
    return None if spec is None else frozenset(canonical_names(spec, vocabulary))


def load_thresholds(settings: Settings, vocabulary: Vocabulary) -> Thresholds:
    """The thresholds of the settings and of every model of the catalog.

    A label of the settings that the vocabulary does not have stays as it is written, and matches nothing.
    """
    catalog = load_catalog(own=settings.folders.models / OWN_CATALOG)
    models = {name: _of_model(spec, vocabulary) for name, spec in catalog.models.items()}
    user = {
        vocabulary.resolve(word) if vocabulary.knows(word) else word: value
        for word, value in settings.thresholds.items()
    }
    return Thresholds(settings.min_confidence, user, models)


def unknown_labels(settings: Settings, vocabulary: Vocabulary) -> list[str]:
    """A sentence for each threshold of the settings whose label is no word: what is wrong, and how to mend it."""
    return [
        f"The settings have a threshold for “{word}”, which is no word here: "
        f"`phototag config unset {shlex.quote(f'thresholds.{word}')}`."
        for word in settings.thresholds
        if not vocabulary.knows(word)
    ]


def _of_model(spec: ModelSpec, vocabulary: Vocabulary) -> ModelThresholds:
    own = dict(spec.confidences.per_label) | dict.fromkeys(spec.confidences.hidden, NEVER)
    if not own:  # most models: spare reading their label lists
        return ModelThresholds(spec.confidences.threshold)
    renamed = dict(zip(read_labels(spec.labels_file).names, canonical_names(spec, vocabulary), strict=True))
    return ModelThresholds(
        spec.confidences.threshold, {renamed[label]: value for label, value in own.items() if label in renamed}
    )
