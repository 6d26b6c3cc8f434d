"""Reflow: the pairs that a flow itself makes."""

from __future__ import annotations

import torch
from torch import Tensor

from ..sampling.integrate import integrate
from ..sampling.runge_kutta import Tableau, runge_kutta
from ..tensors import Field


@torch.no_grad()
def flow_pairs(
    velocity: Field, start: Tensor, times: Tensor, method: Tableau = "midpoint"
) -> Tensor:
    """Points and where the flow takes them: (n, \\*dims) -> (n, 2, \\*dims), x_0 then x_1.

    velocity : a field, finite at both ends of `times`;  start : points at times[0], noise if the
    times fall from 1 to 0, data if they rise;  method : as in `runge_kutta`
    Train the next flow on them with GivenPairs(): it carries the same two laws by straighter
    lines. Raises ValueError for times that do not join 0 and 1, and all that `integrate` does.
    Source: Liu, Gong & Liu 2023, sec. 2.2.
    """
    ends = float(times[0]), float(times[-1])
    if sorted(ends) != [0.0, 1.0]:
        raise ValueError(
            f"times go from {ends[0]:g} to {ends[1]:g}; a pair joins t = 1 (noise) and t = 0 "
            "(data), so begin at one and end at the other."
        )
    generator = torch.Generator(start.device)  # nothing is drawn
    end = integrate(runge_kutta(velocity, method), start, times, generator, keep="last").x
    return torch.stack([end, start] if ends[0] == 1.0 else [start, end], 1)
