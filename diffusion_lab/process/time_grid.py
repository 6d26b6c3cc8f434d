"""Time grids. The order of a grid is its direction: 0 to 1 is forward, 1 to 0 is backward."""

from __future__ import annotations

import torch
from torch import Tensor

from ..tensors import as_time
from .path import EDM, GaussianPath


def _check_steps(steps: int) -> None:
    if steps < 1:
        raise ValueError(f"steps = {steps}; a time grid needs at least one step.")


def uniform_times(steps: int, start: float = 1.0, end: float = 0.0) -> Tensor:
    """Equally spaced times, backward by default: -> (steps + 1,), float64.

    Raises ValueError for fewer than one step or times outside [0, 1].
    """
    _check_steps(steps)
    ends = as_time(start).item(), as_time(end).item()
    return torch.linspace(*ends, steps + 1, dtype=torch.float64)


def log_snr_times(
    path: GaussianPath, steps: int, start: float = 0.999, end: float = 0.001
) -> Tensor:
    """Times equally spaced in the log-SNR lambda(t): -> (steps + 1,), float64.

    lambda is infinite at t = 0 (and, for some paths, at 1), so both ends lie inside.
    lambda falls with t, so it is inverted by 60 bisections. Source: Lu et al. 2022, sec. 3.4.
    """
    _check_steps(steps)
    ends = path.log_snr(as_time(torch.tensor([start, end], dtype=torch.float64)))
    if not torch.isfinite(ends).all():
        raise ValueError(f"log-SNR is infinite at t = {start:g} or {end:g}; move the ends inside.")
    wanted = torch.linspace(ends[0].item(), ends[1].item(), steps + 1, dtype=torch.float64)
    low, high = torch.zeros_like(wanted), torch.ones_like(wanted)
    for _ in range(60):
        middle = 0.5 * (low + high)
        above = path.log_snr(middle) > wanted
        low, high = torch.where(above, middle, low), torch.where(above, high, middle)
    times = 0.5 * (low + high)
    times[0], times[-1] = start, end
    return times


def edm_times(path: EDM, steps: int, std_min: float = 0.002, rho: float = 7.0) -> Tensor:
    """Karras's grid: std_i^(1/rho) equally spaced from std_max to std_min, then 0.

    -> (steps + 1,), backward, ending at t = 0. Source: Karras et al. 2022, eq. (5).
    """
    _check_steps(steps)
    ramp = torch.linspace(0.0, 1.0, steps, dtype=torch.float64)
    top, bottom = path.std_max ** (1.0 / rho), std_min ** (1.0 / rho)
    std = (top + ramp * (bottom - top)) ** rho
    return torch.cat([std / path.std_max, torch.zeros(1, dtype=torch.float64)]).clamp(max=1.0)
