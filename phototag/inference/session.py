"""Running a model file with onnxruntime."""

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from phototag.errors import ModelBrokenError
from phototag.inference.providers import CPU, execution_providers, missing_hint, provider_options
from phototag.inference.signed import helps_here, signed_weights

SILENT = 4
"""onnxruntime's severity `fatal`: what goes wrong is raised, and must not be printed over the progress bar as well."""

NEWER = "Export the model for an older opset, or install a newer onnxruntime."
WHOLE = "Fetch the file again: a page, a pointer or a part of a model is no model."
REFUSALS = (
    (
        r"Opset (\d+) is under development.*?for domain (\S+) is till opset (\d+)",
        "it needs opset {} of {}, this onnxruntime knows those up to {}",
        NEWER,
    ),
    (
        r"Unsupported model IR version: (\d+), max supported IR version: (\d+)",
        "it is in version {} of the ONNX format, this onnxruntime reads those up to {}",
        NEWER,
    ),
    (
        r"(\S+?)\(-?\d+\) is not a registered function",
        "it needs the operator {}, which onnxruntime has not; operators from elsewhere are code and never loaded",
        "Export the model with standard operators only.",
    ),
    (
        r"External data path does not exist: \"(.*?)\"",
        "its weights are in a file of their own that is not there: {}",
        "Put the file with the weights beside the model.",
    ),
    (
        r"External data path escapes model directory. External data path: \"(.*?)\"",
        "it wants to read {}, which is outside its folder",
        "Such a file is not to be trusted.",
    ),
    (r"Protobuf parsing failed|No graph was found", "it is no ONNX file", WHOLE),
    (r"NOT_IMPLEMENTED.*?implementation for (\S+)", "this onnxruntime can't run its operator {}", NEWER),
)
"""What onnxruntime says, what it means, and what to do."""

Tensor = npt.NDArray[Any]


class Session:
    """An open model. `inputs` and `outputs` map a tensor's name to (element type, shape) as the file declares them."""

    def __init__(self, path: Path, *, threads: int = 0, provider: str = CPU) -> None:
        """Load `path` on `threads` cores (0: all). No custom operators are ever registered, so a file can't bring code.

        Raises ModelBrokenError when the runtime refuses the file or silently uses another provider than the one asked
        for, ModelMissingError when `provider` is not available here.
        """
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = SILENT
        # A waiting thread that spins takes the cores from decoding: off, two threads need half the processor time and,
        # beside other work, half the time on the clock (YOLOX-nano on two busy cores).
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.path = path
        wanted = execution_providers(provider)
        try:
            self._session = _load(path, options, wanted, provider_options(provider))
        except Exception as error:  # onnxruntime's exceptions share no base class but Exception
            reason, hint = _refusal(error)
            raise ModelBrokenError(f"the model file {path} can't be loaded: {reason}", hint=hint) from error
        self._session.disable_fallback()
        used = self._session.get_providers()
        if used[:1] != wanted[:1]:  # onnxruntime prints a warning, which nobody sees, and goes on without it
            raise ModelBrokenError(
                f"the provider “{provider}” does not work here: onnxruntime fell back to {used[0]}",
                hint=missing_hint(provider),
            )
        self.inputs = {tensor.name: (tensor.type, tuple(tensor.shape)) for tensor in self._session.get_inputs()}
        self.outputs = {tensor.name: (tensor.type, tuple(tensor.shape)) for tensor in self._session.get_outputs()}

    @property
    def metadata(self) -> dict[str, str]:
        """The notes that the exporter left in the file, such as class names."""
        return dict(self._session.get_modelmeta().custom_metadata_map)

    def run(self, feeds: Mapping[str, Tensor], outputs: tuple[str, ...]) -> dict[str, Tensor]:
        """The tensors named `outputs` for the tensors in `feeds`.

        Raises ModelBrokenError when the model has no such output or fails on these inputs.
        """
        missing = [name for name in outputs if name not in self.outputs]
        if missing:
            raise ModelBrokenError(f"{self.path.name} has no output “{missing[0]}”; it has {', '.join(self.outputs)}")
        try:
            results = self._session.run(list(outputs), dict(feeds))
        except Exception as error:
            raise ModelBrokenError(f"{self.path.name} failed on an image: {_first_line(error)}") from error
        return {name: np.asarray(result) for name, result in zip(outputs, results, strict=True)}


def _load(path: Path, options: ort.SessionOptions, providers: list[str], told: dict[str, str]) -> ort.InferenceSession:
    """The file as it is, or with signed weights where the processor is faster with them."""
    if len(providers) == 1 and helps_here():  # the processor alone
        with suppress(Exception):  # onnxruntime's exceptions share no base class; of the file itself it says more
            signed = signed_weights(path.read_bytes())
            if signed is not None:
                return ort.InferenceSession(signed, options, providers=providers)
    each = [told, *({} for _ in providers[1:])]
    return ort.InferenceSession(str(path), options, providers=providers, provider_options=each)


def _refusal(error: Exception) -> tuple[str, str]:
    """Why the runtime refuses a file, and what to do: in plain words for what is known to happen."""
    text = str(error)
    for pattern, reason, hint in REFUSALS:
        if found := re.search(pattern, text, re.DOTALL):
            return reason.format(*found.groups()), hint
    return _first_line(error), "`phototag models verify` checks the installed files."


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
