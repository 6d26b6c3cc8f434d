"""One density, many dynamics: the family with a free noise scale sigma(t)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..tensors import Field, ScalarOfTime, Time, as_time, check_field, check_scale, expand
from .sde import SDE


@dataclass(frozen=True)
class Dynamics:
    """All the particle dynamics that carry the density p(x, t) of one SDE.

        forward    dx = [f - (g^2 - sigma^2)/2 score] dt + sigma dW      t increasing
        backward   dx = [f - (g^2 + sigma^2)/2 score] dt + sigma dW      t decreasing

    Every sigma(t) >= 0 gives the same p(x, t). sigma = 0 is the probability flow.

    sde   : the SDE whose density is carried
    score : field (batch, \\*dims), t -> grad log p(x, t); not needed where its weight is zero
    sigma : noise scale, a function of t or a number >= 0; None means sigma = g

    Raises ValueError when sigma is negative or not finite, or when a score is needed and absent.
    Source: equations (A4), (A5); Song et al. 2021, appendix D.1; Karras et al. 2022, eq. (6).
    """

    sde: SDE
    score: Field | None = None
    sigma: ScalarOfTime | float | None = None

    def with_sigma(self, sigma: ScalarOfTime | float | None) -> Dynamics:
        """The same density carried with another noise scale."""
        return replace(self, sigma=sigma)

    def noise(self, t: Time) -> Tensor:
        """sigma(t), checked: () or (batch,) -> the same shape."""
        t = as_time(t)
        if self.sigma is None:
            return self.sde.noise(t)
        value = self.sigma(t) if callable(self.sigma) else torch.full_like(t, self.sigma)
        return check_scale("sigma", value, t)

    def forward_drift(self, x: Tensor, t: Time) -> Tensor:
        """f - (g^2 - sigma^2)/2 score, eq. (A4), run with t increasing: -> (batch, \\*dims)."""
        return self.drift_and_noise(x, t, forward=True)[0]

    def backward_drift(self, x: Tensor, t: Time) -> Tensor:
        """f - (g^2 + sigma^2)/2 score, eq. (A5), run with t decreasing: -> (batch, \\*dims)."""
        return self.drift_and_noise(x, t, forward=False)[0]

    def drift_and_noise(self, x: Tensor, t: Time, forward: bool) -> tuple[Tensor, Tensor]:
        """The drift of one direction with sigma(t): what a step needs, each evaluated once."""
        t = as_time(t)
        g = self.sde.noise(t)
        sigma = g if self.sigma is None else self.noise(t)
        weight = g.square() - sigma.square() if forward else g.square() + sigma.square()
        return self._drift(x, t, 0.5 * weight), sigma

    def velocity(self, x: Tensor, t: Time) -> Tensor:
        """Probability-flow velocity u = f - g^2/2 score, with dp/dt + div(p u) = 0."""
        t = as_time(t)
        return self._drift(x, t, 0.5 * self.sde.noise(t).square())

    def _drift(self, x: Tensor, t: Tensor, weight: Tensor) -> Tensor:
        f = self.sde.drift(x, t)
        if weight.device.type == "cpu" and not weight.any():
            return f  # sigma = g forward, or g = 0 without noise: no score is needed
        if self.score is None:
            raise ValueError(
                "this drift contains the score grad log p, and Dynamics(score=None) has none. "
                "Give Dynamics a score, or run sigma = g forward, which needs none."
            )
        return f - expand(weight, x) * check_field("score", self.score(x, t), x, t)
