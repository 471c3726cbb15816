"""Settings: defaults < file < environment < options, and nothing misspelt passes unseen."""

from dataclasses import fields
from pathlib import Path

import pytest

from phototag.errors import UsageError
from phototag.settings import CHECKS, Settings, checked_setting, load_settings


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    return {f"PHOTOTAG_{kind}_DIR": str(tmp_path / kind.lower()) for kind in ("DATA", "CONFIG", "CACHE")} | more


def write(tmp_path: Path, text: str) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.toml").write_text(text, "utf-8")


def test_every_setting_can_be_set() -> None:
    assert {field.name for field in fields(Settings)} == set(CHECKS) | {"folders"}


def test_defaults(tmp_path: Path) -> None:
    settings = load_settings(environment(tmp_path))
    assert settings.db == str(tmp_path / "data" / "index.db")
    assert settings.folders.models == tmp_path / "data" / "models"


def test_each_level_beats_the_one_below(tmp_path: Path) -> None:
    write(tmp_path, 'workers = 3\npack = "small"\nfloor = 0.1\n[thresholds]\ndog = 0.6\n')
    settings = load_settings(environment(tmp_path, PHOTOTAG_PACK="medium", PHOTOTAG_FLOOR="0.2"))
    assert (settings.workers, settings.pack, settings.floor) == (3, "medium", 0.2)
    assert settings.thresholds == {"dog": 0.6}
    assert settings.with_options(floor=0.3, pack=None).floor == 0.3
    assert settings.with_options(floor=0.3, pack=None).pack == "medium"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("colour = 1", "there is no setting"),
        ("workers = 0", "above 0"),
        ("workers = 2.5", "a whole number above 0"),
        ("workers = inf", "a whole number above 0"),
        ("max_megapixels = 'huge'", "a number above 0"),
        ("min_confidence = nan", "a number between 0 and 1"),
        ("floor = 2", "between 0 and 1"),
        ("floor = [", "can't be read"),
        ("thresholds = 3", "table"),
        ("follow_symlinks = 'perhaps'", "true or false"),
    ],
)
def test_a_bad_file_says_what_and_where(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path, text)
    with pytest.raises(UsageError, match=message) as raised:
        load_settings(environment(tmp_path))
    assert "config.toml" in raised.value.message


def test_a_bad_variable_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="PHOTOTAG_WORKERS"):
        load_settings(environment(tmp_path, PHOTOTAG_WORKERS="many"))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("workers", "two", "config: workers = two can't be used: it must be a whole number above 0"),
        ("follow_symlinks", 3, "config: follow_symlinks = 3 can't be used: it must be true or false"),
        (
            "thresholds",
            {"dog": 40.0},
            "config: thresholds can't be used: dog = 40.0: it must be a number between 0 and 1",
        ),
    ],
)
def test_a_bad_value_is_told_in_plain_words(name: str, value: object, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        checked_setting(name, value, "config")
    assert raised.value.message == said
