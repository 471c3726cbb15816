"""Keywords of other programs: read at indexing, searchable, kept up to date."""

import csv
import json
import os
from pathlib import Path

from tests.conftest import Inside
from tests.media.test_keywords import XMP


def found(inside: Inside, query: str) -> list[str]:
    return [Path(line).name for line in inside("search", query, "--sort=path").out.splitlines()]


def test_keywords_of_sidecars(inside: Inside, gallery: Path) -> None:
    sidecar = gallery / "walk.png.xmp"
    sidecar.write_bytes(XMP)
    inside("index", gallery)
    assert found(inside, "keyword:holiday") == ["walk.png"]
    assert found(inside, 'keyword:"new york" and dog') == ["walk.png"]
    assert found(inside, "keyword:holi") == []
    assert found(inside, "has:keyword") == ["walk.png"]
    assert len(found(inside, "not keyword:holiday")) == 3
    assert "keyword:holiday" in inside("search", "keyword:holiday", "--explain").out
    shown = json.loads(inside("show", gallery / "walk.png", "--json").out)
    assert shown["keywords"] == ["Anna", "Holiday", "New York", "People", "Places", "Rome"]
    [row] = csv.DictReader(inside("search", "keyword:holiday", "--csv").out.splitlines())
    assert list(row)[-3:] == ["labels", "objects", "keywords"]
    assert row["keywords"].split(";") == shown["keywords"]
    others = csv.DictReader(inside("search", "not has:keyword", "--csv").out.splitlines())
    assert [row["keywords"] for row in others] == ["", "", ""]
    inside("search", "keyword:", code=2)

    sidecar.write_bytes(XMP.replace(b"Holiday", b"Work").replace(b"HOLIDAY", b"work"))
    report = json.loads(inside("index", "--json").out)
    assert (report["changed"], report["analysed"]) == (1, 0)
    assert found(inside, "keyword:holiday") == []
    assert found(inside, "keyword:WORK") == ["walk.png"]

    os.rename(gallery / "walk.png", gallery / "trip" / "stroll.png")
    os.rename(sidecar, gallery / "trip" / "stroll.png.xmp")
    report = json.loads(inside("index", "--json").out)
    assert (report["moved"], report["analysed"]) == (1, 0)
    assert found(inside, "keyword:work") == ["stroll.png"]

    (gallery / "trip" / "stroll.png.xmp").unlink()
    inside("index")
    assert found(inside, "has:keyword") == []
    assert json.loads(inside("index", "--json").out)["unchanged"] == 4
