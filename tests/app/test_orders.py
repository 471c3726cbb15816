"""What is remembered of the order of hits."""

import threading
from array import array

from hypothesis import given
from hypothesis import strategies as st

from phototag.app import orders
from phototag.app.orders import STEPS, Orders

PHOTOS = st.lists(st.integers(0, 30), unique=True)


def test_no_more_is_worked_out_than_is_looked_at() -> None:
    asked: list[int | None] = []

    def rank(limit: int | None) -> "array[int]":
        asked.append(limit)
        return array("q", range(20_000)[:limit])

    remembered = Orders()
    for least in (1, 100, STEPS[0], 121, STEPS[1], 1_001, STEPS[2], 15_000, None):
        remembered.of("q", least, rank)
    assert asked == [*STEPS, None]
    assert remembered.of("q", None, rank).complete


@given(before=PHOTOS, after=PHOTOS)
def test_who_scrolls_meets_every_photo_once_while_the_index_changes(before: list[int], after: list[int]) -> None:
    answers = iter([before, after])

    def rank(limit: int | None) -> "array[int]":
        return array("q", [*next(answers), *range(1_000, 1_000 + (limit or 0))][:limit])

    remembered = Orders()
    shown = list(remembered.of("q", 1, rank).photos[: len(before)])
    whole = list(remembered.of("q", None, rank).photos)
    assert whole[: len(shown)] == shown
    assert len(set(whole)) == len(whole)
    assert set(after) <= set(whole)


def test_memory_is_bounded() -> None:
    remembered = Orders()
    most = orders.MOST_NUMBERS // 1_000_000
    for number in range(most + 3):
        remembered.of(number, None, lambda _: array("q", bytes(8_000_000)))
    assert [number for number in range(most + 3) if number in remembered] == list(range(3, most + 3))
    for number in range(2 * orders.MOST_ORDERS):
        remembered.of(f"small {number}", 1, lambda _: array("q", [1]))
    assert sum(f"small {number}" in remembered for number in range(2 * orders.MOST_ORDERS)) == orders.MOST_ORDERS


def test_an_order_is_worked_out_once_however_many_ask() -> None:
    remembered = Orders()
    calls: list[int | None] = []
    begun = threading.Barrier(5)

    def rank(limit: int | None) -> "array[int]":
        calls.append(limit)
        return array("q", [1, 2])

    def ask() -> None:
        begun.wait(10)
        remembered.of("q", None, rank)

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls == [None]
