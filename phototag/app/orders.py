"""The orders of hits that pages are cut from, remembered for those who scroll.

A score is worked out, not stored: "what follows this hit" would cost a whole search for every page. So the numbers of
the hits are asked for once, eight bytes each, and a page is a slice of them. An order belongs to one state of the
index: who began to scroll in it goes on in it, and a new visit gets the new one.
"""

import threading
from array import array
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

STEPS = (120, 1_000, 8_000)  # how much is worked out at once: what is seen first must come quickly
MOST_ORDERS = 64
MOST_NUMBERS = 4_000_000  # in all orders together: 32 MB


@dataclass(eq=False, slots=True)
class Order:
    """The photos' numbers, as far as they were worked out; `complete` when those are all. `ahead`: the whole order
    is being worked out beside."""

    photos: "array[int]" = field(default_factory=lambda: array("q"))
    complete: bool = False
    ahead: bool = False
    guard: threading.Lock = field(default_factory=threading.Lock)

    def reaches(self, least: int | None) -> bool:
        """Whether the first `least` hits (None is all) are there, if there are so many."""
        return self.complete or (least is not None and len(self.photos) >= least)


class Orders:
    """The orders that were used last. For several threads; each order is worked out by one of them."""

    def __init__(self) -> None:
        self._orders: OrderedDict[Hashable, Order] = OrderedDict()
        self._guard = threading.Lock()

    def __contains__(self, key: Hashable) -> bool:
        with self._guard:
            return key in self._orders

    def of(self, key: Hashable, least: int | None, rank: Callable[[int | None], "array[int]"]) -> Order:
        """The order with this key, at least its first `least` hits if there are so many; None is all.

        `rank` works out so many of the best. What was there before stays at its place, whatever `rank` says now.
        """
        with self._guard:
            order = self._orders.setdefault(key, Order())
            self._orders.move_to_end(key)
        if order.reaches(least):  # without waiting for who works out more of it
            return order
        with order.guard:
            if not order.reaches(least):
                limit = next((size for size in STEPS if least is not None and least <= size), None)
                found = rank(limit)
                order.photos = _continued(order.photos, found)
                order.complete = limit is None or len(found) < limit
        with self._guard:
            self._forget(keep=order)
        return order

    def _forget(self, keep: Order) -> None:
        numbers = sum(len(order.photos) for order in self._orders.values())
        for key, order in list(self._orders.items()):
            if len(self._orders) <= MOST_ORDERS and numbers <= MOST_NUMBERS:
                return
            if order is not keep:
                numbers -= len(order.photos)
                del self._orders[key]


def _continued(known: "array[int]", found: "array[int]") -> "array[int]":
    """`found`, but beginning with what is `known` already: the index may have changed between the two."""
    if found[: len(known)] == known:
        return found
    there = set(known)
    return known + array("q", (photo for photo in found if photo not in there))
