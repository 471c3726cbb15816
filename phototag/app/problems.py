"""The files that failed."""

from phototag.settings import Settings
from phototag.store.engine import open_index
from phototag.store.problems import StoredProblem, list_problems


def all_problems(settings: Settings) -> list[StoredProblem]:
    """Every stored problem, in the order of paths. Raises IndexFileError where there is no index."""
    with open_index(settings.db, write=False) as index, index.read() as conn:
        return list(list_problems(conn))
