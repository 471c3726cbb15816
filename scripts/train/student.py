"""The networks of the `tiny` pack: one trunk design, a detector head and a tagger head on top of it.

Plain 3×3 residual convolutions throughout: on CPUs with wide vectors they train several times faster per multiplication
than depthwise ones, and ONNX Runtime fuses convolution, normalisation and ReLU into one kernel each.
Detector: FPN + PAN neck (Lin et al. 2017; Liu et al. 2018) and a decoupled head in YOLOX's form (Ge et al. 2021,
arXiv:2107.08430), so that phototag's YOLOX decoder reads its output.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDES = (8, 16, 32)
TRUNK_CHANNELS = (32, 64, 128, 192)
NECK_CHANNELS = 64
CLASSES = 80


class ConvNorm(nn.Sequential):
    """Convolution, batch normalisation and, unless `act` is false, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1, act: bool = True) -> None:
        layers: list[nn.Module] = [
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(outputs, momentum=0.03),
        ]
        super().__init__(*layers, *([nn.ReLU(inplace=True)] if act else []))


class Residual(nn.Module):
    """Two 3×3 convolutions beside an identity; starts close to the identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = ConvNorm(channels, channels)
        self.second = ConvNorm(channels, channels, act=False)
        nn.init.constant_(self.second[1].weight, 0.2)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(x + self.second(self.first(x)))


class GlobalContext(nn.Module):
    """Adds a projection of the image's mean feature to every cell."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.project = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.project(x.mean((2, 3), keepdim=True))


class Trunk(nn.Module):
    """Features of strides 4, 8, 16 and 32 from BGR pixels 0..255 [N, 3, H, W]; H and W are multiples of 32."""

    def __init__(self) -> None:
        super().__init__()
        a, b, c, d = TRUNK_CHANNELS
        self.stem = nn.Sequential(
            nn.Conv2d(3, a, 6, 4, 1, bias=False), nn.BatchNorm2d(a, momentum=0.03), nn.ReLU(inplace=True)
        )
        self.stage2 = Residual(a)
        self.stage3 = nn.Sequential(ConvNorm(a, b, stride=2), Residual(b), Residual(b))
        self.stage4 = nn.Sequential(ConvNorm(b, c, stride=2), Residual(c), Residual(c))
        self.stage5 = nn.Sequential(ConvNorm(c, d, stride=2), Residual(d), GlobalContext(d), Residual(d))

    def forward(self, images: Tensor) -> list[Tensor]:
        x2 = self.stage2(self.stem((images - 114.0).mul_(1 / 64)))
        x3 = self.stage3(x2)
        x4 = self.stage4(x3)
        return [x2, x3, x4, self.stage5(x4)]


@dataclass(slots=True)
class Prediction:
    """Raw outputs, one entry per stride, as logits; `features` are what the teacher's features are compared with."""

    classes: list[Tensor]  # [N, 80, h, w]
    boxes: list[Tensor]  # [N, 5, h, w]: offset x, y, log width, log height (in cells), objectness
    features: list[Tensor]


def upsample(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")


class Detector(nn.Module):
    """Trunk, neck and head; `forward` gives logits for training, `ExportDetector` the YOLOX output."""

    def __init__(self) -> None:
        super().__init__()
        _, b, c, d = TRUNK_CHANNELS
        n = NECK_CHANNELS
        self.trunk = Trunk()
        self.lateral = nn.ModuleList([ConvNorm(i, n, 1) for i in (b, c, d)])
        self.down_path = nn.ModuleList([ConvNorm(n, n), ConvNorm(n, n)])
        self.stride_conv = nn.ModuleList([ConvNorm(n, n, stride=2), ConvNorm(n, n, stride=2)])
        self.up_path = nn.ModuleList([ConvNorm(n, n), ConvNorm(n, n)])
        self.class_branch = nn.ModuleList([ConvNorm(n, n) for _ in STRIDES])
        self.box_branch = nn.ModuleList([ConvNorm(n, n) for _ in STRIDES])
        self.class_out = nn.ModuleList([nn.Conv2d(n, CLASSES, 1) for _ in STRIDES])
        self.box_out = nn.ModuleList([nn.Conv2d(n, 5, 1) for _ in STRIDES])
        for layer in self.class_out:
            nn.init.constant_(layer.bias, -4.0)
        for layer in self.box_out:
            nn.init.zeros_(layer.bias)
            layer.bias.data[4] = -4.0  # type: ignore[operator,index]

    def forward(self, images: Tensor) -> Prediction:
        trunk = self.trunk(images)
        x3, x4, x5 = (layer(x) for layer, x in zip(self.lateral, trunk[1:], strict=True))
        p4 = self.down_path[0](x4 + upsample(x5))
        p3 = self.down_path[1](x3 + upsample(p4))
        q4 = self.up_path[0](p4 + self.stride_conv[0](p3))
        q5 = self.up_path[1](x5 + self.stride_conv[1](q4))
        levels = (p3, q4, q5)
        by_class = [layer(x) for layer, x in zip(self.class_branch, levels, strict=True)]
        by_box = [layer(x) for layer, x in zip(self.box_branch, levels, strict=True)]
        return Prediction(
            [layer(x) for layer, x in zip(self.class_out, by_class, strict=True)],
            [layer(x) for layer, x in zip(self.box_out, by_box, strict=True)],
            trunk + by_class + by_box,
        )


class ExportDetector(nn.Module):
    """YOLOX output [N, cells, 85]: offsets and log sizes in cells, then objectness and classes after a sigmoid."""

    def __init__(self, detector: Detector) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, images: Tensor) -> Tensor:
        out = self.detector(images)
        levels = [
            torch.cat([box[:, :4], box[:, 4:].sigmoid(), cls.sigmoid()], 1).flatten(2)
            for box, cls in zip(out.boxes, out.classes, strict=True)
        ]
        return torch.cat(levels, 2).transpose(1, 2)


class Tagger(nn.Module):
    """Tags of a whole photo: (probabilities [N, tags], feature vector [N, 256] of length 1) from BGR pixels 0..255."""

    FEATURES = 256

    def __init__(self, tags: int) -> None:
        super().__init__()
        self.trunk = Trunk()
        self.embed = nn.Linear(TRUNK_CHANNELS[2] + 2 * TRUNK_CHANNELS[3], self.FEATURES, bias=False)
        self.norm = nn.BatchNorm1d(self.FEATURES, momentum=0.03)
        self.output = nn.Linear(self.FEATURES, tags)
        nn.init.constant_(self.output.bias, -4.0)

    def embedding(self, images: Tensor) -> Tensor:
        _, _, x4, x5 = self.trunk(images)
        pooled = torch.cat([x4.mean((2, 3)), x5.mean((2, 3)), x5.amax((2, 3))], 1)
        return self.norm(self.embed(pooled))

    def logits(self, images: Tensor) -> Tensor:
        return self.output(functional.relu(self.embedding(images)))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        embedding = self.embedding(images)
        return self.output(functional.relu(embedding)).sigmoid(), functional.normalize(embedding)
