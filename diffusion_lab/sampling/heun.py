"""Heun's step: the drift averaged over both ends of the step."""

from __future__ import annotations

import torch
from torch import Tensor

from ..process.dynamics import Dynamics
from .integrate import Memory, Step, standard_normal


def heun(dynamics: Dynamics) -> Step:
    """x* = x + h b(x, t) + n;   x_s = x + h/2 (b(x, t) + b(x*, s)) + n,   h = s - t.

    n ~ N(0, |h| (sigma(t)^2 + sigma(s)^2)/2 I) is one draw, used twice. With sigma = 0 this is
    Heun's method, of order 2; with noise it has weak order 2, because the noise is additive.
    Two evaluations of the score per step; both ends of the step must have a finite drift.
    Source: Kloeden & Platen 1992, sec. 15.1; Karras et al. 2022, algorithm 1 for sigma = 0.
    """

    def step(
        x: Tensor, t: Tensor, s: Tensor, memory: Memory, generator: torch.Generator
    ) -> tuple[Tensor, Memory]:
        h = s - t
        forward = bool(h > 0)
        first, sigma = dynamics.drift_and_noise(x, t, forward)
        variance = 0.5 * h.abs() * (sigma**2 + dynamics.noise(s) ** 2)
        start = x + variance.sqrt() * standard_normal(x, generator) if variance.any() else x
        second, _ = dynamics.drift_and_noise(start + h * first, s, forward)
        return start + 0.5 * h * (first + second), memory

    return step
