"""Foreign strings as text that can be shown."""

import os

from phototag.render.text import path_text, printable, readable


def test_bytes_that_are_not_utf8_look_the_same_wherever_a_path_comes_from() -> None:
    path = b"caf\xe9 \xf0\x9f\x90\x88.jpg"
    assert readable(os.fsdecode(path)) == path_text(path) == "caf\\xe9 🐈.jpg"
    assert printable(os.fsdecode(b"\x1b[2J\xff")) == "\\x1b[2J\\xff"
