"""Explicit Runge-Kutta steps for the probability flow."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import torch
from torch import Tensor

from ..tensors import Field
from .integrate import Memory, Step

Tableau: TypeAlias = Literal["euler", "midpoint", "heun3", "rk4"]
# Each row: the share of the step at which a stage stands, and what it takes from the stage before.
# In these four methods every stage needs the one before it and no other.
_STAGES: dict[str, tuple[float, ...]] = {
    "euler": (),
    "midpoint": (1 / 2,),
    "heun3": (1 / 3, 2 / 3),
    "rk4": (1 / 2, 1 / 2, 1.0),
}
_WEIGHTS = {
    "euler": (1.0,),
    "midpoint": (0.0, 1.0),
    "heun3": (1 / 4, 0.0, 3 / 4),
    "rk4": (1 / 6, 1 / 3, 1 / 3, 1 / 6),
}


def runge_kutta(velocity: Field, method: Tableau = "rk4") -> Step:
    """k_i = u(x + c_i h k_(i-1), t + c_i h),   x_s = x + h sum w_i k_i,   h = s - t.

    velocity : a field such as Dynamics.velocity, finite at every stage;  method : "euler",
    "midpoint", "heun3" or "rk4", of order and evaluations 1 to 4. Either direction of time.
    Raises ValueError for another method. Source: Hairer, Norsett & Wanner 1993, sec. II.1.
    """
    if method not in get_args(Tableau):
        raise ValueError(f"method = {method!r}; expected one of {get_args(Tableau)}.")
    shares, weights = _STAGES[method], _WEIGHTS[method]

    def step(
        x: Tensor, t: Tensor, s: Tensor, memory: Memory, generator: torch.Generator
    ) -> tuple[Tensor, Memory]:
        h = s - t
        slope = velocity(x, t)
        total = weights[0] * slope
        for share, weight in zip(shares, weights[1:], strict=True):
            slope = velocity(x + share * h * slope, s if share == 1.0 else t + share * h)
            total = total + weight * slope
        return x + h * total, memory

    return step
