"""What is typed where the name of a file belongs."""

from pathlib import Path

import pytest
import typer

from phototag.cli.file_names import PATHS
from tests.cli.test_commands import every_command
from tests.conftest import Inside

NAMES = [
    (path, command, parameter)
    for path, command in every_command()
    for parameter in command.params
    if parameter.type.name in PATHS
]


def test_every_place_for_a_file_refuses_an_empty_name() -> None:
    assert {"show", "similar", "box", "tag", "index", "crop", "search", "db backup"} <= {path for path, _, _ in NAMES}
    for path, command, parameter in NAMES:
        with pytest.raises(typer.BadParameter) as refused:
            parameter.type.convert("", parameter, typer.Context(command, info_name=path))
        assert "a file name is missing" in refused.value.format_message()


@pytest.mark.parametrize(
    "words", [("show", ""), ("similar", ""), ("box", ""), ("tag", "", "+beach"), ("index", ""), ("teach", "x", "")]
)
def test_an_empty_name_is_not_the_current_folder(inside: Inside, painted: Path, words: tuple[str, ...]) -> None:
    assert "a file name is missing" in inside(*words, code=2).err


def test_the_current_folder_can_be_named(inside: Inside, painted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(painted)
    assert "is not in the index" in inside("show", ".", code=2).err
    assert "walk.png" in inside("show", "walk.png").out
