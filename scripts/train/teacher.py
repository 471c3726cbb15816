"""The teachers, run online on every freshly augmented batch, on the student's device; nothing is cached.

YOLOX-nano (Apache-2.0) answers at any image size, since its graph is cut before its outputs are concatenated.
MobileNet-EdgeTPU (Apache-2.0) answers at 224 px.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import onnxruntime as ort
import torch
from torch import Tensor, nn
from torch.nn import functional

from scripts.train.onnxnet import OnnxNetwork, fused_silu

# Names of tensors inside yolox_nano.onnx where a stage ends: trunk, neck, class branches, box branches.
FEATURES = (
    "721", "781", "841", "886", "956", "990", "1024", "1044", "1086", "1128", "1061", "1103", "1145",
)  # fmt: skip
CLASSES = ("1045", "1087", "1129")
BOXES = ("1062", "1104", "1146")
OBJECTNESS = ("1063", "1105", "1147")

EDGE = "MobilenetEdgeTPU/"
EDGE_SIZE = 224
EDGE_STAGES = tuple(f"{EDGE}expanded_conv_{k}/add" for k in (4, 8, 16, 20))  # strides 4, 8, 16, 32
EDGE_CHANNELS = (32, 48, 96, 160)
EDGE_POOLED = f"{EDGE}Logits/AvgPool"  # [N, 1280, 1, 1]
EDGE_POOLED_CHANNELS = 1280
EDGE_LOGITS = f"{EDGE}Logits/Conv2d_1c_1x1/BiasAdd;{EDGE}Logits/Conv2d_1c_1x1/Conv2D;{EDGE}Logits/Conv2d_1c_1x1/biases1"


@dataclass(slots=True)
class Targets:
    """What the teacher says of a batch: features per stage end; the rest float32, all strides' cells in one row."""

    features: list[Tensor]
    objectness: Tensor  # [N, cells] probability
    classes: Tensor  # [N, 80, cells] probabilities
    boxes: Tensor  # [N, 4, cells]: offset x, y, log width, log height, in cells


def in_a_row(levels: list[Tensor]) -> Tensor:
    """Maps [N, c, h, w] of all strides as [N, c, cells], float32."""
    return torch.cat([level.flatten(2) for level in levels], 2).float()


class DetectionTeacher(nn.Module):
    """Callable: BGR pixels 0..255 [N, 3, H, W] to `Targets`."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.network = fused_silu(OnnxNetwork(path, (*FEATURES, *CLASSES, *BOXES, *OBJECTNESS)))

    @torch.no_grad()
    def forward(self, images: Tensor) -> Targets:
        found = self.network(images)
        n = len(FEATURES)
        classes, boxes, objectness = (in_a_row(found[n + k : n + k + 3]) for k in (0, 3, 6))
        return Targets(found[:n], objectness[:, 0].sigmoid(), classes.sigmoid(), boxes)


@dataclass(slots=True)
class ClassTargets:
    """What MobileNet-EdgeTPU says: features of strides 4 to 32, the pooled vector [N, 1280], logits [N, 1001]."""

    features: list[Tensor]
    pooled: Tensor
    logits: Tensor


class ClassTeacher(nn.Module):
    """Callable: BGR pixels 0..255 [N, 3, 224, 224] to `ClassTargets`."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.network = OnnxNetwork(path, (*EDGE_STAGES, EDGE_POOLED, EDGE_LOGITS))

    @torch.no_grad()
    def forward(self, images: Tensor) -> ClassTargets:
        found = self.network(images.flip(1).permute(0, 2, 3, 1))
        return ClassTargets(found[:4], found[4].flatten(1), found[5].flatten(1))


def resized(images: Tensor, size: int) -> Tensor:
    """Square samples at another size."""
    if images.shape[2] == size:
        return images
    return functional.interpolate(images, size=(size, size), mode="bilinear", antialias=True, align_corners=False)


def session(model: bytes | str, threads: int) -> ort.InferenceSession:
    """An ONNX Runtime session whose threads sleep while they wait: spinning ones would starve PyTorch's."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
