"""The HTML report: everything in one file, nothing in it that runs, foreign text escaped."""

import re
from typing import Any
from xml.etree import ElementTree

from PIL import Image

from phototag.render.evaluation_page import Page, Picture, classification_page, detection_page
from phototag.render.pairs import SIDE, Pair, pair_sheet, side_by_side
from phototag.render.plots import line_plot
from phototag.render.sheet import GAP

EVIL = "<script>alert(1)</script>"
COUNTS = {"photos": 2, "objects": 3, "found": 4, "error_per_photo": 0.5}
RATES: dict[str, float | None] = {"precision": 50.0, "recall": 66.67, "f1": None}


def detection(label: str) -> dict[str, Any]:
    return {
        **dict.fromkeys(("AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large"), 12.34),
        "model": label,
        "photos": 2,
        **RATES,
        "counts": COUNTS,
        "labels": [{"label": label, "AP": 12.3, "threshold": None, **RATES, "counts": COUNTS}],
        "confusion": [
            {"truth": label, "found": label, "number": 3},
            {"truth": None, "found": label, "number": 41},
            {"truth": label, "found": None, "number": 1},
        ],
    }


def test_a_page_holds_measures_plots_and_pictures_and_runs_nothing() -> None:
    picture = Picture(Image.new("RGB", (40, 20), "red"), f"{EVIL}.jpg")
    page = detection_page(detection(EVIL), Page({EVIL: [(0.0, 1.0), (1.0, 0.0)]}, [picture]))
    assert "12.3" in page
    assert "<svg" in page
    assert "data:image/jpeg;base64," in page
    assert ">41<" in page
    assert "<script" not in page
    assert not re.search(r'(src|href)="(?!data:)', page)  # nothing is fetched
    assert page.count("&lt;script&gt;") >= 5


def test_a_classifiers_page() -> None:
    document = {
        "model": "colours",
        "photos": 4,
        **dict.fromkeys(("top1", "top5", "everyday", "macro_f1", "ece"), 75.0),
        "labels": [{"label": "beagle", "photos": 2, "precision": None, "recall": 50.0, "f1": 66.67}],
        "confusion": [
            {"truth": f"often {number}", "found": f"said {number}", "number": 10 + number} for number in range(7)
        ]
        + [{"truth": "beagle", "found": name, "number": 1} for name in ("golden retriever", "cat", "dog")],
    }
    page = classification_page(document, Page({"answers": [(0.5, 0.25)]}))
    assert "66.7" in page
    assert all(f">{10 + number}<" in page for number in range(7)), "the pairs that were confused most often meet"
    assert "golden retriever" not in page
    assert "ackground stands" not in page
    assert "Worst photos" not in page


def test_a_plot_is_valid_svg_with_its_points_inside() -> None:
    drawing = ElementTree.fromstring(line_plot({EVIL: [(0, 0), (0.5, 1)]}, ("x", "y & z"), ideal=True, dots=True))
    dots = [(float(d.get("cx", "")), float(d.get("cy", ""))) for d in drawing if d.tag.endswith("circle")]
    assert len(dots) == 2
    assert dots[0][0] < dots[1][0]
    assert dots[0][1] > dots[1][1]  # up is more
    assert drawing.get("aria-label") == "y & z over x"


def test_pairs_show_both_sets_of_boxes_and_a_photo_that_is_gone() -> None:
    photo = Image.new("RGB", (2 * SIDE, SIDE), "green")
    sheet = pair_sheet([Pair(photo, (), (), "a" * 500), Pair(None, (), (), "gone.jpg")], ("old", "new"))
    assert sheet.width == 2 * SIDE + 3 * GAP
    middle = sheet.crop((0, 60, sheet.width, 200))
    assert middle.getpixel((GAP + SIDE // 2, 70)) == middle.getpixel((2 * GAP + SIDE + SIDE // 2, 70)) == (0, 128, 0)
    assert side_by_side(photo, (), ()).size == (4 * SIDE + GAP, SIDE)
