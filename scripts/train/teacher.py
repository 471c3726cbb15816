"""YOLOX-nano (Apache-2.0) as an online teacher: its raw outputs and features at any image size.

The published graph is cut before outputs are concatenated, which frees it from its fixed 416 px: every freshly
augmented batch gets its own targets, and nothing is cached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from numpy.typing import NDArray
from torch import Tensor

# Names of tensors inside yolox_nano.onnx: backbone strides 4..32, then the last class- and box-branch features.
FEATURES = ("721", "781", "841", "886", "1044", "1086", "1128", "1061", "1103", "1145")
FEATURE_CHANNELS = (32, 64, 128, 256, 64, 64, 64, 64, 64, 64)
CLASSES = ("1045", "1087", "1129")
BOXES = ("1062", "1104", "1146")
OBJECTNESS = ("1063", "1105", "1147")


@dataclass(slots=True)
class Targets:
    """What the teacher says of a batch, one entry per stride: logits, except boxes (offset, log size in cells)."""

    features: list[Tensor]
    classes: list[Tensor]  # [N, 80, h, w] logits
    boxes: list[Tensor]  # [N, 4, h, w]
    objectness: list[Tensor]  # [N, 1, h, w] logits

    def to(self, device: torch.device) -> Targets:
        lists = (self.features, self.classes, self.boxes, self.objectness)
        return Targets(*([tensor.to(device) for tensor in tensors] for tensors in lists))


def cut(source: Path) -> bytes:
    """The teacher's graph up to its raw outputs, with free batch, height and width."""
    model = onnx.load(source)
    graph = model.graph
    wanted = (*FEATURES, *CLASSES, *BOXES, *OBJECTNESS)
    needed = set(wanted)
    kept = []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(name for name in node.input if name)
    kept.reverse()
    del graph.node[:], graph.output[:], graph.value_info[:]
    graph.node.extend(kept)
    graph.output.extend(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in wanted)
    dims = graph.input[0].type.tensor_type.shape.dim
    for index, name in ((0, "N"), (2, "H"), (3, "W")):
        dims[index].ClearField("dim_value")
        dims[index].dim_param = name
    return bytes(model.SerializeToString())


def session(model: bytes | str, threads: int) -> ort.InferenceSession:
    """A session whose threads sleep while they wait: spinning ones would starve PyTorch's."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    wanted = ("CUDAExecutionProvider", "CPUExecutionProvider")
    providers = [name for name in wanted if name in ort.get_available_providers()]
    return ort.InferenceSession(model, options, providers=providers)


class Teacher:
    """Callable: float32 BGR pixels 0..255 [N, 3, H, W] to `Targets` on the CPU."""

    def __init__(self, path: Path, threads: int) -> None:
        self._session = session(cut(path), threads)

    def __call__(self, images: NDArray[np.float32]) -> Targets:
        outputs: Sequence[NDArray[np.float32]] = self._session.run(None, {"images": images})
        tensors = [torch.from_numpy(array) for array in outputs]
        return Targets(tensors[:10], tensors[10:13], tensors[13:16], tensors[16:19])
