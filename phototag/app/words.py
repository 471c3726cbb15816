"""The vocabulary of this installation, and what it makes of a model's labels."""

from collections.abc import Mapping

from phototag.inference.catalog import read_catalog
from phototag.inference.labels import UNUSED, read_labels
from phototag.inference.library import OWN_CATALOG
from phototag.inference.spec import ModelSpec
from phototag.query.vocabulary import Vocabulary
from phototag.settings import Settings, shipped_folder
from phototag.store.lexicon import own_words
from phototag.store.reader import open_reader
from phototag.store.sqlite import index_path

OWN_WORDS = "vocabulary.toml"


def load_vocabulary(settings: Settings) -> Vocabulary:
    """The shipped vocabulary with the user's own words, and with the labels of the user's own models.

    Raises UsageError naming what is wrong with the user's file.
    """
    vocabulary = Vocabulary.load(shipped_folder(), settings.folders.config / OWN_WORDS)
    folder = settings.folders.models
    if not (folder / OWN_CATALOG).is_file():
        return vocabulary
    specs = read_catalog(folder / OWN_CATALOG).models.values()
    names = {name for spec in specs for name in canonical_names(spec, vocabulary) if name != UNUSED}
    return vocabulary.extended(names)


def index_vocabulary(settings: Settings) -> Vocabulary:
    """`load_vocabulary` with the words that belong to the index, if there is one."""
    vocabulary = load_vocabulary(settings)
    if not index_path(settings.db).exists():
        return vocabulary
    with open_reader(settings.db) as conn:
        return vocabulary.extended(own_words(conn))


def canonical_names(spec: ModelSpec, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The canonical name of each label of the model, `UNUSED` where the vocabulary drops it."""
    labels = read_labels(spec.labels_file)
    pairs = zip(labels.names, labels.ids, strict=True)
    return tuple(UNUSED if name == UNUSED else vocabulary.canonical(name, id_) or UNUSED for name, id_ in pairs)


def words_above(names: tuple[str, ...], vocabulary: Vocabulary) -> Mapping[str, tuple[str, ...]]:
    """The words at or above each name."""
    return {name: vocabulary.ancestors(name) for name in names if name != UNUSED}
