"""What is said of a file that shows no photo."""

from pathlib import Path

from tests.conftest import Inside


def test_a_failed_a_missing_and_an_ignored_file(inside: Inside, gallery: Path) -> None:
    (gallery / "trip" / "notes.jpg").write_text("no photo")
    (gallery / "copied.png").write_bytes((gallery / "walk.png").read_bytes())
    inside("index", gallery)
    for typed in ("notes.jpg", gallery / "trip" / "notes.jpg"):
        told = inside("show", typed, code=2).err
        assert f"{gallery / 'trip' / 'notes.jpg'} failed: not a photo: the content is text, since 2" in told
        assert "--retry-failed" in told
    (gallery / "two people.jpg").unlink()
    (gallery / "walk.png").unlink()
    inside("index", gallery, "--exclude", "car.*")
    for typed in ("two people.jpg", gallery / "two people.jpg"):
        assert f"{gallery / 'two people.jpg'} is missing since 2" in inside("show", typed, code=2).err
    assert f"{gallery / 'trip' / 'car.webp'} is ignored since 2" in inside("show", "car.webp", code=2).err
    assert "copied.png" in inside("show", gallery / "walk.png", "--json").out  # what was in it lies elsewhere, too
    assert "and it is not in the index" in inside("show", "walk.gif", code=2).err
    (gallery / "late.png").write_bytes(b"")
    assert "late.png is not in the index" in inside("show", gallery / "late.png", code=2).err
