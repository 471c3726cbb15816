"""Names made from foreign text stay names."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phototag.app.names import check_template, fill_template, safe_name
from phototag.errors import UsageError


@given(st.text())
def test_a_safe_name_is_one_part_of_a_path(text: str) -> None:
    name = safe_name(text)
    assert name
    assert os.path.basename(name) == name
    assert name not in (".", "..")
    assert not name.startswith(".")
    assert len(name) <= 81
    assert not set(name) & set('/\\:*?"<>|\0\n')


@pytest.mark.parametrize("text", ["../../etc/passwd", "..", "/", "CON", "nul.txt", "a\0b", "\x1b[31m"])
def test_hostile_names_are_made_harmless(text: str) -> None:
    assert fill_template("{label}/{label}.jpg", {"label": text}).count("/") == 1
    assert ".." not in safe_name(text).split(".")
    assert safe_name(text).lower() not in ("con", "nul.txt")


def test_templates_may_make_folders() -> None:
    check_template("{label}/{photo}.jpg", ("label", "photo"))
    assert fill_template("{label}/{photo}.jpg", {"label": "traffic light", "photo": "a b"}) == "traffic_light/a_b.jpg"


@pytest.mark.parametrize("template", ["", "{", "..", "a/../../b", "/a", "C:\\a", "a\0", "{label!r}", "a/{other}"])
def test_templates_that_lead_elsewhere_are_refused(template: str) -> None:
    with pytest.raises(UsageError):
        check_template(template, ("label",))
