"""Commands are imported one at a time; the table of them is what the modules say."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from phototag.cli import app
from phototag.cli.commands import MODULES, Commands, registered
from phototag.cli.examples import EXAMPLES
from tests.conftest import Inside


def test_the_table_names_what_each_module_adds() -> None:
    named = {module: {name for name, where in MODULES.items() if where == module} for module in MODULES.values()}
    assert {module: set(registered(module)) for module in named} == named


def test_only_the_command_that_is_asked_for_is_made() -> None:
    commands = Commands()
    assert commands["count"].name == "count"
    assert list(commands._made) == ["count"]
    assert list(commands) == list(MODULES)


def every_command(group: Any = None, above: str = "") -> Iterator[tuple[str, Any]]:
    """Each command that does something, with the words that call it."""
    top: Any = typer.main.get_command(app)
    for name, found in (group or top).commands.items():
        path = f"{above} {name}".strip()
        if hasattr(found, "commands"):
            yield from every_command(found, path)
        else:
            yield path, found


def test_every_command_has_examples_and_explained_options() -> None:
    found = dict(every_command())
    assert set(EXAMPLES) == set(found)
    for path, command in found.items():
        assert EXAMPLES[path][0] in command.epilog
        assert len(command.help) > 15, path
        unexplained = [one.name for one in command.params if not getattr(one, "help", None)]
        assert unexplained == [], path


@pytest.mark.parametrize("path", EXAMPLES)
def test_examples_are_understood(path: str) -> None:
    """Each example is parsed as a shell and the command would, without running it."""
    for example in EXAMPLES[path]:
        words = shlex.split(example.split(" | ")[0], comments=True)
        group: Any = typer.main.get_command(app)
        assert words.pop(0) == "phototag"
        while hasattr(group, "commands"):
            name = words.pop(0)
            group = group.commands[name]
        group.make_context(name, words)


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("phototag sched", {"schedule"}),
        ("phototag schedule in", {"install"}),
        ("phototag search golden", {"golden-retriever"}),
        ("phototag count dog or tag:cell-", {"tag:cell-phone"}),
        ("phototag search near:", set()),
        ("phototag index --pack tin", {"tiny"}),
        ("phototag models show tiny-", {"tiny-detector", "tiny-tagger"}),
        ("phototag models install stan", {"standard"}),
        ("phototag index --dry", {"--dry-run"}),
    ],
)
def test_the_shell_completes(line: str, offered: set[str]) -> None:
    """What bash is told; its last word is the one under the cursor."""
    from typer.testing import CliRunner

    environment = {"_PHOTOTAG_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)}
    done = CliRunner().invoke(app, [], env=environment, prog_name="phototag")
    assert set(done.stdout.split()) == offered


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("search", "cat", "--limt", "3"), "Did you mean --limit?"),
        (("count", "cat", "--min-confidense=0.7"), "Did you mean --min-confidence?"),
        (("find", "cat", "--threshold", "0.7"), "Did you mean --min-confidence?"),
        (("crop", "cat", "--ot", "crops"), "Did you mean --out?"),
        (("album", "pets", "cat", "--xyz"), "`phototag album --help` lists the options."),
        (("search", "cat", "-dog"), "write `not dog`"),
    ],
)
def test_an_unknown_option_gets_the_right_hint(inside: Inside, words: tuple[str, ...], said: str) -> None:
    failed = inside(*words, code=2).err
    assert "there is no option -" in failed
    assert said in failed


def test_what_follows_two_dashes_is_no_option(inside: Inside, gallery: Path) -> None:
    inside("index", gallery)
    found = inside("search", "--", "person", "-object:dog").out.split("\n")
    assert [Path(one).name for one in found if one] == ["two people.jpg"]
    assert "no option" in inside("search", "-dog", "--", "person", code=2).err
