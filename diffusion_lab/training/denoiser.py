"""A network, a path and a target, together a predict(x, t) like the exact ones."""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch
from torch import Tensor, nn

from ..process.path import GaussianPath
from ..process.prediction import Prediction, Target, from_row, target_row
from ..process.time_grid import even_draws
from ..sampling.integrate import standard_normal
from ..tensors import ScalarOfTime, Time, as_time, expand
from .time_law import TimeLaw, even_times

__all__ = ["Denoiser", "Output"]

Output: TypeAlias = Target | Literal["edm"]


class Denoiser(nn.Module):
    """A learned predict(x, t), interchangeable with the exact one.

        net(x / sqrt(alpha^2 s^2 + std^2), log_snr, **cond)  ->  the target,   s = data_std

    net    : module of (x, log_snr, **cond) -> like x;  path : GaussianPath
    target : what the net outputs: "x0", "eps", "v", "velocity", "score", or "edm", which is
             (alpha s^2 eps - std x_0) / (s sqrt(alpha^2 s^2 + std^2)): of unit variance at all t,
             minus the network of EDM's preconditioning, and v itself for VP and s = 1
    weight : a function of t that multiplies the squared error; None is 1
    times  : the law of the training times, even in t unless said otherwise
    The input scale keeps the net's input of order 1 on every path. With s = 1 it is 1 for VP.
    Raises ValueError for an unknown target or data_std <= 0. Source: Karras et al. 2022, sec. 5.
    """

    def __init__(
        self,
        net: nn.Module,
        path: GaussianPath,
        target: Output = "v",
        data_std: float = 1.0,
        weight: ScalarOfTime | None = None,
        times: TimeLaw = even_times,
    ) -> None:
        super().__init__()
        if not data_std > 0.0:
            raise ValueError(f"data_std = {data_std:g}; expected the data's spread, > 0.")
        self.net, self.path = net, path
        self.target: Output = target
        self.data_std, self.weight, self.times = data_std, weight, times
        self.row(as_time(0.5))  # an unknown target fails here, not in training

    def forward(self, x: Tensor, t: Tensor, **cond: Tensor) -> Tensor:
        """The net's output for x (batch, \\*dims) at t () or (batch,): the target quantity."""
        scale = expand(self._total(t).rsqrt(), x)
        log_snr = self.path.log_snr(t).to(x).expand(x.shape[0])
        return self.net((scale * x).to(x.dtype), log_snr, **cond)

    def predict(self, x: Tensor, t: Time, **cond: Tensor) -> Prediction:
        """E[x_0 | x_t = x] and E[eps | x_t = x] as the net has learned them; t > 0."""
        t = as_time(t)
        return from_row(self.row(t), self(x, t, **cond), x, self.path, t)

    def score(self, x: Tensor, t: Time, **cond: Tensor) -> Tensor:
        """The learned grad log p(x, t), a Field for Dynamics: (batch, \\*dims); t > 0."""
        return self.predict(x, t, **cond).score

    def loss(self, x0: Tensor, generator: torch.Generator, **cond: Tensor) -> Tensor:
        """Mean squared error of the target over times and noise, one number.

        E weight(t) |net(x_t, t) - (a x_0 + b eps)|^2,  x_t = alpha x_0 + std eps.
        """
        return self.errors(x0, *self.draw(x0, generator), **cond).mean()

    def draw(self, x0: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Times (batch,) and noise like x0 for one step of training.

        Times are low-discrepancy: quantiles of their law at one uniform shift of an even grid, so
        that every batch sees all noise levels (Kingma et al. 2021, appendix I.1).
        """
        t = self.times(even_draws(x0.shape[0], x0, generator))
        return t, standard_normal(x0, generator)

    def errors(self, x0: Tensor, t: Tensor, eps: Tensor, **cond: Tensor) -> Tensor:
        """The weighted squared error of each example, a mean over its entries: (batch,)."""
        a, b = (expand(c, x0) for c in self.row(t))
        wanted = a * x0 + b * eps
        square = (self(self.path.sample(x0, eps, t), t, **cond) - wanted).square()
        each = square.flatten(1).mean(1)
        if self.weight is not None:
            each = torch.as_tensor(self.weight(t)).to(each) * each
        return each

    def _total(self, t: Tensor) -> Tensor:
        """Variance of x_t for data of variance data_std^2 in every direction."""
        return self.data_std**2 * self.path.alpha(t) ** 2 + self.path.var(t)

    def row(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """The target as a x_0 + b eps: (a, b)."""
        if self.target != "edm":
            return target_row(self.target, self.path, t)
        scale = self.data_std * self._total(t).sqrt()
        return -self.path.std(t) / scale, self.data_std**2 * self.path.alpha(t) / scale
