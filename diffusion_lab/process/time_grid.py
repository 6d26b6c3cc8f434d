"""Time grids. The order of a grid is its direction: 0 to 1 is forward, 1 to 0 is backward."""

from __future__ import annotations

import torch
from torch import Tensor

from ..tensors import as_time
from .path import EDM, GaussianPath

T_MIN = 1e-3  # training begins here: std(0) = 0 leaves nothing to learn, some targets infinite
_PARTS, _ROUNDS = 32, 13  # 32^13 = 2^65 parts of [0, 1]: finer than the last bit of a time


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
    Source: Lu et al. 2022, sec. 3.4.
    """
    _check_steps(steps)
    ends = path.log_snr(as_time(torch.tensor([start, end], dtype=torch.float64)))
    if not torch.isfinite(ends).all():
        raise ValueError(f"log-SNR is infinite at t = {start:g} or {end:g}; move the ends inside.")
    wanted = torch.linspace(ends[0].item(), ends[1].item(), steps + 1, dtype=torch.float64)
    return _between(times_at(path, torch.exp(-0.5 * wanted)), start, end)


def times_at(path: GaussianPath, ratio: Tensor) -> Tensor:
    """The times at which std/alpha takes given values: (K,) >= 0 -> (K,), float64.

    std/alpha rises with t, so it is inverted by nested intervals, each a 32nd of the last one, to
    the last bit. Values that the path does not reach give its end. Raises ValueError for values
    that are negative or not a number.
    """
    ratio = torch.as_tensor(ratio, dtype=torch.float64)
    if not (ratio >= 0.0).all():
        raise ValueError(f"std/alpha = {ratio.min().item():g}; expected values >= 0.")
    wanted = ratio.reshape(-1, 1)
    low, width = torch.zeros_like(wanted), 1.0
    inside = torch.arange(1, _PARTS, dtype=torch.float64) / _PARTS
    for _ in range(_ROUNDS):
        t = low + width * inside
        alpha, std = (c(t.flatten()).reshape(t.shape) for c in (path.alpha, path.std))
        width /= _PARTS
        # Without the quotient, infinite where alpha = 0; infinity times 0 is above nothing.
        low = low + width * (~(std > wanted * alpha)).sum(1, keepdim=True)
    return torch.where(wanted == 0.0, 0.0, low + width).reshape(ratio.shape)


def arctan_times(path: GaussianPath, steps: int, scale: float = 0.35) -> Tensor:
    """Times equally spaced in arctan(std/alpha / scale), from 1 to 0: -> (steps + 1,), float64.

    scale is the noise level on which most steps are spent, in the units of the data; it takes in
    both ends, alpha = 0 at t = 1 included. The grid of :func:`balanced`.
    """
    _check_steps(steps)
    top = torch.atan2(path.std(1.0), scale * path.alpha(1.0)).item()
    angle = top * torch.linspace(1.0, 0.0, steps + 1, dtype=torch.float64)
    return _between(times_at(path, scale * torch.tan(angle)), 1.0, 0.0)


def straight_times(
    path: GaussianPath, steps: int, power: float = 1.5, scale: float = 1.0
) -> Tensor:
    """Times at which u = std/(scale alpha + std) falls as (1 - k/steps)^power: -> (steps + 1,).

    With scale = 1, u is the time of the straight path that has the same std/alpha. scale is the
    noise level on which most steps are spent, in the units of the data. From 1 to 0, no end cut
    off; float64. The grid of :func:`adams`. Raises ValueError for a power or scale <= 0.
    """
    _check_steps(steps)
    if not (power > 0.0 and scale > 0.0):
        raise ValueError(f"power = {power:g}, scale = {scale:g}; expected numbers > 0.")
    top = (path.std(1.0) / (scale * path.alpha(1.0) + path.std(1.0))).item()
    u = top * torch.linspace(1.0, 0.0, steps + 1, dtype=torch.float64) ** power
    return _between(times_at(path, scale * u / (1.0 - u)), 1.0, 0.0)


def even_draws(n: int, like: Tensor, generator: torch.Generator) -> Tensor:
    """n numbers of [0, 1), one uniform shift of an even grid: -> (n,), of the kind of `like`.

    Each number alone is uniform, so that means stay unbiased, and every batch sees all of [0, 1):
    its losses vary less than with independent draws. Source: Kingma et al. 2021, appendix I.1.
    """
    u = torch.rand((), generator=generator, device=like.device, dtype=like.dtype)
    even = torch.arange(n, device=like.device, dtype=like.dtype) / n
    return (even + u) % 1.0


def _between(times: Tensor, start: float, end: float) -> Tensor:
    """The ends as they were asked for, not as bisection found them."""
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
