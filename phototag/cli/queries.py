"""Commands that take a query: a word that begins like an option, and is none, gets an answer of its own."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from typer.core import TyperCommand

from phototag.cli.session import exit_codes
from phototag.errors import UsageError

SYNONYMS = {"--threshold": "--min-confidence"}


class QueryCommand(TyperCommand):
    """A command whose parameter `query` holds the words of a query."""

    ignore_unknown_options = True  # so that `-dog` and `--limt` come with the words

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse, and end with 2 for an unknown option; what follows `--` is never one."""
        if not ctx.resilient_parsing:  # as when the shell completes
            words = self.make_parser(ctx).parse_args(list(args))[0].get("query") or ()
            literal = len(args) - args.index("--") - 1 if "--" in args else 0
            known = [name for parameter in self.params for name in parameter.opts if name.startswith("--")]
            with exit_codes(verbose=False):
                _refuse_options(words[: len(words) - literal], known, ctx.command_path)
        return super().parse_args(ctx, args)


def _refuse_options(words: Sequence[str], known: list[str], command: str) -> None:
    for word in words:
        if word.startswith("-") and len(word.split()) == 1:
            raise UsageError(f"there is no option {word}", hint=_hint(word, known, command))


def _hint(word: str, known: list[str], command: str) -> str:
    if not word.startswith("--"):
        return "To leave something out write `not dog`, or quote the whole query: 'person -dog'."
    name = word.partition("=")[0]
    nearest = get_close_matches(SYNONYMS.get(name, name), known, 1)
    return f"Did you mean {nearest[0]}?" if nearest else f"`{command} --help` lists the options."
