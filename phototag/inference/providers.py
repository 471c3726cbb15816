"""What a model can run on: the processor, or an accelerator that this installation of onnxruntime knows."""

import onnxruntime as ort

from phototag.errors import ModelMissingError, UsageError

CPU = "cpu"
AUTO = "auto"

_EXECUTION = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "directml": "DmlExecutionProvider",
}
_PACKAGES = {
    "cuda": "Install onnxruntime-gpu in place of onnxruntime, and CUDA with cuDNN as its notes say.",
    "coreml": "It is part of onnxruntime on macOS only.",
    "openvino": "Install onnxruntime-openvino in place of onnxruntime.",
    "directml": "Install onnxruntime-directml (Windows only) in place of onnxruntime.",
}
# CoreML is left out: it compiles a model in every process and is not always faster than the processor beside it.
_BY_ITSELF = ("cuda", "directml", "openvino")
_GRAPHICS = "GPU"

PROVIDERS = (AUTO, *_EXECUTION)
"""The names that users may ask for."""


def available() -> tuple[str, ...]:
    """What this installation of onnxruntime offers; `cpu` is always there."""
    there = ort.get_available_providers()
    return tuple(name for name, execution in _EXECUTION.items() if execution in there)


def checked_provider(asked: str) -> str:
    """The provider's name. Raises UsageError for one that is none."""
    if asked not in PROVIDERS:
        raise UsageError(f"there is no provider “{asked}”", hint=f"Providers are: {', '.join(PROVIDERS)}.")
    return asked


def candidates(asked: str) -> tuple[str, ...]:
    """The providers to try in turn: the one that was asked for, or for `auto` every likely one, and the processor last.

    Raises UsageError for a name that is none, ModelMissingError, saying what to install, for one that is not there.
    """
    checked_provider(asked)
    there = available()
    if asked == AUTO:
        return (*(name for name in _BY_ITSELF if name in there and _accelerates(name)), CPU)
    if asked not in there:
        raise ModelMissingError(
            f"onnxruntime has no provider “{asked}” on this machine; it has: {', '.join(there)}", hint=_PACKAGES[asked]
        )
    return (asked,)


def execution_providers(provider: str) -> list[str]:
    """onnxruntime's names for a provider, with the processor for what an accelerator can't do. Raises as `candidates`
    does."""
    (name,) = candidates(provider) if provider != AUTO else (CPU,)
    return [_EXECUTION[name]] if name == CPU else [_EXECUTION[name], _EXECUTION[CPU]]


def provider_options(provider: str) -> dict[str, str]:
    """What onnxruntime must be told of a provider: OpenVINO takes the processor unless given the graphics chip."""
    return {"device_type": _GRAPHICS} if provider == "openvino" and _openvino_has_graphics() else {}


def _accelerates(provider: str) -> bool:
    """Whether it is likely to be faster than the processor: OpenVINO on the processor itself is slower than phototag's
    own processes."""
    return provider != "openvino" or _openvino_has_graphics()


def _openvino_has_graphics() -> bool:
    try:  # only onnxruntime-openvino has it, and onnxruntime itself offers no other way
        from onnxruntime.capi._pybind_state import get_available_openvino_device_ids
    except ImportError:
        return False
    return any(device.startswith(_GRAPHICS) for device in get_available_openvino_device_ids())


def missing_hint(provider: str) -> str:
    """What to do when a provider does not work."""
    return _PACKAGES.get(provider, "`phototag doctor` shows what this machine has.")
