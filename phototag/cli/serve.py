"""`phototag serve`: the gallery in a browser."""

import sys
from typing import Annotated

import typer

from phototag.cli.session import Session, command


def serve(
    session: Session,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes any that is free.")] = 8765,
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 is the whole network.")] = "127.0.0.1",
    browser: Annotated[bool, typer.Option("--open", help="Open the browser.")] = False,
    no_token: Annotated[
        bool, typer.Option("--no-token", help="Let every account of this machine in; on 127.0.0.1 only.")
    ] = False,
) -> None:
    """Show the gallery in a browser: search, facets, photos with their boxes. It only shows; it changes nothing.

    The address it prints carries a token: whoever has the address sees your photos. Ctrl-C ends it.
    """
    try:
        from phototag.web.serving import Serving
    except ImportError as error:
        from phototag.errors import UsageError

        hint = "Get it: pip install 'phototag[serve]'"
        raise UsageError("`phototag serve` needs an extra that is not installed", hint=hint) from error

    serving = Serving.bind(session.settings, host, port, with_token=not no_token)
    session.print(serving.address)
    sys.stdout.flush()  # a program that started the server reads it while it runs
    session.note("Ctrl-C ends it.")
    if browser:
        typer.launch(serving.address_for_browser())
    serving.run()


def add_to(app: typer.Typer) -> None:
    """Register `serve`."""
    app.command("serve")(command(serve))
