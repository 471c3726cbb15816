"""Vectors by photo: whatever was put last is there, until the photo is deleted."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phototag.store import vectors
from phototag.store.upkeep import check
from tests.store.library import Library

PHOTOS = st.sampled_from((1, 2, 255, 256, 257, 1000))
BATCH = st.dictionaries(PHOTOS, st.sampled_from((b"\1" * 8, b"\2" * 8, b"")), max_size=4)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from((1, 2)), BATCH), max_size=5), st.sets(PHOTOS))
def test_the_last_vector_stays_until_it_is_forgotten(
    library: Library, batches: list[tuple[int, dict[int, bytes]]], gone: set[int]
) -> None:
    expected: dict[tuple[int, int], bytes] = {}
    with library.open() as index, index.begin() as conn:
        conn.exec_driver_sql("DELETE FROM vectors")
        for model in (1, 2):
            row = (model, f"m{model}")
            conn.exec_driver_sql(
                "INSERT OR IGNORE INTO models (id, task, name, sha256) VALUES (?, 'classify', ?, '')", row
            )
        for model, batch in batches:
            vectors.put(conn, model, batch)
            expected |= {(model, photo): vector for photo, vector in batch.items() if vector}
        vectors.forget(conn, gone)
        for model in (1, 2):
            wanted = {p: v for (m, p), v in expected.items() if m == model and p not in gone}
            assert vectors.of_photos(conn, model, (1, 2, 255, 256, 257, 1000)) == wanted
            read: dict[int, bytes] = {}
            for first, data in vectors.read(conn, model):
                assert len(data) == vectors.SLOTS * 8
                slots = (data[place : place + 8] for place in range(0, len(data), 8))
                read |= {first + slot: vector for slot, vector in enumerate(slots) if any(vector)}
            assert read == wanted
        assert check(conn) == ()
