"""The gallery in a real browser: search, scroll, open a photo, toggle boxes, keys; served and from files."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from phototag.render.evaluation_page import Page as Evaluation
from phototag.render.evaluation_page import detection_page
from phototag.render.text import printable
from phototag.web.assets import read_asset
from tests.conftest import Run
from tests.indexed import Indexed
from tests.render.test_evaluation_page import detection
from tests.web.conftest import PATIENCE, serving

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect


@pytest.fixture(autouse=True)
def _catalog(monkeypatch: pytest.MonkeyPatch, tiny_models: Path) -> None:
    monkeypatch.setenv("PHOTOTAG_CATALOG", str(tiny_models))


def names(page: Any) -> list[str]:
    """The visible photos of the grid, by what a screen reader says of them."""
    found: list[str] = page.locator("#hits li:visible img").evaluate_all("all => all.map(one => one.alt)")
    return [name.partition(":")[0] for name in found]


def names_of(hits: bytes) -> list[str]:
    """The file names of hits in JSON, as pages show them."""
    return [printable(os.path.basename(hit["path"])) for hit in json.loads(hits)]


def shows(page: Any, selector: str, text: str) -> None:
    """Wait for a text; a function to wait for would have to be evaluated, which the pages' policy forbids."""
    expect(page.locator(selector)).to_have_text(text, timeout=PATIENCE)


def has(page: Any, selector: str, number: int) -> None:
    """Wait for so many elements."""
    expect(page.locator(selector)).to_have_count(number, timeout=PATIENCE)


def until(page: Any, script: str) -> None:
    """Wait for something that a script says of the page."""
    for _ in range(int(PATIENCE / 50)):
        if page.evaluate(f"Boolean({script})"):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"the page never came to this: {script}")


def summary(page: Any, text: str) -> None:
    shows(page, "#summary", text)


def test_a_visit(page: Any, served: str) -> None:
    home = served.partition("?")[0]
    page.goto(served)
    assert page.url == home  # the token is not left in the address
    summary(page, "5 photos")

    # the search field completes, shows a fault, and finds
    page.keyboard.press("/")
    page.keyboard.type("pers", delay=20)
    page.wait_for_selector("#suggestions [role=option]")
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#q", "aria-activedescendant") == "suggestion-0"
    page.keyboard.press("Enter")
    assert page.input_value("#q") == "person"
    page.keyboard.type(" and zebraa")
    shows(page, "#fault mark", "zebraa")
    page.fill("#q", "person")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=person**")
    summary(page, "2 photos")
    assert sorted(names(page)) == ["two people.jpg", "walk.png"]

    # a facet narrows, and is taken back where it stands
    page.click("#facets a:has-text('dog')")
    summary(page, "1 photo")
    assert page.input_value("#q") == "person object:dog"
    page.click("#facets a[aria-current]")
    page.wait_for_url("**/?q=person")
    summary(page, "2 photos")

    # arrows go from photo to photo; Enter opens one
    page.focus(".photo")
    page.keyboard.press("ArrowRight")
    opened = page.evaluate("document.activeElement.dataset.content")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/photo/{opened}**")
    boxes(page)

    # neighbours and the way back by keyboard
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(lambda url: "/photo/" in url and opened not in url)
    page.keyboard.press("Escape")
    page.wait_for_url("**/?q=person#hit-1")
    page.wait_for_selector(".photo:focus")
    assert page.evaluate("document.activeElement.dataset.content") != opened


def overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    """Whether two rectangles on the page have a pixel in common."""
    return all(
        one[start] + 1 < other[start] + other[size] and other[start] + 1 < one[start] + one[size]
        for start, size in (("x", "width"), ("y", "height"))
    )


def inside(one: dict[str, float], other: dict[str, float]) -> bool:
    """Whether a rectangle lies in the other, but for its line."""
    return all(
        one[start] >= other[start] - 2 and one[start] + one[size] <= other[start] + other[size] + 2
        for start, size in (("x", "width"), ("y", "height"))
    )


def boxes(page: Any) -> None:
    """The page of `two people.jpg` or `walk.png`: two objects."""
    shown = page.locator("#boxes .box:visible")
    has(page, "#boxes .box:visible", 2)
    lit = page.locator("#boxes .box.lit")
    page.hover(".objects li >> nth=1")
    assert lit.get_attribute("data-number") == "1"
    page.mouse.move(0, 0)
    assert lit.count() == 0
    page.focus(".objects button >> nth=0")  # what a keyboard does
    assert lit.get_attribute("data-number") == "0"
    frame, first, second = (
        page.locator(f"#boxes {one}").bounding_box() for one in ("", ".plate >> nth=0", ".plate >> nth=1")
    )
    assert not overlap(first, second)
    assert inside(first, frame)
    assert inside(second, frame)
    page.locator("#threshold").evaluate("one => { one.value = 100; one.dispatchEvent(new Event('input')) }")
    assert shown.count() == 0
    page.locator("#threshold").evaluate("one => { one.value = 0; one.dispatchEvent(new Event('input')) }")
    assert shown.count() >= 2
    page.keyboard.press("b")
    assert not page.is_visible("#boxes")
    page.focus("#threshold")  # the slider takes the arrows, and no other key
    page.keyboard.press("b")
    assert page.is_visible("#boxes")
    page.locator("#threshold").blur()


def test_markup_in_names_stays_text_and_no_other_place_is_asked(page: Any, served: str) -> None:
    home = served.partition("?")[0]
    elsewhere: list[str] = []
    page.on("request", lambda one: None if one.url.startswith(home) else elsewhere.append(one.url))
    page.goto(served)
    page.goto(f"{home}?q=object:car object:dog")
    summary(page, "1 photo")
    assert names(page)[0].startswith("<script>alert(2)<")
    page.click(".photo")
    page.wait_for_selector("figcaption")
    assert "<script>alert(2)" in page.inner_text("figcaption")
    assert "<img src=x onerror=alert(1)>" in page.inner_text(".known")
    assert page.locator("figcaption script, .known img").count() == 0
    page.goto(f"{home}?q=" + "<script>alert(4)</script>")
    assert page.locator("#fault script").count() == 0
    assert page.input_value("#q") == "<script>alert(4)</script>"
    page.goto(f"{home}?q=" + "x" * 300)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    # the policy holds: what is put into the page does not run
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = 1\">')")
    page.wait_for_timeout(200)
    assert page.evaluate("window.ran") is None
    assert elsewhere == []


def test_a_stranger_gets_in_nowhere(page: Any, served: str) -> None:
    assert page.goto(served.partition("?")[0]).status == 401
    assert page.goto(served.replace("127.0.0.1", "localhost")).status == 200


def test_thousands_of_hits_scroll(browser: Any, tmp_path: Path) -> None:
    from scripts.synthetic_index import build

    build(tmp_path / "many.db", 3_000)
    with serving("--db", tmp_path / "many.db", "--no-token") as address:
        for width, height in ((1280, 800), (390, 844)):
            context = browser.new_context(viewport={"width": width, "height": height})
            context.set_default_timeout(PATIENCE)
            scroll(context.new_page(), address, width)
            context.close()


def scroll(page: Any, address: str, width: int) -> None:
    """Through 3,000 hits, to one of them and back."""
    page.goto(address)
    summary(page, "3,000 photos")
    has(page, ".page", 25)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    seen: set[str] = set()
    for part in (0.3, 0.6, 1.0):
        page.evaluate(f"scrollTo(0, document.documentElement.scrollHeight * {part})")
        until(page, "document.elementFromPoint(innerWidth / 2, innerHeight / 2)?.closest('.photo')")
        has(page, "[data-state=loading]", 0)
        seen |= set(page.locator(".photo").evaluate_all("all => all.map(one => one.dataset.content)"))
    last = page.locator(".page >> nth=24 >> .photo")
    has(page, ".page >> nth=24 >> .photo", 3_000 - 24 * 120)
    until(page, "document.querySelectorAll('.photo').length < 1500")  # what is far away is let go
    assert len(seen) > 360
    opened = last.nth(7).get_attribute("data-content")
    last.nth(7).click()
    page.wait_for_url(f"**/photo/{opened}*")
    page.keyboard.press("Escape")
    page.wait_for_selector(f".photo[data-content='{opened}']:focus")
    page.evaluate("scrollTo(0, 0)")
    has(page, ".page[data-start='0'] .photo", 120)


def test_a_written_gallery_opens_from_disk(page: Any, phototag: Run, indexed: Indexed, tmp_path: Path) -> None:
    site = tmp_path / "site"
    out = phototag("--db", indexed.settings.db, "gallery", "person or car", "--out", site).stdout.decode().strip()
    assert out == str(site / "index.html")
    elsewhere: list[str] = []
    page.on("request", lambda one: None if one.url.startswith("file://") else elsewhere.append(one.url))
    page.goto((site / "index.html").as_uri())
    assert len(names(page)) == 4
    has(page, ".page", 1)  # what is found among many stays in full rows
    for query, expected in (
        ("people", ["two people.jpg", "walk.png"]),
        ("person>=2", ["two people.jpg"]),
        ("(dog or car) and not person", None),
        ("object:dog -person", None),
        ("vehicle", None),
        ("name:walk", ["walk.png"]),
    ):
        page.fill("#q", query)
        page.keyboard.press("Enter")
        found = names(page)
        if expected is None:
            query = f"(person or car) {query}"
            expected = names_of(phototag("--db", indexed.settings.db, "search", query, "--json").stdout)
        assert sorted(found) == sorted(expected), query
    page.fill("#q", "nonsense")
    page.keyboard.press("Enter")
    assert "nonsense" in page.inner_text("#fault")
    page.fill("#q", "person")
    page.keyboard.press("Enter")
    page.wait_for_url("**#q=person")
    opened = page.locator(".photo:visible >> nth=0").get_attribute("data-content")
    page.click(".photo:visible")
    page.wait_for_url("**/photo/*.html#q=person")
    shows(page, ".steps .note", "1 of 2")
    boxes(page)
    page.keyboard.press("ArrowRight")
    page.wait_for_url(lambda url: "/photo/" in url and opened not in url)
    shows(page, ".steps .note", "2 of 2")
    assert page.locator("#after").count() == 0  # the car is no hit
    page.keyboard.press("Escape")
    page.wait_for_selector(".photo:focus")
    assert sorted(names(page)) == ["two people.jpg", "walk.png"]
    text = b"".join(path.read_bytes() for path in site.rglob("*") if path.suffix in (".html", ".js"))
    assert str(indexed.photos).encode() not in text
    assert elsewhere == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("taken:2023", 2), ("taken:2023-06", 1), ("taken:2023-06..2024", 2), ("taken:2023-05-31..2023-06-01", 1),
        ("taken:..2023-01", 1), ("taken:2023-06..", 2), ("not taken:2023", 2),
        ("taken:last-month", None), ("taken:2023..2024..2025", None), ("taken:..", None), ("taken:23", None),
    ],
)  # fmt: skip
def test_dates_in_a_written_gallery(page: Any, query: str, found: int | None) -> None:
    """As `search` has them; one that the page can't tell is a fault, not an empty answer."""
    dates = ["2023-01-05T10:00:00", "2023-06-01T23:59:59", "2024-12-31T00:00:00", None]
    photos: list[dict[str, Any]] = [
        {"content": str(place), "taken": taken, "tags": [], "objects": {}} for place, taken in enumerate(dates)
    ]
    page.add_script_tag(content=f"const PHOTOTAG = {json.dumps({'photos': photos, 'meanings': {}})};")
    page.add_script_tag(content=read_asset("match.js").decode())
    ask = "query => { try { return matching.found(query).length } catch (error) { return error.message } }"
    answer = page.evaluate(ask, query)
    assert answer == found if found is not None else "is no date here" in answer


def test_what_a_gallery_may_be_written_over(phototag: Run, indexed: Indexed, tmp_path: Path) -> None:
    db = indexed.settings.db
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "index.html").write_text("precious", "utf-8")
    assert b"not empty" in phototag("--db", db, "gallery", "person", "--out", tmp_path / "mine", code=2).stderr
    assert (tmp_path / "mine" / "index.html").read_text("utf-8") == "precious"
    phototag("--db", db, "gallery", "person", "--out", tmp_path / "site")
    first = sorted((tmp_path / "site" / "photo").iterdir())
    phototag("--db", db, "gallery", "persn", "--out", tmp_path / "site", code=2)
    assert sorted((tmp_path / "site" / "photo").iterdir()) == first  # a slip of the hand destroys nothing
    assert (tmp_path / "site" / "index.html").is_file()
    phototag("--db", db, "gallery", "persn", "--out", tmp_path / "new", code=2)
    assert not (tmp_path / "new").exists()
    phototag("--db", db, "gallery", "person>=2", "--out", tmp_path / "site")
    assert len(first) == 2
    assert len(list((tmp_path / "site" / "photo").iterdir())) == 1


def test_serving_refuses_what_it_can_not_do(phototag: Run, indexed: Indexed, served: str, tmp_path: Path) -> None:
    open_door = phototag("--db", indexed.settings.db, "serve", "--no-token", "--host", "0.0.0.0", code=2)
    assert b"only this machine" in open_door.stderr
    assert b"phototag index" in phototag("--db", tmp_path / "none.db", "serve", "--port", "0", code=4).stderr
    port = served.rpartition(":")[2].partition("/")[0]
    taken = phototag("--db", indexed.settings.db, "serve", "--port", port, code=2).stderr
    assert b"--port 0" in taken


def test_a_report_of_an_evaluation_fits_a_phone(page: Any, tmp_path: Path) -> None:
    """Its tables are wide: they scroll, and not the page."""
    report = tmp_path / "report.html"
    report.write_text(detection_page(detection("a rather long label"), Evaluation({})), "utf-8")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(report.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".wide").last.evaluate("one => one.scrollWidth > one.clientWidth")
