"""The forward stochastic differential equation."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ..tensors import Field, ScalarOfTime, Time, as_time, check_field, check_scale


@dataclass(frozen=True)
class SDE:
    """A stochastic differential equation with additive noise.

        dx = f(x, t) dt + g(t) dW,    t from 0 (data) to 1 (noise).

    f : field (batch, \\*dims), () or (batch,) -> (batch, \\*dims)
    g : noise scale, a function of t: () or (batch,) -> the same shape or one number; g >= 0

    Use :meth:`drift` and :meth:`noise` to evaluate them: these check what f and g return and
    raise TypeError or ValueError, with the time, when it has the wrong shape, is not finite,
    or is negative.
    Source: Song et al. 2021, eq. (5).
    """

    f: Field
    g: ScalarOfTime

    def drift(self, x: Tensor, t: Time) -> Tensor:
        """f(x, t), checked: (batch, \\*dims) -> (batch, \\*dims)."""
        t = as_time(t)
        return check_field("f", self.f(x, t), x, t)

    def noise(self, t: Time) -> Tensor:
        """g(t), checked: () or (batch,) -> the same shape."""
        t = as_time(t)
        return check_scale("g", self.g(t), t)
