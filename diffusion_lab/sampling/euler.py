"""The Euler-Maruyama step, for every member of the family and both directions of time."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..process.dynamics import Dynamics
from ..tensors import expand
from .integrate import Memory, Step, standard_normal


def euler_maruyama(dynamics: Dynamics) -> Step:
    """x_s = x + b(x, t) (s - t) + sigma(t) sqrt|s - t| z,   z ~ N(0, I).

    b is the forward drift when s > t and the backward drift when s < t. Strong order 1 (the noise
    is additive), weak order 1; with sigma = 0 it is Euler's method for the probability flow.
    One evaluation of the score per step. Source: Kloeden & Platen 1992, sec. 10.2.
    """

    def step(
        x: Tensor, t: Tensor, s: Tensor, memory: Memory, generator: torch.Generator
    ) -> tuple[Tensor, Memory]:
        h = (s - t).item()
        drift, sigma = dynamics.drift_and_noise(x, t, forward=h > 0)
        new = torch.add(x, drift, alpha=h)
        if not sigma.any():
            return new, memory
        scale = expand(sigma * math.sqrt(abs(h)), x)
        return new + scale * standard_normal(x, generator), memory

    return step
