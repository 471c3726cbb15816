"""What a run walks: each folder once, however it was named."""

import os
from pathlib import Path

import pytest

from phototag.app.roots import absolute_path
from phototag.app.scopes import scopes_of
from phototag.store.engine import open_index
from phototag.store.roots import add_root


@pytest.mark.parametrize(
    ("named", "changed", "walked"),
    [
        (["p", "p"], [], [("", True)]),
        (["p", "p/a"], [], [("", True)]),
        (["p/a/x", "p/ab", "p/a"], [], [("ab", True), ("a", True)]),
        (["p/a"], ["p/a", "p/a/x", "p"], [("a", True), ("", False)]),
        ([], ["p/a", "p/a", "p/a/x"], [("a", False), ("a/x", False)]),
    ],
)
def test_no_folder_is_walked_twice(
    tmp_path: Path, named: list[str], changed: list[str], walked: list[tuple[str, bool]]
) -> None:
    for folder in ("p/a/x", "p/ab"):
        (tmp_path / folder).mkdir(parents=True)
    with open_index(tmp_path / "index.db", write=True) as index, index.begin() as conn:
        add_root(conn, os.fsencode(tmp_path / "p"))
        scopes = scopes_of(
            conn, [tmp_path / name for name in named], [os.fsencode(tmp_path / name) for name in changed]
        )
    assert [(os.fsdecode(scope.folder), scope.deep) for scope in scopes] == walked


@pytest.mark.skipif(os.name == "nt", reason="two slashes begin the name of another computer")
def test_two_slashes_name_no_other_folder(tmp_path: Path) -> None:
    assert absolute_path(Path(f"/{tmp_path}")) == absolute_path(tmp_path) == os.fsencode(tmp_path)
