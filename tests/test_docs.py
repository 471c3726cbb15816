"""Documentation under test: every example of a question is run through a real shell."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Run

CHECKOUT = Path(__file__).resolve().parent.parent
PAGES = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))]
QUESTIONS = ("search", "count", "ask", "labels", "pairs", "show", "errors", "roots list", "models list")
EXAMPLE = re.compile(r"`(phototag [^`]+)`|^(phototag [^#\n]+)", re.MULTILINE)


def examples() -> list[str]:
    """The examples of commands that only ask, without those that stand for others (`QUERY`, `…`)."""
    found = {(a or b).strip() for page in PAGES for a, b in EXAMPLE.findall(page.read_text("utf-8"))}
    asking = [e for e in found if e.removeprefix("phototag ").startswith(QUESTIONS) and len(e.split()) > 2]
    return sorted(e for e in asking if not re.search(r"[A-Z]{4,}|…|\.\.\.|\|", e))


def test_there_are_examples() -> None:
    assert len(examples()) >= 8


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, phototag: Run) -> None:
    """`phototag` on the PATH is the program under test."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "phototag"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "{CHECKOUT / "tests" / "forking.py"}" "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


@pytest.mark.usefixtures("shell")
def test_every_documented_question_is_understood(phototag: Run, gallery: Path) -> None:
    (gallery / "two people.jpg").rename(gallery / "IMG_1234.jpg")
    phototag("index", gallery)
    failed = []
    for example in examples():
        done = subprocess.run(["bash", "-c", example], cwd=gallery, capture_output=True, text=True, check=False)
        if done.returncode:
            failed.append(f"{example}: {done.returncode} {done.stderr}")
    assert failed == []


def test_every_command_is_documented() -> None:
    """Every command of `phototag --help` stands in the reference."""
    import typer.main

    from phototag.cli import app

    group = typer.main.get_command(app)
    names = [name for name, command in getattr(group, "commands", {}).items() if not command.hidden]
    reference = (CHECKOUT / "docs" / "cli.md").read_text("utf-8")
    assert [name for name in names if f"`{name}" not in reference and f"phototag {name}" not in reference] == []
