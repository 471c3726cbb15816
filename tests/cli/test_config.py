"""Settings as a user changes them, and what is refused at once."""

import os
from pathlib import Path

import pytest

from tests.conftest import Inside


def config_file() -> Path:
    return Path(os.environ["PHOTOTAG_CONFIG_DIR"]) / "config.toml"


@pytest.mark.parametrize("provider", ["3", "CPU", "abacus"])
def test_a_provider_that_there_is_not_is_refused_at_once(inside: Inside, provider: str) -> None:
    told = inside("config", "set", "provider", provider, code=2).err
    assert f"there is no provider “{provider}”" in told
    assert "Providers are: auto, cpu, cuda, coreml, openvino, directml." in told
    assert not config_file().exists()
    inside("config", "set", "provider", "cuda")  # it may be for another day
    assert 'provider = "cuda"' in config_file().read_text("utf-8")


def test_a_provider_that_stands_in_a_file_or_a_variable_is_refused_by_index(
    inside: Inside, gallery: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHOTOTAG_PROVIDER", "abacus")
    assert "Providers are: auto, cpu" in inside("index", gallery, code=2).err
    monkeypatch.delenv("PHOTOTAG_PROVIDER")
    config_file().parent.mkdir(parents=True, exist_ok=True)
    config_file().write_text('provider = "3"\n', "utf-8")
    assert "there is no provider “3”" in inside("index", gallery, code=2).err
    inside("config", "unset", "provider")
    assert "provider" not in config_file().read_text("utf-8")


def test_a_threshold_without_its_label_is_told_so(inside: Inside) -> None:
    for words in (("set", "thresholds.", "0.4"), ("set", "thresholds. ", "0.4"), ("unset", "thresholds.")):
        told = inside("config", *words, code=2).err
        assert "lacks the label" in told
        assert "thresholds.dog 0.4" in told
    assert not config_file().exists()
