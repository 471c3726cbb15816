"""The detector of the `tiny` pack: depthwise CSP trunk, FPN and PAN, decoupled heads, in YOLOX's output form.

A design of our own after CSPNet (Wang et al. 2020, arXiv:1911.11929), FPN and PAN (Lin et al. 2017; Liu et al. 2018)
and YOLOX (Ge et al. 2021, arXiv:2107.08430): plain convolutions where the resolution halves, depthwise ones between,
ReLU inside (ONNX Runtime fuses it into the convolution), SiLU only where a stage ends. Stages end where the teacher's
do and in as many channels, so that during training a stage can be fed with the teacher's features of the one before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDES = (8, 16, 32)
TRUNK_CHANNELS = (32, 64, 128, 256)  # at strides 4, 8, 16, 32
NECK_CHANNELS = (64, 128, 256)
HEAD_CHANNELS = 64
CLASSES = 80

Swap = Callable[[int, Tensor], Tensor]  # (which stage end, its output) to what the next stage gets


class ConvNorm(nn.Sequential):
    """Convolution, batch normalisation and an activation: ReLU, or what is given, or none (`nn.Identity`)."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1, *, groups: int = 1,
        act: type[nn.Module] = nn.ReLU,
    ) -> None:  # fmt: skip
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, (kernel - 1) // 2, groups=groups, bias=False),
            nn.BatchNorm2d(outputs, momentum=0.03),
            act(),
        )


def separable(inputs: int, outputs: int, act: type[nn.Module] = nn.ReLU) -> nn.Sequential:
    """3×3 per channel, then 1×1 across channels."""
    return nn.Sequential(
        ConvNorm(inputs, inputs, groups=inputs, act=nn.Identity), ConvNorm(inputs, outputs, 1, act=act)
    )


class Bottleneck(nn.Module):
    """1×1, then separable 3×3, beside an identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = ConvNorm(channels, channels, 1)
        self.second = separable(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.second(self.first(x))
        return out


class Csp(nn.Module):
    """Half of the channels pass through `depth` bottlenecks, half pass by; a 1×1 convolution joins them."""

    def __init__(self, inputs: int, outputs: int, depth: int, act: type[nn.Module] = nn.SiLU) -> None:
        super().__init__()
        hidden = outputs // 2
        self.through = nn.Sequential(ConvNorm(inputs, hidden, 1), *(Bottleneck(hidden) for _ in range(depth)))
        self.by = ConvNorm(inputs, hidden, 1)
        self.join = ConvNorm(2 * hidden, outputs, 1, act=act)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.join(torch.cat([self.through(x), self.by(x)], 1))
        return out


class Pyramid(nn.Module):
    """Maxima over 5, 9 and 13 cells beside the cell itself (SPP, He et al. 2014), in half of the channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.narrow = ConvNorm(channels, channels // 2, 1)
        self.join = ConvNorm(2 * channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        levels = [self.narrow(x)]
        for _ in range(3):
            levels.append(functional.max_pool2d(levels[-1], 5, 1, 2))
        out: Tensor = self.join(torch.cat(levels, 1))
        return out


class Trunk(nn.Module):
    """Features of strides 4, 8, 16 and 32 from BGR pixels 0..255 [N, 3, H, W]; H and W are multiples of 32."""

    def __init__(self) -> None:
        super().__init__()
        a, b, c, d = TRUNK_CHANNELS
        self.stages = nn.ModuleList([
            nn.Sequential(ConvNorm(3, 16, 6, 2), ConvNorm(16, a, 3, 2), Csp(a, a, 1)),
            nn.Sequential(ConvNorm(a, b, 3, 2), Csp(b, b, 3)),
            nn.Sequential(ConvNorm(b, c, 3, 2), Csp(c, c, 3)),
            nn.Sequential(ConvNorm(c, d, 3, 2), Pyramid(d), Csp(d, d, 1)),
        ])  # fmt: skip

    def forward(self, images: Tensor, swap: Swap) -> list[Tensor]:
        x = (images - 114.0) * (1 / 64)
        out = []
        for k, stage in enumerate(self.stages):
            x = stage(swap(k - 1, x) if k else x)
            out.append(x)
        return out


class Neck(nn.Module):
    """Mixes the three coarse levels, downwards and upwards again."""

    def __init__(self) -> None:
        super().__init__()
        _, b, c, d = TRUNK_CHANNELS
        low, middle, high = NECK_CHANNELS
        self.narrow5 = ConvNorm(d, c, 1)
        self.down4 = Csp(2 * c, c, 1, nn.ReLU)
        self.narrow4 = ConvNorm(c, b, 1)
        self.down3 = Csp(2 * b, low, 1)
        self.stride3 = nn.Sequential(ConvNorm(low, low, 3, 2, groups=low, act=nn.Identity), ConvNorm(low, b, 1))
        self.up4 = Csp(2 * b, middle, 1)
        self.stride4 = nn.Sequential(
            ConvNorm(middle, middle, 3, 2, groups=middle, act=nn.Identity), ConvNorm(middle, c, 1)
        )
        self.up5 = Csp(2 * c, high, 1)

    def forward(self, x3: Tensor, x4: Tensor, x5: Tensor) -> list[Tensor]:
        n5 = self.narrow5(x5)
        n4 = self.narrow4(self.down4(torch.cat([upsample(n5), x4], 1)))
        p3 = self.down3(torch.cat([upsample(n4), x3], 1))
        p4 = self.up4(torch.cat([self.stride3(p3), n4], 1))
        return [p3, p4, self.up5(torch.cat([self.stride4(p4), n5], 1))]


def upsample(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")


class Head(nn.Module):
    """Of one level: what comes before the last 1×1 convolution of the class and of the box branch, and that one."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        n = HEAD_CHANNELS
        self.stem = ConvNorm(channels, n, 1)
        self.class_branch = nn.Sequential(separable(n, n), separable(n, n, nn.SiLU))
        self.box_branch = nn.Sequential(separable(n, n), separable(n, n, nn.SiLU))
        self.class_out = nn.Conv2d(n, CLASSES, 1)
        self.box_out = nn.Conv2d(n, 5, 1)
        nn.init.constant_(self.class_out.bias, -4.0)  # type: ignore[arg-type]
        nn.init.constant_(self.box_out.bias, 0.0)  # type: ignore[arg-type]
        self.box_out.bias.data[4] = -4.0  # type: ignore[union-attr]

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.stem(x)
        return self.class_branch(x), self.box_branch(x)


@dataclass(slots=True)
class Prediction:
    """Raw outputs, one entry per stride, as logits; `features` are the ends of stages, compared with the teacher's."""

    classes: list[Tensor]  # [N, 80, h, w]
    boxes: list[Tensor]  # [N, 5, h, w]: offset x, y, log width, log height (in cells), objectness
    features: list[Tensor]  # 4 of the trunk, 3 of the neck, 3 of the class branches, 3 of the box branches


class Detector(nn.Module):
    """Trunk, neck and head; `forward` gives logits for training, `ExportDetector` the YOLOX output."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = Trunk()
        self.neck = Neck()
        self.heads = nn.ModuleList(Head(channels) for channels in NECK_CHANNELS)

    def forward(self, images: Tensor, swap: Swap = lambda _, x: x) -> Prediction:
        trunk = self.trunk(images, swap)
        neck = self.neck(*(swap(k, trunk[k]) for k in (1, 2, 3)))
        pairs = [head(swap(4 + k, x)) for k, (head, x) in enumerate(zip(self.heads, neck, strict=True))]
        by_class, by_box = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        heads: list[Head] = list(self.heads)  # type: ignore[arg-type]
        return Prediction(
            [head.class_out(swap(7 + k, x)) for k, (head, x) in enumerate(zip(heads, by_class, strict=True))],
            [head.box_out(swap(10 + k, x)) for k, (head, x) in enumerate(zip(heads, by_box, strict=True))],
            trunk + neck + by_class + by_box,
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
