"""Muon, momentum whose direction is orthogonalised (Keller Jordan 2024, kellerjordan.github.io/posts/muon).

A kernel [out, in, h, w] counts as the matrix [out, in·h·w]. torch.optim.Muon takes two-dimensional weights only, and
one by one: here, kernels of one shape go through the iteration together, which a GPU needs.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

Optimisers = list[tuple[torch.optim.Optimizer, float]]  # with their base learning rates


def orthogonalise(gradient: Tensor, steps: int = 5) -> Tensor:
    """The nearest (semi-)orthogonal matrices [..., n, m], roughly, by Muon's quintic Newton–Schulz iteration.

    Every step multiplies from the left by a polynomial of the Gram matrix, so the steps are taken on that small matrix
    alone and applied once: 2.5 times fewer multiplications. Needs float32: a rounded Gram matrix may lose its sign.
    """
    x = gradient.float()
    tall = x.size(-2) > x.size(-1)
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    gram = x @ x.mT
    identity = torch.eye(gram.size(-1), device=gram.device)
    product = identity.expand_as(gram)
    for step in range(steps):
        factor = 3.4445 * identity - 4.7750 * gram + 2.0315 * gram @ gram
        product = factor @ product
        if step < steps - 1:
            gram = factor @ gram @ factor
    x = product @ x
    return (x.mT if tall else x).to(gradient.dtype)


class Muon(torch.optim.Optimizer):
    """Nesterov momentum 0.95, orthogonalised update, decoupled weight decay."""

    def __init__(self, params: Iterable[nn.Parameter], lr: float, weight_decay: float = 0.05) -> None:
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # noqa: ARG002
        for group in self.param_groups:
            by_shape: dict[tuple[int, ...], list[nn.Parameter]] = {}
            for p in group["params"]:
                if p.grad is not None:
                    by_shape.setdefault(tuple(p.shape), []).append(p)
            for shape, kernels in by_shape.items():
                self._move(kernels, shape, group["lr"], group["weight_decay"])

    def _move(self, kernels: list[nn.Parameter], shape: tuple[int, ...], rate: float | Tensor, decay: float) -> None:
        gradients = torch.stack([p.grad for p in kernels if p.grad is not None]).flatten(2)
        state = self.state[kernels[0]]
        momentum: Tensor = state.setdefault("momentum", torch.zeros_like(gradients))
        momentum.lerp_(gradients, 0.05)
        update = orthogonalise(gradients.lerp(momentum, 0.95))
        scale = max(1.0, update.shape[1] / update.shape[2]) ** 0.5
        torch._foreach_mul_(kernels, 1 - rate * decay)
        torch._foreach_sub_(kernels, list((update * (rate * scale)).view(-1, *shape)))


def build(modules: Iterable[nn.Module], head_words: tuple[str, ...]) -> Optimisers:
    """(optimiser, base learning rate) pairs: Muon for inner convolutions over all channels, AdamW for depthwise ones,
    norms, biases and output layers."""
    matrices: list[nn.Parameter] = []
    rest: list[nn.Parameter] = []
    for position, module in enumerate(modules):
        for name, p in module.named_parameters():
            inner = position == 0 and p.ndim == 4 and p.shape[1] > 1 and not any(word in name for word in head_words)
            (matrices if inner else rest).append(p)
    adamw = torch.optim.AdamW(rest, 2e-3, weight_decay=0.01, betas=(0.9, 0.99), capturable=rest[0].is_cuda)
    return [(Muon(matrices, 0.02), 0.02), (adamw, 2e-3)]
