"""Which confidence counts, by canonical label: the user's settings and the catalog."""

from phototag.app.words import canonical_names
from phototag.inference.catalog import load_catalog
from phototag.inference.labels import read_labels
from phototag.inference.library import OWN_CATALOG
from phototag.inference.spec import ModelSpec
from phototag.query.thresholds import ModelThresholds, Thresholds
from phototag.query.vocabulary import Vocabulary
from phototag.settings import Settings

NEVER = 1.1  # above every confidence: a label that answers only with a threshold of its own in the query


def load_thresholds(settings: Settings, vocabulary: Vocabulary) -> Thresholds:
    """The thresholds of the settings and of every model of the catalog.

    Raises UnknownWordError for a label of the settings that the vocabulary does not have.
    """
    catalog = load_catalog(own=settings.folders.models / OWN_CATALOG)
    models = {name: _of_model(spec, vocabulary) for name, spec in catalog.models.items()}
    user = {vocabulary.resolve(word): value for word, value in settings.thresholds.items()}
    return Thresholds(settings.min_confidence, user, models)


def _of_model(spec: ModelSpec, vocabulary: Vocabulary) -> ModelThresholds:
    own = dict(spec.confidences.per_label) | dict.fromkeys(spec.confidences.hidden, NEVER)
    if not own:  # most models: spare reading their label lists
        return ModelThresholds(spec.confidences.threshold)
    renamed = dict(zip(read_labels(spec.labels_file).names, canonical_names(spec, vocabulary), strict=True))
    return ModelThresholds(
        spec.confidences.threshold, {renamed[label]: value for label, value in own.items() if label in renamed}
    )
