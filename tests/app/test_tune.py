"""Thresholds in the user's config file: written with care, and read back as they were."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phototag.app.config import change
from phototag.app.tune import store_thresholds
from phototag.errors import UsageError
from phototag.settings import load_settings


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PHOTOTAG_CONFIG_DIR", str(tmp_path / "config"))
    return tmp_path / "config" / "config.toml"


def test_a_new_file_is_its_owners_alone(config: Path) -> None:
    assert store_thresholds(load_settings(), {"hot dog": 0.25}) == config
    assert load_settings().thresholds == {"hot dog": 0.25}
    assert stat.S_IMODE(os.stat(config).st_mode) == 0o600


@pytest.mark.parametrize(
    "before",
    [
        "",
        "pack = 'small' # mine\n",
        "[thresholds]\ncat = 0.9\n",
        "thresholds = { cat = 0.9 }\n",
        "thresholds.cat = 0.9\n",
    ],
)
def test_what_stood_there_stays(config: Path, before: str) -> None:
    config.parent.mkdir()
    config.write_text(before)
    old = load_settings()
    store_thresholds(old, {"dog": 0.5})
    new = load_settings()
    assert new.thresholds == {**old.thresholds, "dog": 0.5}
    assert new.pack == old.pack
    assert ("# mine" in before) == ("# mine" in config.read_text())


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.floats(0, 1), max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
def test_any_label_can_be_written_and_read(config: Path, thresholds: Mapping[str, float]) -> None:
    config.unlink(missing_ok=True)
    store_thresholds(load_settings(), thresholds)
    assert load_settings().thresholds == thresholds


def test_settings_are_changed_one_by_one_and_comments_stay(config: Path) -> None:
    config.parent.mkdir()
    before = "# my photos\nworkers = 2 # old laptop\n\n[thresholds]\n# too many cats\ncat = 0.9\n"
    config.write_text(before)
    change(load_settings(), "pack", "small")
    change(load_settings(), "thresholds.dog", "0.5")
    changed = load_settings()
    assert (changed.pack, changed.workers, changed.thresholds) == ("small", 2, {"cat": 0.9, "dog": 0.5})
    for name in ("pack", "thresholds.dog", "thresholds.bird"):
        change(load_settings(), name, None)
    assert config.read_text() == before
    with pytest.raises(UsageError):
        change(load_settings(), "min_confidence", "7")
    assert config.read_text() == before


def test_a_link_stays_a_link_and_a_broken_file_is_left_alone(config: Path, tmp_path: Path) -> None:
    config.parent.mkdir()
    real = tmp_path / "dotfiles.toml"
    real.write_text("workers = 1\n")
    config.symlink_to(real)
    before = load_settings()
    store_thresholds(before, {"dog": 0.5})
    assert config.is_symlink()
    assert load_settings().thresholds == {"dog": 0.5}
    real.write_text("workers = ")
    with pytest.raises(UsageError, match=r"config\.toml can't be read"):
        store_thresholds(before, {"dog": 0.6})
    assert real.read_text() == "workers = "
