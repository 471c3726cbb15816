"""The pages, asked for in this process over a real index of real photos."""

import io
import os
import time
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from phototag.app import gallery as galleries
from phototag.app import orders
from phototag.app.gallery import Gallery
from phototag.app.thumbnails import Thumbnails
from phototag.settings import Settings, load_settings
from phototag.web.server import application
from tests.conftest import Run
from tests.indexed import Indexed


def client(settings: Settings, cache: Path) -> TestClient:
    return TestClient(application(Gallery(settings), Thumbnails(settings, cache)), raise_server_exceptions=False)


@pytest.fixture
def asked(indexed: Indexed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_models: Path) -> TestClient:
    monkeypatch.setenv("PHOTOTAG_CATALOG", str(tiny_models))
    return client(indexed.settings, tmp_path / "cache")


@pytest.fixture
def asked_alone(phototag: Run, gallery: Path, tmp_path: Path) -> TestClient:
    """For tests that change the photos."""
    phototag("index", gallery)
    return client(load_settings(), tmp_path / "cache")


def contents(asked: TestClient, query: str) -> list[str]:
    page = asked.get("/hits", params={"q": query}).text
    return [part.split('"')[0] for part in page.split('data-content="')[1:]]


def test_pages_show_the_hits_of_the_query(asked: TestClient) -> None:
    assert len(contents(asked, "person")) == 2
    assert len(contents(asked, "")) == 5
    assert contents(asked, "zebra") == []
    assert "two people.jpg" in asked.get("/", params={"q": "person>=2"}).text
    assert asked.get("/hits", params={"q": "person", "start": "1"}).text.count("<img") == 1
    for start in ("-1", "x", "9" * 30, "9" * 5_000):
        assert asked.get("/hits", params={"start": start}).status_code == 400
    assert asked.get("/", params={"sort": "upside-down"}).status_code == 400


def test_a_query_with_a_fault_says_where(asked: TestClient) -> None:
    answer = asked.get("/", params={"q": "persn and <b>"})
    assert answer.status_code == 400
    assert "<mark>persn</mark>" in answer.text or "<mark>&lt;</mark>" in answer.text
    assert "<b>" not in answer.text
    assert asked.get("/complete", params={"q": "person>="}).json()["fault"] != ""
    assert '<aside aria-label="Narrow the search" hidden>' in answer.text  # there is nothing to narrow
    assert "<mark>zebraa</mark>" in asked.get("/", params={"q": "zebraa"}).text
    assert asked.get("/", params={"q": "x" * 20_000}).status_code == 400
    assert asked.get("/", params={"q": "dog\0"}).status_code == 400


def test_completion_knows_the_words_of_the_index(asked: TestClient) -> None:
    assert "person" in asked.get("/complete", params={"q": "pers"}).json()["texts"]
    assert "person and object:dog" in asked.get("/complete", params={"q": "person and object:do"}).json()["texts"]
    assert "camera:" in asked.get("/complete", params={"q": "came"}).json()["texts"]
    assert asked.get("/complete", params={"q": ""}).json() == {"texts": [], "fault": ""}


def test_facets_follow_the_query(asked: TestClient) -> None:
    assert asked.get("/total", params={"q": "person"}).json() == {"photos": 2}
    assert "/?q=person+object%3Adog" in asked.get("/facets", params={"q": "person"}).text
    assert "/?q=%28person+or+car%29+object%3Adog" in asked.get("/facets", params={"q": "person or car"}).text


def test_facets_of_many_hits_are_estimated_and_say_so(asked: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(galleries, "FACETS_OF", 2)
    assert "Estimated from 2 of 5" in asked.get("/facets").text
    assert "Estimated from 2 of 5" in asked.get("/facets", params={"q": "person or not person"}).text
    assert "Estimated" not in asked.get("/facets", params={"q": "person>=2"}).text


def test_a_whole_order_is_worked_out_for_who_scrolls(
    indexed: Indexed, tiny_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHOTOTAG_CATALOG", str(tiny_models))
    for module in (orders, galleries):
        monkeypatch.setattr(module, "STEPS", (2, 3))
    gallery = Gallery(indexed.settings)
    with gallery.open() as answers:
        question = gallery.ask(answers, "")
        [first] = gallery.page(question, "score", slice(0, 1))

        def known() -> int | None:
            beside = gallery.neighbours(question, "score", first.photo)
            return beside.of if beside else None

        assert known() is None
        gallery.page(question, "score", slice(1, 2))
        deadline = time.monotonic() + 60
        while known() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert known() == 5


def test_every_facet_leads_to_as_many_photos_as_it_says(asked: TestClient) -> None:
    import html
    import re

    page = asked.get("/facets").text
    found = re.findall(r'<a href="/\?q=([^"]*)"><span class="value">[^<]*</span> <span class="count">(\d+)', page)
    assert len(found) >= 4
    for query, number in found:
        assert asked.get(f"/total?q={html.unescape(query)}").json() == {"photos": int(number)}, query


def test_a_photo_with_its_boxes_and_neighbours(asked: TestClient, indexed: Indexed) -> None:
    first, second = contents(asked, "person")
    page = asked.get(f"/photo/{first}", params={"q": "person"}).text
    [both] = contents(asked, "person>=2")
    assert asked.get(f"/photo/{both}", params={"q": "person"}).text.count('class="box asked"') == 2
    assert 'class="box asked"' not in asked.get(f"/photo/{both}", params={"q": "not dog"}).text
    assert f"/photo/{second}?q=person" in page
    assert str(indexed.photos) in page
    assert 'id="before"' not in page
    assert 'id="before"' in asked.get(f"/photo/{second}", params={"q": "person"}).text
    assert "/photo/" not in asked.get(f"/photo/{second}", params={"q": "car"}).text  # no hit of it: no neighbours


@pytest.mark.parametrize("path", ["/photo/{}", "/thumb/{}.jpg", "/image/{}.jpg", "/file/{}"])
@pytest.mark.parametrize("content", ["ab" * 20, "../../etc/passwd", "..%5c..%5cx", "AB" * 20, ""])
def test_only_indexed_photos_are_served(asked: TestClient, path: str, content: str) -> None:
    assert asked.get(path.format(content)).status_code == 404
    assert asked.get("/static/../server.py").status_code == 404
    assert asked.get("/static/%2e%2e%2fserver.py").status_code == 404


def test_pictures_are_upright_small_and_made_once(asked_alone: TestClient, gallery: Path, tmp_path: Path) -> None:
    [content] = contents(asked_alone, "person>=2")
    answer = asked_alone.get(f"/thumb/{content}.jpg")
    assert answer.headers["content-type"] == "image/jpeg"
    assert "immutable" in answer.headers["cache-control"]
    with Image.open(io.BytesIO(answer.content)) as image:
        assert max(image.size) <= 400
    (gallery / "two people.jpg").unlink()
    assert asked_alone.get(f"/thumb/{content}.jpg").content == answer.content  # from the cache
    gone = asked_alone.get(f"/image/{content}.jpg")
    assert gone.status_code == 404
    assert "not there any more" in gone.text
    [folder] = [path for path in (tmp_path / "cache").iterdir() if path.is_dir()]
    assert folder.stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir())


def test_the_original_is_served_as_it_was_indexed_or_not_at_all(asked_alone: TestClient, gallery: Path) -> None:
    [content] = contents(asked_alone, "person>=2")
    photo = gallery / "two people.jpg"
    answer = asked_alone.get(f"/file/{content}")
    assert answer.content == photo.read_bytes()
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "filename*=UTF-8''two%20people.jpg" in answer.headers["content-disposition"]
    photo.write_bytes((gallery / "trip" / "nothing.jpg").read_bytes())
    gone = asked_alone.get(f"/file/{content}")
    assert gone.status_code == 404
    assert "another picture" in gone.text


def test_a_picture_is_that_of_the_photo_or_none(asked_alone: TestClient, phototag: Run, gallery: Path) -> None:
    """Whoever looks while files change places must not get, and keep, another photo's picture."""
    [content] = contents(asked_alone, "person>=2")
    photo, other = gallery / "two people.jpg", gallery / "trip" / "nothing.jpg"
    first = photo.read_bytes()
    with Image.open(other) as image:
        exif = image.getexif()
        exif.get_ifd(0x8769)[0x8827] = 6400
        image.save(photo, exif=exif)
    assert "6400" not in asked_alone.get(f"/photo/{content}").text  # nor its ISO
    answer = asked_alone.get(f"/thumb/{content}.jpg")
    assert (answer.status_code, answer.headers.get("cache-control")) == (404, None)
    assert "another picture" in answer.text
    other.write_bytes(first)
    phototag("index")
    assert asked_alone.get(f"/thumb/{content}.jpg").status_code == 200


def test_new_photos_appear_and_a_lost_index_is_an_error_page(
    asked_alone: TestClient, phototag: Run, gallery: Path
) -> None:
    began = asked_alone.get("/").text.partition("at=")[2].partition('"')[0]
    Image.new("RGB", (30, 20), "white").save(gallery / "new.png")
    phototag("index", gallery)
    assert len(contents(asked_alone, "")) == 5
    assert asked_alone.get("/hits", params={"at": began}).text.count("<img") == 4  # who scrolls keeps the old order
    os.unlink(load_settings().db)
    answer = asked_alone.get("/")
    assert answer.status_code == 500
    assert "phototag index" in answer.text


def test_names_are_text_wherever_they_appear(asked: TestClient) -> None:
    pages = [asked.get("/").text, asked.get("/facets").text]
    pages += [asked.get(f"/photo/{content}").text for content in contents(asked, "")]
    assert any("&lt;script&gt;" in page for page in pages)
    for page in pages:
        assert "<img src=x" not in page
        assert "<script>" not in page
        assert "\x1b" not in page


def test_the_cache_is_bounded(asked: TestClient, tmp_path: Path) -> None:
    for content in contents(asked, ""):
        assert asked.get(f"/thumb/{content}.jpg").status_code == 200
    cache = tmp_path / "cache"
    files = list(cache.rglob("*.jpg"))
    total = sum(path.stat().st_size for path in files)
    oldest = files[0]
    os.utime(oldest, (1, 1))
    Thumbnails(load_settings(), cache, budget=total - 1).sweep()
    left = list(cache.rglob("*.jpg"))
    assert oldest not in left
    assert sum(path.stat().st_size for path in left) <= total
    assert left
