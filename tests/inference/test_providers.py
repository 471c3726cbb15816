"""Providers: what is asked for and missing is an error, the likely are tried first, the processor is always there."""

import onnxruntime
import pytest
from onnxruntime.capi import _pybind_state

from phototag.errors import ModelBrokenError, ModelMissingError, UsageError
from phototag.inference.catalog import Catalog
from phototag.inference.providers import PROVIDERS, available, candidates, execution_providers, provider_options
from phototag.inference.session import Session


def absent() -> str:
    return next(name for name in PROVIDERS if name not in (*available(), "auto"))


def test_the_processor_is_always_there_and_the_last_resort() -> None:
    assert "cpu" in available()
    assert candidates("cpu") == ("cpu",)
    assert candidates("auto")[-1] == "cpu"
    assert execution_providers("cpu") == ["CPUExecutionProvider"]


def test_what_is_asked_for_and_missing_is_an_error_that_says_what_to_install() -> None:
    with pytest.raises(ModelMissingError, match=f"no provider “{absent()}”") as caught:
        candidates(absent())
    assert "onnxruntime" in caught.value.hint
    with pytest.raises(UsageError, match="no provider “abacus”") as wrong:
        candidates("abacus")
    assert "openvino" in wrong.value.hint


@pytest.mark.parametrize(("devices", "by_itself", "told"), [
    (["CPU"], False, {}),
    (["CPU", "GPU.0", "GPU.1", "NPU"], True, {"device_type": "GPU"}),
])  # fmt: skip
def test_openvino_is_taken_by_itself_for_a_graphics_chip_alone(
    devices: list[str], by_itself: bool, told: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the processor it is slower than phototag's own processes; and it takes that unless it is told otherwise."""
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["OpenVINOExecutionProvider"])
    monkeypatch.setattr(_pybind_state, "get_available_openvino_device_ids", lambda: devices, raising=False)
    assert ("openvino" in candidates("auto")) is by_itself
    assert candidates("openvino") == ("openvino",)
    assert provider_options("openvino") == told
    assert provider_options("cuda") == {}


def test_a_silent_fallback_is_found_out(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """onnxruntime lists a provider that its build has, and goes on without it when its libraries are not there."""
    name = "cuda"
    if name in available():
        pytest.skip("this machine may really have it")
    everything = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: everything)
    with (
        pytest.warns(UserWarning, match="not in available provider names"),
        pytest.raises(ModelBrokenError, match="fell back to CPU"),
    ):
        Session(catalog.folder / "squares.onnx", provider=name)
