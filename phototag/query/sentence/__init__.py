"""Plain sentences: "how many cars in 2023" becomes `count` of `car taken:2023`, without any model."""

from phototag.query.sentence.grammar import Understood, understand

__all__ = ["Understood", "understand"]
