"""The tagger of the `tiny` pack: a plain residual network (He et al. 2016, arXiv:1512.03385), 160 px."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from scripts.train.student import ConvNorm

CHANNELS = (32, 80, 192, 320)  # at strides 4, 8, 16, 32
IMAGENET_CLASSES = 1001  # the teacher's, background first


class Residual(nn.Module):
    """Two 3×3 convolutions beside an identity; starts close to the identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = ConvNorm(channels, channels)
        self.second = ConvNorm(channels, channels, act=nn.Identity)
        nn.init.constant_(self.second[1].weight, 0.2)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(x + self.second(self.first(x)))


class Tagger(nn.Module):
    """Tags of a whole photo: (probabilities [N, tags], feature vector [N, 256] of length 1) from BGR pixels 0..255.

    `classes` answers as the ImageNet teacher does; it only teaches and is not exported.
    """

    FEATURES = 256
    WIDE = 1024

    def __init__(self, tags: int) -> None:
        super().__init__()
        a, b, c, d = CHANNELS
        self.stages = nn.ModuleList([
            nn.Sequential(ConvNorm(3, 24, 6, 2), ConvNorm(24, a, 3, 2), Residual(a)),
            nn.Sequential(ConvNorm(a, b, 3, 2), Residual(b)),
            nn.Sequential(ConvNorm(b, c, 3, 2), Residual(c), Residual(c)),
            nn.Sequential(ConvNorm(c, d, 3, 2), Residual(d)),
        ])  # fmt: skip
        self.widen = ConvNorm(d, self.WIDE, 1)
        self.embed = nn.Linear(self.WIDE, self.FEATURES, bias=False)
        self.norm = nn.BatchNorm1d(self.FEATURES, momentum=0.03)
        self.output = nn.Linear(self.FEATURES, tags)
        self.classes = nn.Linear(self.WIDE, IMAGENET_CLASSES)
        nn.init.constant_(self.output.bias, -4.0)

    def stage_ends(self, images: Tensor) -> list[Tensor]:
        x = (images - 114.0) * (1 / 64)
        out = []
        for stage in self.stages:
            x = stage(x)
            out.append(x)
        return out

    def pooled(self, last: Tensor) -> Tensor:
        """The mean over the photo of 1024 features [N, 1024]."""
        wide: Tensor = self.widen(last)
        return wide.mean((2, 3))

    def embedding(self, pooled: Tensor) -> Tensor:
        out: Tensor = self.norm(self.embed(pooled))
        return out

    def logits(self, pooled: Tensor) -> Tensor:
        out: Tensor = self.output(functional.relu(self.embedding(pooled)))
        return out

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        embedding = self.embedding(self.pooled(self.stage_ends(images)[-1]))
        return self.output(functional.relu(embedding)).sigmoid(), functional.normalize(embedding)
