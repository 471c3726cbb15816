"""Tables for a person at a terminal."""

import io

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from phototag.geometry import Box
from phototag.render.tables import hits_table, rows_table, trimmed
from phototag.types import Detection, Hit, Metadata

FOLDER = b"/home/anna/Pictures/2024/A long holiday with old friends"


def lines_of(table: object, width: int = 80, *, terminal: bool = True) -> list[str]:
    """The table as a terminal, or a file, of this width shows it."""
    console = Console(file=io.StringIO(), width=width, force_terminal=terminal, color_system=None)
    console.print(trimmed(console, table), crop=False, end="")  # type: ignore[arg-type]
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_hits_fit_the_terminal_and_no_line_ends_with_spaces() -> None:
    found = (Detection("teddy bear", 0.9, Box(0.0, 0.0, 0.5, 0.5)),)
    hits = [Hit(FOLDER + b"/%d.jpg" % n, 1, False, 0.9, 640, 480, Metadata(), objects=found) for n in range(3)]
    lines = lines_of(hits_table(hits))
    assert max(map(len, lines)) <= 80
    assert not [line for line in lines if line != line.rstrip()]
    assert "taken" not in "".join(lines)  # of no photo
    assert any(line.endswith("/A long holiday with old friends/") for line in lines)
    assert any(line.strip() == "0.jpg" for line in lines)


def test_a_path_stays_whole_where_words_can_make_room() -> None:
    said = "one two three four five six seven eight nine ten"
    path = "/a/path/of/forty/characters/in/all.jpg"
    lines = lines_of(rows_table((("what", "left"), ("path", "path")), [(said, path)]))
    assert any(line.endswith(path) for line in lines)
    assert max(map(len, lines)) <= 80


def test_what_is_no_terminal_gets_whole_paths() -> None:
    path = FOLDER.decode() * 3
    lines = lines_of(rows_table((("what", "left"), ("path", "path")), [("one", path)]), 200, terminal=False)
    assert any(line.endswith(path) for line in lines)


def test_numbers_and_headings_are_not_broken() -> None:
    columns = (("label", "left"), *((f"heading {n}", "right") for n in range(6)), ("threshold", "right"))
    rows = [("a label of many words " * 4, *(n * 1000 for n in range(6)), 0.25)]
    lines = lines_of(rows_table(columns, rows))
    assert max(map(len, lines)) <= 80
    assert {"threshold", "heading", "5000", "0.25"} <= set(" ".join(lines).split())


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text("ab/ é漢", max_size=120), min_size=1, max_size=3), st.integers(40, 120))
def test_nothing_of_a_path_is_lost(paths: list[str], width: int) -> None:
    lines = lines_of(rows_table((("path", "path"),), [(path,) for path in paths]), width)
    assert max(map(len, lines)) <= width
    bare = "".join("".join(lines).replace("─", "").replace("path", "", 1).split())
    assert bare == "".join("".join(paths).split()) or not any(paths)
