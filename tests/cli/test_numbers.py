"""What is typed where a number belongs."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.cli.test_commands import every_command
from tests.conftest import Inside

NUMBERS = [
    (path, command, parameter)
    for path, command in every_command()
    for parameter in command.params
    if parameter.type.name.startswith(("int", "float"))
]


def test_there_are_numbers_everywhere() -> None:
    assert {"index", "search", "find", "models fuse", "db vacuum"} <= {path for path, _, _ in NUMBERS}


@pytest.mark.parametrize("text", ["abc", "nan", "", "1,5"])
def test_what_is_no_number_is_refused_in_plain_words(text: str) -> None:
    for path, command, parameter in NUMBERS:
        with pytest.raises(typer.BadParameter) as refused:
            command.make_context(path, [parameter.opts[0], text])
        message = refused.value.format_message()
        assert parameter.opts[0] in message
        assert f"“{text}” is no " in message
        assert "range" not in message
        assert "valid int" not in message


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("search", "cat", "-n", "-1"), "“-1” is no whole number of at least 0."),
        (("search", "cat", "-n", "1.5"), "“1.5” is no whole number of at least 0."),
        (("search", "cat", "--min-confidence", "2"), "“2” is no number from 0 to 1."),
        (("search", "cat", "--min-confidence", "inf"), "“inf” is no number from 0 to 1."),
        (("serve", "--port", "99999"), "“99999” is no whole number from 0 to 65535."),
        (("index", "--max-megapixels", "0"), "“0” is no number of at least 0.01."),
        (("box", "a.jpg", "--delete", "0"), "“0” is no whole number of at least 1."),
    ],
)
def test_what_is_out_of_range_is_told_the_range(
    inside: Inside, monkeypatch: pytest.MonkeyPatch, words: Any, said: str
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert said in inside(*words, code=2).err


def test_a_number_beyond_every_count_is_the_largest(inside: Inside, gallery: Path) -> None:
    huge = "9" * 30
    inside("index", gallery, "--limit", huge)
    assert len(json.loads(inside("search", "person", "--json", "-n", huge).out)) == 2
    assert len(json.loads(inside("runs", "--json", "-n", huge).out)) == 1
    assert "dog" not in inside("pairs", "--least", huge, "-n", huge).out
    assert len(inside("similar", gallery / "walk.png", "-n", huge).out.splitlines()) == 3
    assert "there is no object" in inside("box", gallery / "walk.png", "--delete", huge, code=2).err
