"""Who may ask: the token, the address, and no other site."""

import socket

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from phototag.errors import UsageError
from phototag.web.access import Access
from phototag.web.serving import Serving
from tests.indexed import Indexed

BASE = "http://127.0.0.1:8765"
PAGE = {"sec-fetch-mode": "navigate"}


def client(token: str | None = "secret", names: frozenset[str] = frozenset()) -> TestClient:
    app = Access(PlainTextResponse("photos"), 8765, token, names)
    return TestClient(app, base_url=BASE, follow_redirects=False)


@pytest.mark.parametrize("address", ["/", "/?token=", "/?token=wrong", "/?token=secre", "/?token=sécret"])
def test_without_the_token_nobody_sees_anything(address: str) -> None:
    answer = client().get(address)
    assert answer.status_code == 401
    assert "photos" not in answer.text


@pytest.mark.parametrize("headers", [PAGE, {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}])
def test_a_browser_gets_a_cookie_and_an_address_without_the_token(headers: dict[str, str]) -> None:
    """Also over the network, where browsers send no Fetch Metadata to an address without encryption."""
    asked = client()
    answer = asked.get("/?q=dog&token=secret", headers=headers)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/?q=dog"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie  # a link on another site leads here, and the cookie must be shown after this step
    assert asked.get("/?q=dog").text == "photos"


@pytest.mark.parametrize("other", ['prefs={"a": 1, "b": "x y"}', "m@x=1", "a b", 'x="a', "path=/", "x=\xfc", "=", ";;"])
def test_cookies_of_other_servers_on_this_machine_do_not_hide_its_own(other: str) -> None:
    for cookies in (f"{other}; phototag-8765=secret", f"phototag-8765=secret; {other}"):
        assert client().get("/", headers={b"cookie": cookies.encode("latin-1")}).text == "photos"
    for cookies in (other, f"{other}; phototag-8765=wrong", "phototag-8764=secret"):
        assert client().get("/", headers={b"cookie": cookies.encode("latin-1")}).status_code == 401


@pytest.mark.parametrize("path", ["//evil.example/", "///evil.example/", "/%2f/evil.example/"])
def test_the_way_back_leads_to_no_other_site(path: str) -> None:
    location = client().get(f"{BASE}{path}?token=secret", headers=PAGE).headers["location"]
    assert location.startswith("/")
    assert not location.startswith("//")


def test_a_script_may_show_the_token_itself() -> None:
    assert client().get("/?token=secret").text == "photos"
    assert client().get("/?token=secret", headers={"sec-fetch-mode": "cors", "accept": "text/html"}).text == "photos"
    assert client().get("/", headers={"authorization": "Bearer secret"}).text == "photos"
    assert client().get("/", headers={"authorization": "Bearer wrong"}).status_code == 401


@pytest.mark.parametrize(
    "host", ["evil.example:8765", "evil.example", "127.0.0.1", "127.0.0.1:80", "localhost.evil.example:8765", "", "a b",
             "127.0.0.1:8765@evil.example", "[::1", "127.0.0.1:x"],
)  # fmt: skip
def test_names_that_were_made_to_point_here_are_refused(host: str) -> None:
    answer = client(token=None).get("/", headers={"host": host})
    assert answer.status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:8765", "[::1]:8765", "nas.local:8765"])
def test_its_own_names_are_answered(host: str) -> None:
    assert client(token=None, names=frozenset({"nas.local"})).get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:9999", "http://localhost:8765"])
def test_other_origins_are_refused(origin: str) -> None:
    assert client(token=None).get("/", headers={"origin": origin}).status_code == 403
    assert client(token=None).get("/", headers={"origin": BASE}).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_other_sites_may_link_here_but_not_embed(site: str) -> None:
    asked = client(token=None)
    assert asked.get("/", headers={"sec-fetch-site": site, "sec-fetch-mode": "no-cors"}).status_code == 403
    assert asked.get("/", headers={"sec-fetch-site": site, "sec-fetch-mode": "navigate"}).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_changed(method: str) -> None:
    assert client(token=None).request(method, "/").status_code == 405


def test_every_answer_carries_the_policy() -> None:
    for answer in (client().get("/"), client(token=None).get("/"), client(token=None).post("/")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"


def test_the_address_that_a_browser_is_started_with_works_once(indexed: Indexed) -> None:
    """Other accounts can read it among the browser's arguments."""
    serving = Serving.bind(indexed.settings, "127.0.0.1", 0, with_token=True)
    with serving.listener:
        address = serving.address_for_browser()
        assert address not in (serving.address, serving.address_for_browser())
        assert TestClient(serving.app).get(address).status_code == 401  # not by a script
        browser, other = (TestClient(serving.app, headers=PAGE, follow_redirects=False) for _ in range(2))
        answer = browser.get(address)
        assert answer.status_code == 303
        assert browser.get(serving.address.partition("?")[0]).status_code == 200
        assert other.get(address).status_code == 401
    serving = Serving.bind(indexed.settings, "127.0.0.1", 0, with_token=False)
    with serving.listener:
        assert serving.address_for_browser() == serving.address


@pytest.mark.parametrize("host", ["::", "0.0.0.0", "::1", "localhost"])
def test_the_address_that_is_printed_is_answered(indexed: Indexed, host: str) -> None:
    try:
        serving = Serving.bind(indexed.settings, host, 0, with_token=True)
    except UsageError as error:
        pytest.skip(f"this machine has no such address: {error.message}")
    with serving.listener:
        asked = TestClient(serving.app, base_url=serving.address)
        assert asked.get(serving.address).status_code == 200


def test_an_address_that_can_not_be_had_is_told_in_plain_words(indexed: Indexed) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError) as refused:
            Serving.bind(indexed.settings, "127.0.0.1", port, with_token=True)
    assert refused.value.message == f"port {port} of 127.0.0.1 is in use"
    assert "--port 0" in refused.value.hint
    with pytest.raises(UsageError) as refused:
        Serving.bind(indexed.settings, "192.0.2.1", 0, with_token=True)  # for documentation only: nobody's
    assert refused.value.message == "192.0.2.1 is no address of this machine"
    assert "--port" not in refused.value.hint
