"""The running server: its socket, its address, its token."""

import errno
import ipaddress
import os
import secrets
import socket
from dataclasses import dataclass
from typing import Self

import uvicorn

from phototag.app.gallery import Gallery
from phototag.app.thumbnails import Thumbnails
from phototag.errors import UsageError
from phototag.settings import Settings
from phototag.web.access import TOKEN, Access
from phototag.web.server import application


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that is bound and ready to `run`; `address` is what to open, with the token."""

    listener: socket.socket
    app: Access
    address: str

    @classmethod
    def bind(cls, settings: Settings, host: str, port: int, *, with_token: bool) -> Self:
        """Open the index and the socket; port 0 takes any that is free.

        Raises UsageError for an address that can't be had, and for one without a token that others can reach;
        IndexFileError where there is no index.
        """
        if not with_token and not _is_loopback(host):
            raise UsageError(
                "without a token only this machine may ask", hint="Leave --no-token out, or use --host 127.0.0.1."
            )
        gallery = Gallery(settings)
        with gallery.open():
            pass  # no index, no server
        listener = _listen(host, port)
        port = listener.getsockname()[1]
        token = secrets.token_urlsafe(24) if with_token else None
        name = _shown(host)
        thumbnails = Thumbnails(settings, settings.folders.cache / "thumbnails")
        app = Access(application(gallery, thumbnails), port, token, frozenset({host.lower()}))
        return cls(listener, app, f"http://{name}:{port}/" + (f"?{TOKEN}={token}" if token else ""))

    def address_for_browser(self) -> str:
        """The address to start a browser with: it works once."""
        place, _, token = self.address.partition("?")
        return f"{place}?{TOKEN}={self.app.new_pass()}" if token else place

    def run(self) -> None:
        """Answer until Ctrl-C."""
        config = uvicorn.Config(self.app, log_level="warning", access_log=False, server_header=False, lifespan="off")
        uvicorn.Server(config).run(sockets=[self.listener])


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError, UnicodeError) as error:
        raise _not_bound(error, host, port) from error


def _not_bound(error: Exception, host: str, port: int) -> UsageError:
    """Why the server can't listen there, without what Python says around it."""
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return UsageError(f"port {port} of {host} is in use", hint="`--port 0` takes any port that is free.")
    if number == errno.EADDRNOTAVAIL or isinstance(error, (socket.gaierror, UnicodeError)):
        return UsageError(
            f"{host} is no address of this machine",
            hint="`--host 127.0.0.1` lets this machine ask, `--host 0.0.0.0` the network, too.",
        )
    told = os.strerror(number) if number else str(error)
    return UsageError(f"can't listen on {host} port {port}: {told}", hint="`--port 0` takes any port that is free.")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _shown(host: str) -> str:
    """The host as it stands in an address that a browser on this machine can open."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  (compared, not bound)
    return f"[{host}]" if ":" in host else host
