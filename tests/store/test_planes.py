"""When the planes of a name may be believed."""

from phototag.store.planes import OBJECT, Planes


def test_planes_hold_for_the_thresholds_that_they_were_made_with() -> None:
    planes = Planes({(OBJECT, 7): "1:0.3,2:0.5"}, frozenset({7}), stale=True)
    assert planes.hold(OBJECT, 7, "1:0.3,2:0.5")
    assert not planes.hold(OBJECT, 7, "1:0.3,2:0.55")
    assert not planes.hold(OBJECT, 7, "1:0.35,2:0.5")


def test_a_model_or_a_name_that_came_later_has_rows_in_stale_photos_only() -> None:
    planes = Planes({(OBJECT, 7): "1:0.3", (OBJECT, 8): ""}, frozenset({7}), stale=True)
    assert planes.hold(OBJECT, 7, "1:0.3,12:0.0")
    assert planes.hold(OBJECT, 8, "12:0.0")
    assert planes.hold(OBJECT, 9, "1:0.3")
