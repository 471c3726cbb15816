"""What the shell offers after TAB beyond commands and options: words, packs, models. A fault offers nothing."""

from contextlib import suppress

from phototag.errors import PhototagError

MOST = 60


def words(incomplete: str) -> list[str]:
    """Words of the vocabulary, as a query takes them without quotes: `cell-phone`, `tag:cell-phone`."""
    from phototag.app.words import load_vocabulary
    from phototag.settings import load_settings

    prefix, colon, begun = incomplete.rpartition(":")
    prefix, begun = prefix + colon, begun.lower()
    if not begun or prefix not in ("", "tag:", "object:", "only:"):
        return []
    with suppress(PhototagError):
        vocabulary = load_vocabulary(load_settings())
        names = sorted({name.replace(" ", "-") for name in vocabulary.parents})
        return [prefix + name for name in names if name.startswith(begun)][:MOST]
    return []


def packs(incomplete: str) -> list[str]:
    """Packs of the catalog."""
    return [name for name in _catalog()[0] if name.startswith(incomplete)]


def models(incomplete: str) -> list[str]:
    """Models of the catalog, the user's own included."""
    return [name for name in _catalog()[1] if name.startswith(incomplete)]


def packs_and_models(incomplete: str) -> list[str]:
    """Either."""
    return packs(incomplete) + models(incomplete)


def _catalog() -> tuple[list[str], list[str]]:
    from phototag.inference.catalog import load_catalog
    from phototag.inference.library import OWN_CATALOG
    from phototag.settings import load_settings

    with suppress(PhototagError):
        catalog = load_catalog(own=load_settings().folders.models / OWN_CATALOG)
        return list(catalog.packs), list(catalog.models)
    return [], []
