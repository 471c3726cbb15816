"""Sets of photos as bits."""

from hypothesis import given
from hypothesis import strategies as st

from phototag.store.bits import Members, has, members, spread

PHOTOS = st.sets(st.integers(0, 200_000), max_size=300)


def set_of(photos: set[int]) -> bytes:
    aggregate = Members()
    for photo in photos:
        aggregate.step(photo)
    return aggregate.finalize()


@given(PHOTOS, st.integers(0, 300_000))
def test_a_set_tells_who_is_in_it(photos: set[int], other: int) -> None:
    assert members(set_of(photos)) == sorted(photos)
    assert all(has(set_of(photos), photo) for photo in photos)
    assert has(set_of(photos), other) == (other in photos)


@given(photos=PHOTOS, most=st.integers(1, 100))
def test_a_sample_is_spread_over_the_set(photos: set[int], most: int) -> None:
    found = spread(set_of(photos), most)
    assert len(found) == min(most, len(photos))
    assert set(found) <= photos
    assert found == sorted(set(found))
    places = [sorted(photos).index(photo) for photo in found]
    step = len(photos) / most
    assert all(abs(place - step * number) <= 1 for number, place in enumerate(places) if step >= 1)
