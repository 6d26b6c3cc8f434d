"""A network, a path and a target, together a predict(x, t) like the exact ones."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..process.path import GaussianPath
from ..process.prediction import Prediction, Target, from_target, target_row
from ..tensors import Time, as_time, expand

T_MIN = 1e-3  # std(0) = 0: at t = 0 there is no noise to learn, and some targets are infinite


class Denoiser(nn.Module):
    """A learned predict(x, t), interchangeable with the exact one.

        net(x / sqrt(alpha^2 + std^2), log_snr, **cond)  ->  the target quantity at (x, t)

    net    : module of (x, log_snr, **cond) -> like x;  path : GaussianPath
    target : what the net outputs: "x0", "eps", "v", "velocity" or "score"
    The input scale is 1 for variance-preserving paths and keeps the others of order 1.
    """

    def __init__(self, net: nn.Module, path: GaussianPath, target: Target = "v") -> None:
        super().__init__()
        target_row(target, path, as_time(0.5))  # an unknown target fails here, not in training
        self.net, self.path = net, path
        self.target: Target = target

    def forward(self, x: Tensor, t: Tensor, **cond: Tensor) -> Tensor:
        """The net's output for x (batch, \\*dims) at t () or (batch,): the target quantity."""
        path = self.path
        scale = expand((path.alpha(t) ** 2 + path.var(t)).rsqrt(), x)
        log_snr = path.log_snr(t).to(x).expand(x.shape[0])
        return self.net((scale * x).to(x.dtype), log_snr, **cond)

    def predict(self, x: Tensor, t: Time, **cond: Tensor) -> Prediction:
        """E[x_0 | x_t = x] and E[eps | x_t = x] as the net has learned them; t > 0."""
        t = as_time(t)
        return from_target(self.target, self(x, t, **cond), x, self.path, t)

    def score(self, x: Tensor, t: Time, **cond: Tensor) -> Tensor:
        """The learned grad log p(x, t), a Field for Dynamics: (batch, \\*dims); t > 0."""
        return self.predict(x, t, **cond).score

    def loss(self, x0: Tensor, generator: torch.Generator, **cond: Tensor) -> Tensor:
        """Mean squared error of the target over times and noise, one number.

            E |net(x_t, t) - (a x_0 + b eps)|^2,  x_t = alpha x_0 + std eps.

        Times are low-discrepancy: one uniform shift of an even grid on [T_MIN, 1], so that every
        batch sees all noise levels (Kingma et al. 2021, appendix I.1).
        """
        n = x0.shape[0]
        u = torch.rand((), generator=generator, device=x0.device, dtype=x0.dtype)
        even = torch.arange(n, device=x0.device, dtype=x0.dtype) / n
        t = (T_MIN + (1.0 - T_MIN) * ((even + u) % 1.0)).clamp(max=1.0)
        eps = torch.randn(x0.shape, generator=generator, device=x0.device, dtype=x0.dtype)
        a, b = (expand(c, x0) for c in target_row(self.target, self.path, t))
        wanted = a * x0 + b * eps
        return (self(self.path.sample(x0, eps, t), t, **cond) - wanted).square().mean()
