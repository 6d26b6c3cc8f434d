"""Continuous flows trained by maximum likelihood: every step of training solves the equation."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..process.time_grid import uniform_times
from ..sampling.integrate import integrate
from ..sampling.likelihood_trace import Probe, draw_probes
from ..sampling.likelihood_velocity import carry_density, standard_normal_log_prob
from ..sampling.runge_kutta import runge_kutta
from ..tensors import Time, as_time


class CNF(nn.Module):
    """dx/dt = net([x, t]) from the data at t = 0 to N(0, I) at t = 1, and its likelihood.

        log p(x_0) = log N(x(1); 0, I) + int_0^1 tr(du/dx) dt     (A8)

    net   : module of (batch, D + 1), the time in the last column, -> (batch, D)
    dim   : D;  steps : Runge-Kutta steps of fourth order, in training and after it
    probes : 0 trains with the exact trace, D backward passes an evaluation; k with k probes
    A step of training costs 4 steps (1 + D or k) passes, forward and backward again through all.
    Source: Chen et al. 2018; Grathwohl et al. 2019.
    """

    def __init__(
        self,
        net: nn.Module,
        dim: int,
        steps: int = 8,
        probes: int = 0,
        kind: Probe = "rademacher",
    ) -> None:
        super().__init__()
        self.net, self.dim, self.steps = net, dim, steps
        self.probes = probes
        self.kind: Probe = kind

    def forward(self, x: Tensor, t: Time) -> Tensor:
        """The velocity, a Field: (batch, D), () or (batch,) -> (batch, D)."""
        column = as_time(t).to(x).expand(len(x))[:, None]
        return self.net(torch.cat([x, column], 1))

    def log_prob(self, x: Tensor, probes: Tensor | None = None) -> Tensor:
        """log p(x) in nats, with gradients for the net: (batch, D) -> (batch,)."""
        times = uniform_times(self.steps, 0.0, 1.0)
        carried = carry_density(self, x, times, probes=probes)
        return standard_normal_log_prob(carried.x) + carried.gained.mean(0)

    def loss(self, x0: Tensor, generator: torch.Generator) -> Tensor:
        """Minus the mean log-likelihood of a batch, one number."""
        drawn = None
        if self.probes:
            drawn = draw_probes(x0, self.probes, generator, self.kind)
        return -self.log_prob(x0, drawn).mean()

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """n draws, N(0, I) carried back from t = 1: -> (n, D), of the parameters' dtype."""
        first = next(self.parameters())
        z = torch.randn(n, self.dim, generator=generator, dtype=first.dtype, device=first.device)
        with torch.no_grad():
            back = uniform_times(self.steps, 1.0, 0.0)
            return integrate(runge_kutta(self), z, back, generator, keep="last").x
