"""The density of a finite data set: a point mass on each example."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ..tensors import Time
from .mixture import coefficient


@dataclass(frozen=True)
class Empirical:
    """p(x) = (1/N) sum_n delta(x - x_n); noised, an equal mixture of N(alpha x_n, std^2 I).

    points : (N, \\*dims), at least one, finite.
    Its posterior mean is the exact minimiser of every denoising loss on this data set.
    Memory is batch x N numbers. Raises ValueError for an empty or non-finite set, or std = 0,
    where no density exists. Source: Vincent 2011 (the Parzen estimate).
    """

    points: Tensor

    def __post_init__(self) -> None:
        if self.points.ndim < 2 or self.points.shape[0] == 0:
            raise ValueError(
                f"points has shape {tuple(self.points.shape)}; expected (N, *dims) with N >= 1."
            )
        if not torch.isfinite(self.points).all():
            raise ValueError("points holds NaN or infinite values; drop those examples first.")

    def _log_kernel(self, x: Tensor, alpha: Time, std: Time) -> Tensor:
        """log N(x_b; alpha x_n, std^2 I): -> (batch, N)."""
        if x.shape[1:] != self.points.shape[1:]:
            raise ValueError(
                f"x has shape {tuple(x.shape)}; these points have shape "
                f"(batch, {', '.join(map(str, self.points.shape[1:]))})."
            )
        flat = x.flatten(1)
        a, s = coefficient(alpha, flat), coefficient(std, flat)
        if not (s > 0).all():
            raise ValueError("a finite data set has no density at std = 0; take t > 0.")
        data = self.points.to(x).flatten(1)
        # |x - a y|^2 by the expanded square: one matrix product, and it cannot fall below zero.
        square = flat.square().sum(1, keepdim=True) - 2 * a * (flat @ data.T)
        square = (square + a**2 * data.square().sum(1)).clamp(min=0.0)
        return -0.5 * square / s**2 - flat.shape[1] * (s.log() + 0.5 * math.log(2 * math.pi))

    def log_prob(self, x: Tensor, alpha: Time = 1.0, std: Time = 0.0) -> Tensor:
        """log p of alpha x_0 + std eps: (batch, \\*dims) -> (batch,)."""
        return self._log_kernel(x, alpha, std).logsumexp(1) - math.log(self.points.shape[0])

    def posterior_mean(self, x: Tensor, alpha: Time, std: Time) -> Tensor:
        """E[x_0 | x] = sum_n softmax_n(log kernel) x_n: (batch, \\*dims)."""
        weights = self._log_kernel(x, alpha, std).softmax(1)
        return (weights @ self.points.to(x).flatten(1)).reshape(x.shape)

    def score(self, x: Tensor, alpha: Time = 1.0, std: Time = 0.0) -> Tensor:
        """grad log p = (alpha E[x_0 | x] - x) / std^2: (batch, \\*dims)."""
        a, s = coefficient(alpha, x), coefficient(std, x)
        return (a * self.posterior_mean(x, alpha, std) - x) / s**2

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """n examples drawn with replacement: -> (n, \\*dims)."""
        device = generator.device
        pick = torch.randint(self.points.shape[0], (n,), generator=generator, device=device)
        return self.points[pick.to(self.points.device)]
