"""Sets of photos as bits."""

from hypothesis import given
from hypothesis import strategies as st

from phototag.store.bits import Members, spread

PHOTOS = st.sets(st.integers(0, 200_000), max_size=300)


@given(photos=PHOTOS, most=st.integers(1, 100))
def test_a_sample_is_spread_over_the_set(photos: set[int], most: int) -> None:
    members = Members()
    for photo in photos:
        members.step(photo)
    found = spread(members.finalize(), most)
    assert len(found) == min(most, len(photos))
    assert set(found) <= photos
    assert found == sorted(set(found))
    places = [sorted(photos).index(photo) for photo in found]
    step = len(photos) / most
    assert all(abs(place - step * number) <= 1 for number, place in enumerate(places) if step >= 1)
