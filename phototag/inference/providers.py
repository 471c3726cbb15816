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

PROVIDERS = (AUTO, *_EXECUTION)
"""The names that users may ask for."""


def available() -> tuple[str, ...]:
    """What this installation of onnxruntime offers; `cpu` is always there."""
    there = ort.get_available_providers()
    return tuple(name for name, execution in _EXECUTION.items() if execution in there)


def candidates(asked: str) -> tuple[str, ...]:
    """The providers to try in turn: the one that was asked for, or for `auto` every likely one, and the processor last.

    Raises UsageError for a name that is none, ModelMissingError, saying what to install, for one that is not there.
    """
    if asked not in PROVIDERS:
        raise UsageError(f"there is no provider “{asked}”", hint=f"Providers are: {', '.join(PROVIDERS)}.")
    there = available()
    if asked == AUTO:
        return (*(name for name in _BY_ITSELF if name in there), CPU)
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


def missing_hint(provider: str) -> str:
    """What to do when a provider does not work."""
    return _PACKAGES.get(provider, "`phototag doctor` shows what this machine has.")
