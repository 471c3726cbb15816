"""Installing from folders and from a real HTTP server on its bad days."""

import contextlib
import hashlib
import http.server
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from phototag.errors import ModelBrokenError, ModelError, ModelMissingError
from phototag.inference import download
from phototag.inference.catalog import Catalog, load_catalog
from phototag.inference.install import Sources, choose_sources, install_model, install_models, part_path
from phototag.inference.library import Library, State, pin_path
from phototag.inference.spec import Build, ModelSpec

CONTENT = bytes(range(256)) * 4096  # 1 MiB


class Server(http.server.ThreadingHTTPServer):
    """Serves `CONTENT` under any path, in the `mood` that a test sets; `requests` has (path, Range header)."""

    daemon_threads = True
    mood = "good"
    content = CONTENT

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[tuple[str, str | None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Quiet."""

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.requests.append((self.path, wanted))
        moods = {"missing": 404, "forbidden": 403, "overloaded": 503}
        if self.server.mood in moods:
            self.send_error(moods[self.server.mood])
        elif self.server.mood == "redirect" and not self.path.startswith("/moved/"):
            self.send_response(302)
            self.send_header("Location", f"{self.server.url}/moved{self.path}")
            self.end_headers()
        else:
            self._send(wanted)

    def _send(self, wanted: str | None) -> None:
        content, start = self.server.content, 0
        if wanted and self.server.mood != "no ranges":
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(content):
                self.send_error(416)
                return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if self.server.mood != "no length":
            self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        rest = content[start:]
        if self.server.mood == "breaks off":
            rest = rest[: max(len(content) // 3, 1)]
        elif self.server.mood == "dies":
            rest = b""
        elif self.server.mood == "stalls":
            rest = content[start:1000]
        if self.server.mood == "trickles":
            self._trickle(rest)
            return
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the client had enough
            self.wfile.write(rest)
        if self.server.mood == "stalls":
            time.sleep(0.5)

    def _trickle(self, content: bytes) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the client had enough
            for byte in content[:500]:  # ten seconds
                self.wfile.write(bytes([byte]))
                time.sleep(0.02)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def library(catalog: Catalog, tmp_path: Path) -> Library:
    return Library(catalog, tmp_path / "models")


def published(library: Library, server: Server, **changes: Any) -> ModelSpec:
    """A model whose only build is `CONTENT` at the server's address, entered in the library's catalog."""
    build = Build("model.onnx", len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), f"{server.url}/model.onnx")
    spec = replace(library.catalog.model("squares-separate"), builds=(replace(build, **changes),))
    library.catalog = replace(library.catalog, models={**library.catalog.models, spec.name: spec})
    return spec


def test_a_good_day(library: Library, server: Server) -> None:
    seen: list[tuple[int, int]] = []
    found = install_model(
        library, published(library, server), Sources((), official=True), lambda *step: seen.append(step)
    )
    assert found.path.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert not part_path(found.path).exists()
    install_model(library, found.spec, Sources((), official=True), lambda *_: None)
    assert len(server.requests) == 1, "what is installed is not fetched again"


@pytest.mark.parametrize("mood", ["redirect", "no length", "no ranges"])
def test_other_manners(library: Library, server: Server, mood: str) -> None:
    server.mood = mood
    found = install_model(library, published(library, server), Sources((), official=True), lambda *_: None)
    assert found.path.read_bytes() == CONTENT


def test_a_connection_that_breaks_is_continued(library: Library, server: Server) -> None:
    server.mood = "breaks off"
    found = install_model(library, published(library, server), Sources((), official=True), lambda *_: None)
    assert found.path.read_bytes() == CONTENT
    third = len(CONTENT) // 3
    assert [wanted for _, wanted in server.requests] == [None, *(f"bytes={n * third}-" for n in (1, 2, 3))]


def test_a_download_goes_on_in_the_next_run(library: Library, server: Server) -> None:
    spec = published(library, server)
    target = library.path(spec, spec.builds[0])
    target.parent.mkdir(parents=True)
    part_path(target).write_bytes(CONTENT[:300_000])
    server.mood = "dies"
    with pytest.raises(ModelError, match="broke off") as caught:
        install_model(library, spec, Sources((), official=True), lambda *_: None)
    assert "goes on from where it stopped" in caught.value.hint
    assert caught.value.exit_code == 3
    assert part_path(target).read_bytes() == CONTENT[:300_000]
    server.mood = "good"
    assert install_model(library, spec, Sources((), official=True), lambda *_: None).path.read_bytes() == CONTENT
    assert server.requests[-1][1] == "bytes=300000-"


def test_a_part_file_survives_a_server_without_ranges(library: Library, server: Server) -> None:
    spec = published(library, server)
    target = library.path(spec, spec.builds[0])
    target.parent.mkdir(parents=True)
    part_path(target).write_bytes(b"x" * 300_000)
    server.mood = "no ranges"
    assert install_model(library, spec, Sources((), official=True), lambda *_: None).path.read_bytes() == CONTENT


def test_a_part_file_that_is_too_long_is_started_again(library: Library, server: Server) -> None:
    spec = published(library, server)
    target = library.path(spec, spec.builds[0])
    target.parent.mkdir(parents=True)
    part_path(target).write_bytes(b"x" * (len(CONTENT) + 5))
    assert install_model(library, spec, Sources((), official=True), lambda *_: None).path.read_bytes() == CONTENT


def test_a_slow_server_is_given_up(server: Server, tmp_path: Path) -> None:
    server.mood = "stalls"
    with pytest.raises(ModelError, match="broke off"):
        download.fetch(f"{server.url}/x", tmp_path / "x.part", len(CONTENT), lambda *_: None, timeout=0.1)
    assert (tmp_path / "x.part").read_bytes() == CONTENT[:1000], "what arrived is kept"


def test_a_server_that_trickles_is_given_up(server: Server, tmp_path: Path) -> None:
    """Each byte comes long before the timeout."""
    server.mood = "trickles"
    part = tmp_path / "x.part"
    with pytest.raises(ModelError, match="slower than 1 KiB a second"):
        download.fetch(f"{server.url}/x", part, len(CONTENT), lambda *_: None, timeout=0.2)
    arrived = part.read_bytes()
    assert arrived == CONTENT[: len(arrived)], "what arrived is kept"
    assert len(server.requests) == download.ATTEMPTS
    server.mood = "good"
    download.fetch(f"{server.url}/x", part, len(CONTENT), lambda *_: None, timeout=0.2)
    assert part.read_bytes() == CONTENT


@pytest.mark.parametrize("content", [CONTENT[:-1] + b"!", CONTENT + b"more"], ids=["same length", "longer"])
def test_wrong_bytes_are_never_installed(library: Library, server: Server, content: bytes) -> None:
    server.content = content
    spec = published(library, server)
    with pytest.raises(ModelBrokenError):
        install_model(library, spec, Sources((), official=True), lambda *_: None)
    assert library.state(spec.name) is State.MISSING
    assert list(library.folder.rglob("*")) == []


@pytest.mark.parametrize(
    ("mood", "error", "requests"),
    [("missing", ModelMissingError, 1), ("forbidden", ModelError, 1), ("overloaded", ModelError, download.ATTEMPTS)],
)
def test_refusals(library: Library, server: Server, mood: str, error: type[ModelError], requests: int) -> None:
    server.mood = mood
    with pytest.raises(error) as caught:
        install_model(library, published(library, server), Sources((), official=True), lambda *_: None)
    assert server.url in caught.value.message
    assert caught.value.hint
    assert len(server.requests) == requests


def test_a_server_that_is_not_there(library: Library, server: Server) -> None:
    spec = published(library, server, url="http://127.0.0.1:1/model.onnx")
    with pytest.raises(ModelError, match=r"broke off: Connection refused$"):
        install_model(library, spec, Sources((), official=True), lambda *_: None)


def test_a_checksum_that_nobody_published_is_pinned(library: Library, server: Server) -> None:
    spec = published(library, server, sha256="", size=0)
    found = install_model(library, spec, Sources((), official=True), lambda *_: None)
    assert pin_path(found.path).read_text("ascii").strip() == found.sha256
    assert library.find(spec.name).sha256 == found.sha256
    found.path.write_bytes(CONTENT[1:])
    assert library.state(spec.name) is State.DAMAGED


def test_an_address_of_a_folder_is_a_source(library: Library, server: Server) -> None:
    spec = published(library, server, url="")
    found = install_model(library, spec, Sources((f"{server.url}/mirror/",), official=False), lambda *_: None)
    assert found.path.read_bytes() == CONTENT
    assert server.requests == [("/mirror/model.onnx", None)]


def test_any_listed_build_is_accepted(library: Library, server: Server, tmp_path: Path) -> None:
    spec = published(library, server)
    shorter = Build("model.onnx", 10, "0" * 64, "")
    spec = replace(spec, builds=(shorter, *spec.builds))
    found = install_model(library, spec, Sources((server.url,), official=False), lambda *_: None)
    assert found.build == spec.builds[1]


def test_sources_are_asked_in_order(library: Library, server: Server, tmp_path: Path) -> None:
    spec = published(library, server)
    (tmp_path / "empty").mkdir()
    install_model(library, spec, Sources((str(tmp_path / "empty"),), official=True), lambda *_: None)
    assert len(server.requests) == 1
    library.remove(spec.name)
    (tmp_path / "empty" / "model.onnx").write_bytes(CONTENT)
    install_model(library, spec, Sources((str(tmp_path / "empty"),), official=True), lambda *_: None)
    assert len(server.requests) == 1


def test_a_folder_with_wrong_or_no_files(library: Library, tmp_path: Path) -> None:
    pack = library.catalog.pack("separate")
    sources = Sources((str(tmp_path / "nowhere"),), official=False)
    with pytest.raises(ModelMissingError, match="was not found") as caught:
        install_models(library, pack.models, sources, lambda *_: None)
    assert "colours.onnx" in caught.value.message
    (tmp_path / "nowhere").mkdir()
    (tmp_path / "nowhere" / "colours.onnx").write_bytes(b"not this")
    with pytest.raises(ModelBrokenError, match=r"colours\.onnx is not the model"):
        install_models(library, pack.models, sources, lambda *_: None)
    assert list(library.folder.rglob("*")) == []


def test_a_pack_that_is_published_nowhere_names_those_that_are(tmp_path: Path) -> None:
    library = Library(load_catalog(), tmp_path / "models")
    with pytest.raises(ModelMissingError, match="published nowhere as ONNX") as caught:
        install_models(library, library.catalog.pack("small").models, choose_sources(None), lambda *_: None)
    assert "standard" in caught.value.hint
    assert not library.folder.exists(), "nothing was fetched"


def test_the_order_of_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_sources(None) == Sources((), official=True)
    monkeypatch.setenv("PHOTOTAG_MODEL_SOURCE", "/mirror")
    assert choose_sources(None) == Sources(("/mirror",), official=True)
    assert choose_sources("/given") == Sources(("/given",), official=False)
