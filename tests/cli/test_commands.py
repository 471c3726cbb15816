"""Commands are imported one at a time; the table of them is what the modules say."""

from phototag.cli.commands import MODULES, Commands, registered


def test_the_table_names_what_each_module_adds() -> None:
    named = {module: {name for name, where in MODULES.items() if where == module} for module in MODULES.values()}
    assert {module: set(registered(module)) for module in named} == named


def test_only_the_command_that_is_asked_for_is_made() -> None:
    commands = Commands()
    assert commands["count"].name == "count"
    assert list(commands._made) == ["count"]
    assert list(commands) == list(MODULES)
