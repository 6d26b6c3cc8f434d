"""A residual perceptron for points in a few dimensions."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .embedding import NoiseEmbedding, start_at_zero


class MLP(nn.Module):
    """h <- h + W2 SiLU(scale(t) W1 h + shift(t)), `depth` times, between two linear maps.

    dim      D of x (batch, D);  width  hidden features;  classes  as in NoiseEmbedding
    The last layer starts at zero, so the untrained net predicts 0.
    """

    def __init__(self, dim: int, width: int = 128, depth: int = 3, classes: int = 0) -> None:
        super().__init__()
        self.embedding = NoiseEmbedding(width, classes)
        self.stem = nn.Linear(dim, width)
        self.inner = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.film = nn.ModuleList(nn.Linear(width, 2 * width) for _ in range(depth))
        self.outer = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.head = nn.Linear(width, dim)
        start_at_zero(self.head)

    def forward(self, x: Tensor, log_snr: Tensor, label: Tensor | None = None) -> Tensor:
        """x (batch, D), log_snr (batch,), label (batch,) or None -> (batch, D)."""
        features = self.embedding(log_snr, label)
        h = self.stem(x)
        for inner, film, outer in zip(self.inner, self.film, self.outer, strict=True):
            scale, shift = film(features).chunk(2, 1)
            h = h + outer(nn.functional.silu(torch.addcmul(shift, inner(h), 1.0 + scale)))
        return self.head(nn.functional.silu(h))
