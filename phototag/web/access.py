"""Who may ask the server: those with the token, under the address that the server has, from its own pages.

The token keeps other accounts of the machine out. The Host check keeps DNS rebinding out: a foreign name that was made
to point here is refused. Origin and Fetch Metadata keep other sites' pages out.
"""

import hmac
import ipaddress
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

TOKEN = "token"  # noqa: S105  (the name of a parameter)
POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


@dataclass(frozen=True, slots=True)
class Access:
    """ASGI middleware before `app`. `token` None lets everybody in who uses the right address; `names` are host names
    that the server may be called by, besides `localhost` and plain IP addresses."""

    app: App
    port: int
    token: str | None
    names: frozenset[str] = frozenset()
    passes: set[str] = field(default_factory=set)

    def new_pass(self) -> str:
        """What stands for the token in an address that a browser opens, once. Other accounts can read the arguments of
        programs: the token itself must not be among a browser's."""
        made = secrets.token_urlsafe(24)
        self.passes.add(made)
        return made

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "private, no-cache")
            await send(message)

        refused = self._refusal(scope)
        await (refused or self.app)(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("This server only shows.\n", 405, {"allow": "GET, HEAD"})
        if not self._is_here(headers.get("host", "")):
            return PlainTextResponse("This server does not go by that name and port.\n", 421)
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != headers.get("host"):
            return PlainTextResponse("Other sites may not ask.\n", 403)
        navigates = headers.get("sec-fetch-mode", "navigate") == "navigate"
        if headers.get("sec-fetch-site") in ("cross-site", "same-site") and not navigates:
            return PlainTextResponse("Other sites may not ask.\n", 403)
        return self._unknown(scope, headers)

    def _unknown(self, scope: Scope, headers: Headers) -> Response | None:
        """What those get who have not shown the token; those who show it in the address get a cookie for it."""
        # Not `http.cookies`: it stops at what it can't read, and other servers on this machine set cookies here, too.
        if self.token is None or self._holds(Request(scope).cookies.get(self._cookie_name, "")):
            return None
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._holds(bearer):
            return None
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        shown = dict(query).get(TOKEN, "")
        passed = _navigates(headers) and shown in self.passes
        self.passes.difference_update([shown] if passed else [])
        if not passed and not self._holds(shown):
            return PlainTextResponse("Open the whole address that `phototag serve` printed, token included.\n", 401)
        if not _navigates(headers):
            return None
        rest = urlencode([(name, value) for name, value in query if name != TOKEN])
        answer = RedirectResponse("/" + scope["path"].lstrip("/") + (f"?{rest}" if rest else ""), 303)
        # Not "strict": a browser that followed a link of another site would not show the cookie after this very step.
        answer.set_cookie(self._cookie_name, self.token, httponly=True, samesite="lax", path="/")
        return answer

    def _is_here(self, host: str) -> bool:
        try:
            parts = urlsplit(f"//{host}")
            name, port = parts.hostname or "", parts.port or 80
        except ValueError:
            return False
        if port != self.port or parts.username is not None or parts.path:
            return False
        if name == "localhost" or name in self.names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    @property
    def _cookie_name(self) -> str:
        return f"phototag-{self.port}"  # cookies do not know ports: two servers must not share one

    def _holds(self, shown: str) -> bool:
        return hmac.compare_digest(shown.encode("utf-8", "replace"), (self.token or "").encode())


def _navigates(headers: Headers) -> bool:
    """Whether a browser opens a page. Over a network without encryption it does not say so; there the types tell it
    that it wants."""
    mode = headers.get("sec-fetch-mode")
    return mode == "navigate" if mode else "text/html" in headers.get("accept", "")
