"""`phototag roots`: the folders that are indexed."""

from pathlib import Path
from typing import Annotated

import typer

from phototag.cli.session import Session, command

Root = Annotated[Path, typer.Argument(help="A root, as `phototag roots list` shows it.", show_default=False)]


def list_roots(session: Session, as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """List the roots: where they are, how many photo files, whether they are there."""
    import json

    from phototag.app.roots import all_roots
    from phototag.render.tables import rows_table
    from phototag.render.text import path_text

    roots = all_roots(session.settings)
    if as_json:
        rows = [{"path": path_text(r.path), "files": r.files, "offline": r.offline, "reason": r.reason} for r in roots]
        session.print(json.dumps(rows, ensure_ascii=False))
        return
    columns = (("root", "path"), ("files", "right"), ("state", "left"))
    session.table(
        rows_table(columns, ((path_text(r.path), r.files, f"offline: {r.reason}" if r.offline else "") for r in roots))
    )


def remove(session: Session, root: Root) -> None:
    """Forget a root and its files. What is known of their content is kept until `phototag prune`."""
    from phototag.app.roots import remove_root

    session.note(f"removed: {remove_root(root, session.settings)} files are no longer in the index")


def move(
    session: Session,
    old: Root,
    new: Annotated[Path, typer.Argument(help="Where the same folder is now.", show_default=False)],
) -> None:
    """Tell that a root lies elsewhere now (another mount point, another name); everything is kept."""
    from phototag.app.roots import move_root

    found = move_root(old, new, session.settings)
    there = new.expanduser().is_dir()
    session.note(f"{old} is now {new}" + ("" if there else ", which is not there at the moment"))
    if there and not found:
        session.warn(f"None of its files lie there. If it is another folder: `phototag roots move {new} {old}`.")


def confirm(
    session: Session,
    path: Annotated[Path, typer.Argument(help="An offline root or folder.", show_default=False)],
) -> None:
    """Confirm that an offline root or folder is really gone or empty: its files then count as missing."""
    from phototag.app.roots import confirm_path

    session.note(f"confirmed: {confirm_path(path, session.settings)} files are missing now")


def add_to(app: typer.Typer) -> None:
    """Register `roots …`."""
    group = typer.Typer(no_args_is_help=True, help="The folders that are indexed.")
    group.command("list")(command(list_roots))
    group.command("remove")(command(remove))
    group.command("move")(command(move))
    group.command("confirm")(command(confirm))
    app.add_typer(group, name="roots")
