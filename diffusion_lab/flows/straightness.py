"""How straight a flow is, and what its motion costs, measured on its trajectories."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ..estimate import Estimate, mean_of
from ..sampling.integrate import Trajectory
from ..tensors import check_grid


@dataclass(frozen=True)
class PathEnergy:
    """Three numbers of a flow over the time T that its trajectories take.

    energy       : E int |dx/dt|^2 dt, the kinetic energy (twice it, in a physicist's units)
    displacement : E |x_T - x_0|^2 / T, what straight lines at constant speed would cost
    bending      : E int |dx/dt - (x_T - x_0)/T|^2 dt, zero for straight lines at constant speed

    energy = displacement + bending, particle by particle.
    """

    energy: Estimate
    displacement: Estimate
    bending: Estimate


def path_energy(trajectory: Trajectory) -> PathEnergy:
    """The energy and the straightness of trajectories, from all of their states.

    trajectory : of `integrate` with keep="all", along a flow without noise. Between two kept times
    the speed is taken as constant, so the energy and the bending come out too small, by O(h^2).
    Raises ValueError for fewer than two kept states or two particles, or states not finite.
    Source: Benamou & Brenier 2000; straightness as in Liu, Gong & Liu 2023, sec. 3.
    """
    times = check_grid(trajectory.times)
    states = trajectory.states.detach().double().flatten(2)
    if not torch.isfinite(states).all():
        raise ValueError("the trajectory holds NaN or infinite states; use more steps.")
    if states.shape[1] < 2:
        raise ValueError("one particle; a standard error needs two or more.")
    gaps = times.diff().to(states.device)
    speed = states.diff(dim=0) / gaps[:, None, None]
    mean_speed = (states[-1] - states[0]) / gaps.sum()
    weight = gaps.abs()[:, None]
    energy = (weight * speed.square().sum(-1)).sum(0)
    straight = gaps.sum().abs() * mean_speed.square().sum(-1)
    bending = (weight * (speed - mean_speed).square().sum(-1)).sum(0)
    return PathEnergy(mean_of(energy), mean_of(straight), mean_of(bending))
