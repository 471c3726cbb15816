"""Running a model file with onnxruntime."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from phototag.errors import ModelBrokenError, UsageError

CPU = "cpu"
SILENT = 4
"""onnxruntime's severity `fatal`: what goes wrong is raised, and must not be printed over the progress bar as well."""

Tensor = npt.NDArray[Any]


class Session:
    """An open model. `inputs` and `outputs` map a tensor's name to (element type, shape) as the file declares them."""

    def __init__(self, path: Path, *, threads: int = 0, provider: str = CPU) -> None:
        """Load `path` on `threads` cores (0: all). No custom operators are ever registered, so a file can't bring code.

        Raises ModelBrokenError when the runtime refuses the file, UsageError when `provider` is not available here.
        """
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = SILENT
        # A waiting thread that spins takes the cores from decoding: off, two threads need half the processor time and,
        # beside other work, half the time on the clock (YOLOX-nano on two busy cores).
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.path = path
        try:
            self._session = ort.InferenceSession(str(path), options, providers=_providers(provider))
        except UsageError:
            raise
        except Exception as error:  # onnxruntime's exceptions share no base class but Exception
            raise ModelBrokenError(
                f"the model file {path} can't be loaded: {_first_line(error)}",
                hint="`phototag models verify` checks the installed files.",
            ) from error
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


def providers() -> tuple[str, ...]:
    """The names that `Session` takes as provider on this machine: cpu, and for example cuda or coreml."""
    return tuple(name.removesuffix("ExecutionProvider").lower() for name in ort.get_available_providers())


def _providers(provider: str) -> list[str]:
    available = ort.get_available_providers()
    wanted = [name for name in available if name.removesuffix("ExecutionProvider").lower() == provider.lower()]
    if not wanted:
        raise UsageError(
            f"onnxruntime has no provider “{provider}” on this machine", hint=f"It has: {', '.join(providers())}."
        )
    return wanted if provider.lower() == CPU else [*wanted, "CPUExecutionProvider"]


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
