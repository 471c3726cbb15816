"""The styles, scripts and icons of this package."""

from importlib import resources
from importlib.resources.abc import Traversable


def asset_names() -> frozenset[str]:
    """Their names."""
    return frozenset(file.name for file in _folder().iterdir())


def read_asset(name: str) -> bytes:
    """One of them."""
    return _folder().joinpath(name).read_bytes()


def _folder() -> Traversable:
    return resources.files("phototag.web").joinpath("static")
